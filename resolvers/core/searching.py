"""What a text is found by: names by their words in any order, other texts by a part of them."""

from typing import Any

from sqlalchemy import ColumnElement, Text, and_, any_, case, func, literal, null, or_, select
from sqlalchemy.dialects.postgresql import TSQUERY, TSVECTOR
from sqlalchemy.orm import InstrumentedAttribute, aliased

from auth.actor import Viewer
from auth.policy import reach
from models.people.names import INDEXED_WORDS, LAST
from models.people.persons import Person
from resolvers.core.shapes import Guarded, Own, Value, Via

SHORT = 300
"""Up to so many characters a text is folded whole; to fold all lessons' notes takes too long."""


def contains(viewer: Viewer, row: Any, shape: Value, given: Any) -> ColumnElement[bool]:
    """Whether a field of a row contains what is looked for.

    A name contains it if each of its words begins a word of the name, in whatever order. Other
    texts contain it as it stands, but for case and Ё; short ones also but for signs and spaces.
    """
    if isinstance(shape, Guarded):
        inner = contains(viewer, row, shape.shape, given)
        return case((reach(viewer, row, shape.right), inner), else_=null())
    if isinstance(shape, Via) and shape.column.class_ is Person:
        *steps, last = shape.path
        column = (
            Via(tuple(steps), last).expression(viewer, row) if steps else getattr(row, last.key)
        )
        return is_one_of(column, persons_named(viewer, given, shape.column))
    if isinstance(shape, Own) and getattr(row, shape.column).class_ is Person:
        return is_one_of(row.id, persons_named(viewer, given, getattr(Person, shape.column)))
    value = shape.expression(viewer, row)
    if longest(shape, row) > SHORT:
        # In a subquery of its own it is made once, and not for each row.
        wanted = select(literal("%") + escaped(lowered(given)) + literal("%")).scalar_subquery()
        found: ColumnElement[bool] = lowered(value).like(wanted, escape="\\")
        return found
    return holds(value, given)


def is_one_of(key: Any, persons: Any) -> ColumnElement[bool]:
    # An array is made once, before any row of the list is read: so the list is read by these keys,
    # and not row by row in its order until enough match.
    found: ColumnElement[bool] = key == any_(func.array(persons.scalar_subquery()))
    return found


def persons_named(
    viewer: Viewer, given: Any, part: InstrumentedAttribute[Any] | None = None
) -> Any:
    """SELECT the keys of the people of the school whose name has words that begin with those that
    are given, whoever may see them: to be compared with references that the viewer may read.

    part: The column of Person that the words are looked for in; the full name, unless it is a part.
    """
    person: Any = aliased(Person)
    low, query = func.longest_word(given, type_=Text), func.name_query(given, type_=TSQUERY)
    by_word = [
        and_(word >= low, word <= low + literal(LAST, Text))
        for word in (getattr(person, f"word_{n}") for n in range(1, INDEXED_WORDS + 1))
    ]
    unindexed = getattr(person, f"word_{INDEXED_WORDS}") == literal("", Text)
    asked = select(query).scalar_subquery()
    where = [person.name_words.bool_op("@@")(asked)]
    if part is not None and part.key in ("family_name", "given_name", "patronymic"):
        words = func.name_words(getattr(person, part.key), type_=TSVECTOR)
        where.append(words.bool_op("@@")(asked))
    found = select(person.id).where(
        person.school_id == viewer.school_id, or_(*by_word, unindexed), *where
    )
    return found.correlate(None)


def holds(value: Any, given: Any) -> ColumnElement[bool]:
    """Whether a text has another in it, both folded. What is only signs is looked for as it is."""
    wanted = select(func.folded(given, type_=Text)).scalar_subquery()
    # Folded texts have no signs, so nothing in them means anything to LIKE.
    found = func.folded(value, type_=Text).like(literal("%", Text) + wanted + literal("%", Text))
    return and_(found, or_(wanted != literal("", Text), func.strpos(value, given) > 0))


def longest(shape: Value, row: Any) -> int:
    """How many characters the text of a field may have; 0 where that is not declared."""
    if isinstance(shape, Own):
        column = getattr(row, shape.column).property.columns[0]
    elif isinstance(shape, Via):
        column = shape.column.property.columns[0]
    else:
        return SHORT + 1
    most: int = getattr(column, "info", {}).get("most", 0)
    return most


def lowered(value: Any) -> Any:
    """A text in which case does not matter, and Ё is Е."""
    return func.translate(func.lower(value), "ё", "е", type_=Text)


def escaped(text: ColumnElement[str]) -> ColumnElement[str]:
    """For LIKE: `%` and `_` are looked for like any other character."""
    for sign in ("\\", "%", "_"):
        text = func.replace(text, sign, "\\" + sign, type_=Text)
    return text
