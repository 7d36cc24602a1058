"""People: what is the same of a student, a guardian and a teacher."""

from datetime import date
from enum import Enum
from typing import Any

from sqlalchemy import Index, Text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, MappedColumn, mapped_column

from models.base import OfSchool, generated, words
from models.limits import between
from models.overrides import Overridable
from models.people.names import INDEXED_WORDS, word_of

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


def one_word(number: int) -> MappedColumn[Any]:
    """The word of the full name at a place from 1, folded; null where there is none.

    Under row-level security an index is used only by comparisons that are leakproof. Those of texts
    are, `@@` is not: so a search goes by the index of a word to few persons, whose `name_words` it
    then looks at.
    """
    return mapped_column(Text(collation="C"), word_of(FULL_NAME, number), deferred=True)


class Person(OfSchool, Overridable):
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
        *(Index(f"by_word_{n}", "school_id", f"word_{n}") for n in range(1, INDEXED_WORDS + 1)),
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
    """Russian order without ICU: lower case, Ё sorts as Е."""
    name_words: Mapped[Any] = mapped_column(
        TSVECTOR, generated(f"name_words({FULL_NAME})"), nullable=False, deferred=True
    )
    """The words of the full name, folded, in no order: how people are looked for."""
    word_1: Mapped[str | None] = one_word(1)
    word_2: Mapped[str | None] = one_word(2)
    word_3: Mapped[str | None] = one_word(3)
    word_4: Mapped[str | None] = one_word(4)
    word_5: Mapped[str | None] = one_word(5)
    word_6: Mapped[str | None] = one_word(6)
    adult_on: Mapped[date | None] = mapped_column(generated(ADULT_ON))
    """The 18th birthday; of those born on 29 February, 1 March in a common year."""
