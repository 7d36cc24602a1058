"""The writing of SQL. Names come from the models alone; values are parameters, or constants of
our own declarations that pass through `quoted`."""

import re
import sys
from collections.abc import Hashable, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from functools import cache
from threading import Lock
from typing import Any

from sqlalchemy import Column, ColumnElement, select, true
from sqlalchemy.dialects.postgresql import asyncpg
from sqlalchemy.orm import InstrumentedAttribute, aliased

from models.base import OfSchool

DIALECT: Any = asyncpg.dialect(paramstyle="named")  # type: ignore[no-untyped-call]
HERE = "¤"
"""Stands for the alias under which a row is read, until it is known."""
HERE_QUOTED = f'"{HERE}"'
VALUE = "ø"
PARAMETER = re.compile(r"(?<![:\w]):(\w+)")


class Unspeakable(Exception):
    """The engine cannot say this in SQL; the standard executor can."""


def quoted(value: Any) -> str:
    """A constant as SQL has it. Raises Unspeakable for what PostgreSQL cannot hold."""
    if value is None:
        return "NULL"
    if isinstance(value, Enum):
        value = value.name
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | Decimal):
        return f"({value})" if value < 0 else str(value)
    if isinstance(value, date | datetime | time):
        value = value.isoformat()
    if not isinstance(value, str) or "\0" in value:
        raise Unspeakable
    return "'" + value.replace("'", "''") + "'"


def parameter(name: str) -> str:
    """The place of a parameter, until the statement is whole and places are counted."""
    return f"\0{name}\0"


SCHOOL = parameter("viewer_school_id") + "::BIGINT"


def name_of(identifier: str) -> str:
    """A name of the models as SQL has it."""
    found: str = DIALECT.identifier_preparer.quote(identifier)
    return found


def at(alias: str, attribute: InstrumentedAttribute[Any]) -> str:
    """A column of the row that stands under an alias, or what stands for one."""
    of = attribute.property.columns[0]
    if isinstance(of, Column):
        return f"{alias}.{name_of(of.name)}"
    row: Any = attribute.class_
    key = attribute.key
    return fragment((row, key), lambda entity: getattr(entity, key), row, alias)


# -- what was declared ----------------------------------------------------------------


class Fragments(dict[Hashable, str]):
    """Declared expressions written once, for any alias, any viewer with the same grants.

    weight: Bytes they take; of most of them the key takes more than the text.
    """

    weight = 0

    def keep(self, key: Hashable, text: str) -> str:
        if self.weight > MOST_FRAGMENTS:  # a client may ask for any number of them
            self.clear()
            self.weight = 0
        self[key] = text
        self.weight += size_of(key) + len(text)
        return text


def size_of(key: Any) -> int:
    """Bytes of tuples inside each other."""
    found, waiting = 0, [key]
    while waiting:
        one = waiting.pop()
        found += sys.getsizeof(one)
        if isinstance(one, tuple):
            waiting += one
    return found


FRAGMENTS = Fragments()
MOST_FRAGMENTS = 16 * 1_048_576
"""Bytes."""


def fragment(key: Hashable, expression: Any, row: type[OfSchool], alias: str) -> str:
    """`expression(entity)`, written for the row under an alias. `key` is all it depends on but
    the alias."""
    if (written := FRAGMENTS.get(key)) is None:
        entity = aliased(row, name=HERE)
        written = FRAGMENTS.keep(key, compiled(expression(entity), entity))
    return written.replace(HERE_QUOTED, alias)


def table(row: type[OfSchool], alias: str) -> str:
    """For FROM: the table of a row type, or the query it is another look at, under an alias."""
    return from_clause(row).replace(HERE_QUOTED, alias)


@cache
def from_clause(row: type[OfSchool]) -> str:
    entity = aliased(row, name=HERE)
    _, _, found = written_sql(select(true().label(VALUE)).select_from(entity)).partition("FROM ")
    return found


def compiled(expression: ColumnElement[Any], entity: Any) -> str:
    """An expression over a row, by itself."""
    whole = written_sql(select(expression.label(VALUE)).select_from(entity))
    start, end = len("SELECT "), whole.rindex(f' AS "{VALUE}"')
    return f"({whole[start:end]})"


def written_sql(statement: Any) -> str:
    """SQL in which constants stand as they are, and parameters in their places."""
    if (key := key_of(statement)) is None:
        return newly_written(statement)
    if (written := FRAGMENTS.get(key)) is None:
        written = FRAGMENTS.keep(key, newly_written(statement))
    return written


def key_of(statement: Any) -> Hashable | None:
    """What tells statements apart whose SQL may differ; None where nothing does."""
    found = statement._generate_cache_key()  # noqa: SLF001  # how SQLAlchemy itself knows them again
    if found is None:
        return None
    values = [(b.key, None) if b.required else (None, b.effective_value) for b in found.bindparams]
    try:
        hash(key := (found.key, repr(values)))
    except TypeError:
        return None
    return key


def newly_written(statement: Any) -> str:
    made = statement.compile(dialect=DIALECT)
    parameters = {name: None for name, bind in made.binds.items() if bind.required}
    state = made.construct_expanded_state(parameters)  # lists of constants are written out
    processors = {**made._bind_processors, **state.processors}  # noqa: SLF001  # as it would send
    values = state.parameters
    text: str = state.statement

    def put(found: re.Match[str]) -> str:
        name = found[1]
        if name not in values:
            return found[0]
        if name in parameters:
            return parameter(name)
        process = processors.get(name)
        return quoted(process(values[name]) if process else values[name])

    return with_keys_apart(PARAMETER.sub(put, text))


# -- keys that are asked for more than once -------------------------------------------


class Bodies(list[str]):
    """Queries for keys that stand by themselves (`Viewer.keys`), by their numbers. They hold no
    value of a client: rules make them, and there is one for each rule and each set of scopes.

    numbers: By their texts.
    weight: Bytes they take.
    """

    def __init__(self) -> None:
        super().__init__()
        self.numbers: dict[str, int] = {}
        self.weight = 0

    def number_of(self, body: str) -> int:
        """The number of a query, which it keeps. Raises Unspeakable where there is no room for
        another one: then the standard executor answers."""
        with NUMBERING:
            if (number := self.numbers.get(body)) is None:
                if self.weight + len(body) > MOST_BODIES:
                    raise Unspeakable
                self.weight += len(body)
                number = self.numbers[body] = len(self)
                self.append(body)
            return number


BODIES = Bodies()
MOST_BODIES = 4 * 1_048_576
"""Bytes. None is dropped, for plans refer to their numbers."""
NUMBERING = Lock()
"""Statements are written in the lane (`gql.guard.lane`) and in the loop. Without it two queries
could get one number, and a rule the rows of another."""
OWN = "(SELECT ALL "


def with_keys_apart(text: str) -> str:
    """The text with a mark in the place of each query that stands by itself. What many rules ask,
    e.g. who the viewer's children are, is then asked once in a statement, not once a rule."""
    while (start := text.rfind(OWN)) >= 0:  # the last holds no other
        end = closing(text, start)
        body = text[start + 1 : end]
        number = BODIES.number_of(body)
        text = f"{text[:start]}\1{number}\1{text[end + 1 :]}"
    return text


def closing(text: str, start: int) -> int:
    """Where the parenthesis closes that opens at `start`; none in quotes counts."""
    depth, in_text = 0, False
    for place in range(start, len(text)):
        sign = text[place]
        if sign == "'":
            in_text = not in_text
        elif not in_text and sign in "()":
            depth += 1 if sign == "(" else -1
            if depth == 0:
                return place
    raise Unspeakable


def keys_first(text: str, others: Sequence[str] = ()) -> str:
    """The statement with the queries set apart before it, each once, in order of need, then the
    `others`."""
    written: dict[str, str] = {}

    def named(text: str) -> str:
        first, *rest = text.split("\1")
        parts = [first]
        for number, after in zip(rest[::2], rest[1::2], strict=True):
            if number not in written:
                written[number] = ""  # its place is kept, in case
                body = named(BODIES[int(number)])
                del written[number]
                written[number] = f"k{number}(k) AS ({body})"
            # An array is made once and looked through; a join would be made anew for each row, or
            # be where the planner begins.
            if parts[-1].endswith(" IN ") and not parts[-1].endswith(" NOT IN "):
                parts[-1] = parts[-1].removesuffix("IN ")
                parts += [f"= ANY(ARRAY(SELECT k FROM k{number}))", after]
            else:
                parts += [f"(SELECT k FROM k{number})", after]
        return "".join(parts)

    whole, *others = (named(part) for part in (text, *others))
    before = ", ".join([*written.values(), *others])
    if not before:
        return whole
    own = whole.removeprefix("WITH ")  # what a command writes stands in such queries, too
    return f"WITH {before}{' ' if own is whole else ', '}{own}"


# -- the whole statement --------------------------------------------------------------


def numbered(text: str, before: Sequence[str] = ()) -> tuple[str, tuple[str, ...]]:
    """The statement, after what goes `before` it, with `$1`, `$2` for its parameters, and their
    names in that order."""
    places: dict[str, int] = {}
    parts = keys_first(text, before).split("\0")
    parts[1::2] = [f"${places.setdefault(name, len(places) + 1)}" for name in parts[1::2]]
    return "".join(parts), tuple(places)
