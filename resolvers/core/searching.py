"""Searching in texts: names are found by the beginnings of their words, other texts by a part."""

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
"""The longest text that is folded for a search; to fold all lessons' notes takes too long."""


def contains(viewer: Viewer, row: Any, shape: Value, given: Any) -> ColumnElement[bool]:
    """Return the condition that a field of a row contains a text.

    A name contains it if each of its words begins a word of the name, in any order. In other texts
    it must occur as it is, except for case and Ё; in short ones signs and spaces do not matter,
    either.
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
        # A scalar subquery is evaluated once; the bare expression would be, for each row.
        wanted = select(
            literal("%") + escape_like(fold_case(given)) + literal("%")
        ).scalar_subquery()
        found: ColumnElement[bool] = fold_case(value).like(wanted, escape="\\")
        return found
    return has_text(value, given)


def is_one_of(key: Any, persons: Any) -> ColumnElement[bool]:
    # The array is built before any row of the list is read, so PostgreSQL reads the list by these
    # keys. With IN it may read the list in its order, row by row, until enough match.
    found: ColumnElement[bool] = key == any_(func.array(persons.scalar_subquery()))
    return found


def persons_named(
    viewer: Viewer, given: Any, part: InstrumentedAttribute[Any] | None = None
) -> Any:
    """SELECT the keys of the persons of the school whose name has words that begin with the given
    ones. It asks no rule: the keys are compared with references that the viewer may read.

    part: The column of Person to search in; the full name, unless it is a part of it.
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


def has_text(value: Any, given: Any) -> ColumnElement[bool]:
    """Return the condition that a text contains another, both folded. A text of signs alone must
    occur as it is."""
    wanted = select(func.folded(given, type_=Text)).scalar_subquery()
    # Folded texts have no signs, so they need no escape for LIKE.
    found = func.folded(value, type_=Text).like(literal("%", Text) + wanted + literal("%", Text))
    return and_(found, or_(wanted != literal("", Text), func.strpos(value, given) > 0))


def longest(shape: Value, row: Any) -> int:
    """Return the length that the text of a field may have; 0 if it is not declared."""
    if isinstance(shape, Own):
        column = getattr(row, shape.column).property.columns[0]
    elif isinstance(shape, Via):
        column = shape.column.property.columns[0]
    else:
        return SHORT + 1
    most: int = getattr(column, "info", {}).get("most", 0)
    return most


def fold_case(value: Any) -> Any:
    """Return a text in lower case, with Е for Ё."""
    return func.translate(func.lower(value), "ё", "е", type_=Text)


def escape_like(text: ColumnElement[str]) -> ColumnElement[str]:
    """Escape a text for LIKE, so that `%` and `_` match themselves."""
    for sign in ("\\", "%", "_"):
        text = func.replace(text, sign, "\\" + sign, type_=Text)
    return text
