"""People: what is the same of a student, a guardian and a teacher."""

from datetime import date
from enum import Enum

from sqlalchemy import Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import OfSchool, generated, words
from models.limits import between

FULL_NAME = "family_name || ' ' || given_name || coalesce(' ' || patronymic, '')"
SHORT_NAME = (
    "family_name || ' ' || left(given_name, 1) || '.'"
    " || coalesce(' ' || left(patronymic, 1) || '.', '')"
)
SORT_KEY = f"translate(lower({FULL_NAME}), 'ё', 'е')"
ADULT_ON = (
    "CASE WHEN extract(month FROM birth_date) = 2 AND extract(day FROM birth_date) = 29 "
    "THEN make_date(extract(year FROM birth_date)::int + 18, 3, 1) "
    "ELSE (birth_date + interval '18 years')::date END"
)


class Sex(Enum):
    """As in the documents.

    FEMALE: Female.
    MALE: Male.
    """

    FEMALE = "FEMALE"
    MALE = "MALE"


class Person(OfSchool):
    """A person as others may know them: a name, nothing else (публичная карточка).

    full_name: Surname, given name, patronymic.
    short_name: Surname and initials, e.g. `Иванова М. П.`.
    family_name: Surname.
    given_name: Given name.
    patronymic: Patronymic; null when they have none.
    sex: As in the documents; null when not entered.
    birth_date: Day of birth; null when not entered.
    """

    __tablename__ = "persons"
    __table_args__ = (
        between("birth_date", "1900-01-01", "2100-01-01"),
        Index("by_name", "school_id", "sort_key", "id"),
    )
    shown_as = "PublicPerson"

    family_name: Mapped[str] = words(100)
    given_name: Mapped[str] = words(100)
    patronymic: Mapped[str | None] = words(100)
    sex: Mapped[Sex | None]
    birth_date: Mapped[date | None]
    full_name: Mapped[str] = mapped_column(generated(FULL_NAME))
    short_name: Mapped[str] = mapped_column(generated(SHORT_NAME))
    sort_key: Mapped[str] = mapped_column(Text(collation="C"), generated(SORT_KEY))
    """Russian order without ICU: lower case, Ё sorts and is found as Е."""
    adult_on: Mapped[date | None] = mapped_column(generated(ADULT_ON))
    """The 18th birthday; of those born on 29 February, 1 March in a common year."""
