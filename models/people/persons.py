"""Persons: the data that students, guardians and staff share."""

from datetime import date
from enum import Enum
from typing import Any

from sqlalchemy import Index, Text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, MappedColumn, mapped_column

from models.base import OfSchool, compute, words
from models.limits import check_range
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
    """A sex, as in the documents.

    FEMALE: Female.
    MALE: Male.
    """

    FEMALE = "FEMALE"
    MALE = "MALE"


def one_word(number: int) -> MappedColumn[Any]:
    """A column with the folded word of the full name at a place from 1; null where there is none.

    Under row-level security PostgreSQL uses an index only for leakproof operators. Comparisons of
    texts are leakproof and `@@` is not. So a search finds a few persons by the index of one word
    and then checks their `name_words`.
    """
    return mapped_column(Text(collation="C"), word_of(FULL_NAME, number), deferred=True)


class Person(OfSchool, Overridable):
    """A person as everyone may see them: by name only (публичная карточка).

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
        check_range("birth_date", "1900-01-01", "2100-01-01"),
        Index("by_name", "school_id", "sort_key", "id"),
        *(Index(f"by_word_{n}", "school_id", f"word_{n}") for n in range(1, INDEXED_WORDS + 1)),
    )
    shown_as = "PublicPerson"

    family_name: Mapped[str] = words(100)
    given_name: Mapped[str] = words(100)
    patronymic: Mapped[str | None] = words(100)
    sex: Mapped[Sex | None]
    birth_date: Mapped[date | None]
    full_name: Mapped[str] = mapped_column(compute(FULL_NAME))
    short_name: Mapped[str] = mapped_column(compute(SHORT_NAME))
    sort_key: Mapped[str] = mapped_column(Text(collation="C"), compute(SORT_KEY))
    """The key of the Russian order, without ICU: lower case, Ё sorts as Е."""
    name_words: Mapped[Any] = mapped_column(
        TSVECTOR, compute(f"name_words({FULL_NAME})"), nullable=False, deferred=True
    )
    """The words of the full name, folded, in no order; searches compare with them."""
    word_1: Mapped[str | None] = one_word(1)
    word_2: Mapped[str | None] = one_word(2)
    word_3: Mapped[str | None] = one_word(3)
    word_4: Mapped[str | None] = one_word(4)
    word_5: Mapped[str | None] = one_word(5)
    word_6: Mapped[str | None] = one_word(6)
    adult_on: Mapped[date | None] = mapped_column(compute(ADULT_ON))
    """The 18th birthday; of those born on 29 February, 1 March in a common year."""
