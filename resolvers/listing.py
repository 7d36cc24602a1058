"""Long lists: what a list holds, how it may be filtered and ordered, and how a page is taken."""

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import Enum
from functools import reduce
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, and_, false, func, literal, or_, select
from sqlalchemy import Enum as SqlEnum
from sqlalchemy.orm import InstrumentedAttribute

from auth.policy import visible
from models.base import Id, OfSchool, storable
from models.problems import BadUserInput, Forbidden
from resolvers.context import Ctx
from resolvers.shapes import NEEDS, NOTHING, Value, Wanted

R = TypeVar("R", bound=OfSchool)
USUAL, MOST = 20, 100


class Direction(Enum):
    """Which way a list goes.

    ASC: From the least to the greatest; in Russian order for names.
    DESC: From the greatest to the least.
    """

    ASC = "ASC"
    DESC = "DESC"


@dataclass(frozen=True, slots=True)
class Ordering:
    """One key of an order: its name in the API, how SQL writes it, which way it goes."""

    name: str
    shape: Value
    direction: Direction = Direction.ASC

    @property
    def mark(self) -> str:
        return f"{self.name} {self.direction.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Which part of a list to show.

    first: How many from the start or after `after`, 0..100; 20 if neither it nor `last` is given.
    after: The cursor to start behind.
    last: How many from the end or before `before`, 0..100; not together with `first`.
    before: The cursor to stop in front of.
    """

    first: int | None = None
    after: str | None = None
    last: int | None = None
    before: str | None = None

    def size(self) -> int:
        """Raises BadUserInput for a size out of range, or two."""
        if self.first is not None and self.last is not None:
            raise BadUserInput(field="last", expected="either first or last")
        name, size = ("last", self.last) if self.last is not None else ("first", self.first)
        size = USUAL if size is None else size
        if not 0 <= size <= MOST:
            raise BadUserInput(field=name, expected=f"0..{MOST}")
        return size


@dataclass(frozen=True, slots=True)
class Listing(Generic[R]):
    """A list too long to give whole: rows the viewer may read, and what else must hold of them.

    order: Ends with what tells rows apart; `page` adds the id.
    """

    row: type[R]
    order: tuple[Ordering, ...]
    where: tuple[ColumnElement[bool], ...] = ()

    async def page(self, ctx: Ctx, window: Window, wanted: Wanted = NOTHING) -> "Page[R]":
        size, backwards = window.size(), window.last is not None
        keys = self.keys(ctx)
        query = visible(ctx.viewer, self.row).where(*self.where)
        for name, after in (("after", True), ("before", False)):
            if (cursor := getattr(window, name)) is not None:
                place = self.place_of(name, cursor, [key.type for key, _ in keys])
                query = query.where(beyond(keys, place, after=after))
        order = [key.desc() if down is not backwards else key.asc() for key, down in keys]
        query = query.order_by(*order).limit(size + 1)
        found = list(await ctx.rows(query, self.row, wanted))
        places = await self.places(ctx, found[:size])
        nodes, more = found[:size], len(found) > size
        if backwards:
            return Page(self, nodes[::-1], places[::-1], more, window.before is not None)
        return Page(self, nodes, places, window.after is not None, more)

    def keys(self, ctx: Ctx) -> list[tuple[Any, bool]]:
        """What the list is ordered by, in SQL, and whether downwards."""
        keys = [
            (key.shape.expression(ctx.viewer, self.row), key.direction is Direction.DESC)
            for key in self.order
        ]
        return [*keys, (self.row.id, False)]

    async def places(self, ctx: Ctx, rows: Sequence[R]) -> list[str]:
        """Cursors of rows: where each stands, bound to this order."""
        if not rows:
            return []
        ids = [row.id for row in rows]
        columns = [key for key, _ in self.keys(ctx)]
        of_school = self.row.school_id == ctx.viewer.school_id
        query = select(self.row.id, *columns[:-1]).where(of_school, self.row.id.in_(ids))
        found = {line[0]: [*line[1:], line[0]] for line in await ctx.lines(query)}
        return [self.cursor(found[key]) for key in ids]

    async def count(self, ctx: Ctx) -> int:
        rows = visible(ctx.viewer, self.row).where(*self.where)
        [line] = await ctx.lines(select(func.count()).select_from(rows.subquery()))
        total: int = line[0]
        return total

    def cursor(self, place: Sequence[Any]) -> str:
        return base64.urlsafe_b64encode(
            json.dumps([self.name, *map(written, place)], ensure_ascii=False).encode()
        ).decode()

    def place_of(self, argument: str, cursor: str, types: Sequence[Any]) -> list[Any]:
        """Raises BadUserInput for anything but a cursor of this order."""
        try:
            name, *values = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        except (ValueError, TypeError, RecursionError):
            raise BadUserInput(field=argument, expected="a cursor") from None
        if name != self.name or len(values) != len(self.order) + 1:
            raise BadUserInput(field=argument, expected="a cursor of this list in this order")
        try:
            return [read(value, type_) for value, type_ in zip(values, types, strict=True)]
        except (ValueError, TypeError, KeyError, ArithmeticError):
            raise BadUserInput(field=argument, expected="a cursor") from None

    @property
    def name(self) -> str:
        return ",".join([self.row.__name__, *(key.mark for key in self.order)])


@dataclass(frozen=True, slots=True)
class Page(Generic[R]):
    """A part of a list, and whether there is more on either side."""

    listing: Listing[R]
    nodes: Sequence[R]
    cursors: Sequence[str]
    has_previous: bool
    has_next: bool


# -- cursors --------------------------------------------------------------------------

KINDS: dict[str, Callable[[str], Any]] = {
    "date": date.fromisoformat,
    "datetime": datetime.fromisoformat,
    "time": time.fromisoformat,
}


def written(value: Any) -> Any:
    """A value as JSON; what JSON cannot say is named."""
    if isinstance(value, Enum):
        return value.name
    if value is None or isinstance(value, bool | int | str):
        return value
    return {type(value).__name__: str(value)}


def read(value: Any, column: Any) -> Any:
    """What a cursor holds for a column of this type. Raises ValueError, TypeError or KeyError for
    what no cursor of ours does."""
    if isinstance(value, dict):
        [(kind, text)] = value.items()
        value = KINDS[kind](text)
    expected: Any = str if isinstance(column, SqlEnum) else column.python_type
    if value is None:
        return None
    if type(value) is not expected:
        raise TypeError
    if expected is str and not storable(value):
        raise ValueError
    if expected is int and not -(2**63) <= value < 2**63:
        raise ValueError
    if expected is datetime and value.utcoffset() != timedelta(0):
        raise ValueError
    return value


def beyond(
    keys: Sequence[tuple[Any, bool]], place: Sequence[Any], *, after: bool
) -> ColumnElement[bool]:
    """Rows behind (or before) a place: greater in the first key in which they differ from it.
    As in PostgreSQL's order, null is greater than everything."""
    steps: list[ColumnElement[bool]] = []
    equal: list[ColumnElement[bool]] = []
    for (key, down), value in zip(keys, place, strict=True):
        given = literal(value, key.type) if value is not None else None
        if after is not down:
            greater = false() if given is None else or_(key > given, key.is_(None))
        else:
            greater = key.is_not(None) if given is None else key < given
        steps.append(and_(*equal, greater))
        equal.append(key.is_(None) if given is None else key == given)
    return or_(*steps)


# -- filters --------------------------------------------------------------------------

COMPARATORS: dict[str, Callable[[Any, Any], ColumnElement[bool]]] = {
    "eq": lambda value, given: value == given,
    "in_": lambda value, given: value.in_(given),
    "gte": lambda value, given: value >= given,
    "lte": lambda value, given: value <= given,
    "is_null": lambda value, given: value.is_(None) if given else value.is_not(None),
    "contains": lambda value, given: folded(value).like(
        folded(literal(f"%{escaped(given)}%")), escape="\\"
    ),
}


def folded(value: Any) -> Any:
    """For search: case does not matter, and Ё is Е."""
    return func.translate(func.lower(value), "ё", "е")


@dataclass(frozen=True, slots=True)
class Filter:
    """Conditions on the fields of a row, as `conditions` reads them from an input.

    fields: By the name of the field, comparators with what they compare to.
    """

    fields: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    all: Sequence["Filter"] = ()
    any: Sequence["Filter"] = ()
    none: "Filter | None" = None

    def condition(self, ctx: Ctx, row: Any, shapes: Mapping[str, Value]) -> ColumnElement[bool]:
        """In SQL. Raises Forbidden for a field the viewer has no right to: no answer and no count
        may tell what the field itself would not."""
        parts: list[ColumnElement[bool]] = []
        for name, comparisons in self.fields.items():
            shape = shapes[name]
            needed = NEEDS.get((row, name))
            if needed and needed not in ctx.actor.rights:
                raise Forbidden(field=f"filter.{name}", requires=needed)
            value = shape.expression(ctx.viewer, row)
            parts += [COMPARATORS[how](value, given) for how, given in comparisons.items()]
        parts += [part.condition(ctx, row, shapes) for part in self.all]
        if self.any:
            parts.append(or_(*(part.condition(ctx, row, shapes) for part in self.any)))
        if self.none:
            parts.append(~self.none.condition(ctx, row, shapes))
        return reduce(and_, parts, literal(value=True))


def escaped(text: str) -> str:
    """For LIKE: `%` and `_` are looked for like any other character."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def at(column: InstrumentedAttribute[Any], id: Id[Any], ctx: Ctx) -> ColumnElement[bool]:
    """The rows whose reference is this id; none for an id of another school."""
    return (column == id.key) if id.school_id == ctx.actor.school_id else literal(value=False)
