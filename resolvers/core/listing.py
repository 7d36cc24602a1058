"""Long lists: their rows, filters and orders, and their pages by keyset cursors."""

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import Enum
from functools import lru_cache, reduce
from typing import Any, Generic, TypeVar

from sqlalchemy import (
    ColumnElement,
    Text,
    and_,
    any_,
    cast,
    exists,
    false,
    func,
    literal,
    or_,
    select,
    true,
)
from sqlalchemy import Enum as SqlEnum
from sqlalchemy.orm import InstrumentedAttribute, aliased

from auth.actor import Viewer
from auth.policy import is_certain, is_open, is_visible, visible
from auth.rights import Right
from models.base import Id, OfSchool, is_storable
from models.problems import BadUserInput, Forbidden
from resolvers.core.context import Ctx
from resolvers.core.searching import contains
from resolvers.core.shapes import NEEDS, NOTHING, SHAPES, One, Value, Wanted

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
    """A key of an order: its name in the API, its shape, its direction."""

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
    after: The cursor after which the page starts.
    last: How many from the end or before `before`, 0..100; not together with `first`.
    before: The cursor before which the page ends.
    """

    first: int | None = None
    after: str | None = None
    last: int | None = None
    before: str | None = None

    def size(self) -> int:
        """Return the size of the page. Raises BadUserInput if it is out of range, or given
        twice."""
        if self.first is not None and self.last is not None:
            raise BadUserInput(field="last", expected="either first or last")
        name, size = ("last", self.last) if self.last is not None else ("first", self.first)
        size = USUAL if size is None else size
        if not 0 <= size <= MOST:
            raise BadUserInput(field=name, expected=f"0..{MOST}")
        return size


MOST_CACHED = 500
"""Cached orders, one for each order and set of rights: to build an order takes longer than to run
its query."""


@lru_cache(MOST_CACHED)
def order_keys(
    row: type[OfSchool], order: tuple[Ordering, ...], viewer: Viewer
) -> tuple[tuple[Any, bool], ...]:
    keys = [(key.shape.expression(viewer, row), key.direction is Direction.DESC) for key in order]
    return *keys, (row.id, False)


@lru_cache(MOST_CACHED)
def cursor_of(
    row: type[OfSchool], order: tuple[Ordering, ...], name: str, viewer: Viewer
) -> ColumnElement[str]:
    keys = (key for key, _ in order_keys(row, order, viewer))
    place = func.json_build_array(cast(literal(name), Text), *keys)
    coded = func.encode(func.convert_to(cast(place, Text), "UTF8"), "base64")
    return func.translate(coded, "+/\n", "-_", type_=Text)


@dataclass(frozen=True, slots=True)
class Listing(Generic[R]):
    """A list that is read in pages: the rows that the viewer may read and for which `where` holds.

    order: The keys of the order; `keys` adds the id, so that no two rows are equal.
    """

    row: type[R]
    order: tuple[Ordering, ...]
    where: tuple[ColumnElement[bool], ...] = ()

    async def page(self, ctx: Ctx, window: Window, wanted: Wanted = NOTHING) -> "Page[R]":
        size, backwards = window.size(), window.last is not None
        keys = self.keys(ctx.viewer)
        query = visible(ctx.viewer, self.row).where(*self.where)
        for name, after in (("after", True), ("before", False)):
            if (cursor := getattr(window, name)) is not None:
                types = [key.type for key, _ in keys]
                place = [
                    None if value is None else literal(value, type_)
                    for value, type_ in zip(self.place_of(name, cursor, types), types, strict=True)
                ]
                query = query.where(beyond(keys, place, after=after))
        order = [key.desc() if down is not backwards else key.asc() for key, down in keys]
        query = query.order_by(*order).limit(size + 1)
        found = list(await ctx.rows(query, self.row, wanted))
        places = await self.places(ctx, found[:size])
        nodes, more = found[:size], len(found) > size
        if backwards:
            return Page(self, nodes[::-1], places[::-1], more, window.before is not None)
        return Page(self, nodes, places, window.after is not None, more)

    def keys(self, viewer: Viewer) -> Sequence[tuple[Any, bool]]:
        """Return the keys of the order in SQL, each with whether it is descending."""
        return order_keys(self.row, self.order, viewer)

    def cursor(self, viewer: Viewer) -> ColumnElement[str]:
        """Return the cursor of a row in this order, as SQL: URL-safe base64 of JSON."""
        return cursor_of(self.row, self.order, self.name, viewer)

    async def places(self, ctx: Ctx, rows: Sequence[R]) -> list[str]:
        """Return the cursors of rows."""
        if not rows:
            return []
        ids = [row.id for row in rows]
        of_school = self.row.school_id == ctx.viewer.school_id
        query = select(self.row.id, self.cursor(ctx.viewer)).where(of_school, self.row.id.in_(ids))
        found: dict[int, str] = {line[0]: line[1] for line in await ctx.lines(query)}
        return [found[key] for key in ids]

    async def count(self, ctx: Ctx) -> int:
        rows = visible(ctx.viewer, self.row).where(*self.where)
        [line] = await ctx.lines(select(func.count()).select_from(rows.subquery()))
        total: int = line[0]
        return total

    def place_of(self, argument: str, cursor: str, types: Sequence[Any]) -> list[Any]:
        """Parse a cursor. Raises BadUserInput for one that is not of this order."""
        try:
            name, *values = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        except (ValueError, TypeError, RecursionError):
            raise BadUserInput(field=argument, expected="a cursor") from None
        if name != self.name or len(values) != len(self.order) + 1:
            raise BadUserInput(field=argument, expected="a cursor of this list in this order")
        try:
            return [
                parse_cursor_value(value, type_) for value, type_ in zip(values, types, strict=True)
            ]
        except (ValueError, TypeError):
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

READERS: Mapping[type, Callable[[str], Any]] = {
    date: date.fromisoformat,
    datetime: datetime.fromisoformat,
    time: time.fromisoformat,
}


def parse_cursor_value(value: Any, column: Any) -> Any:
    """Parse a value of a cursor for a column of this type. Raises ValueError or TypeError for a
    value that no cursor of ours has."""
    if value is None:
        return None
    expected: Any = str if isinstance(column, SqlEnum) else column.python_type
    if reader := READERS.get(expected):
        value = reader(value)
    if type(value) is not expected:
        raise TypeError
    if expected is str and not is_storable(value):
        raise ValueError
    if expected is int and not -(2**63) <= value < 2**63:
        raise ValueError
    if expected is datetime and value.utcoffset() != timedelta(0):
        raise ValueError
    return value


def beyond(
    keys: Sequence[tuple[Any, bool]], place: Sequence[Any], *, after: bool
) -> ColumnElement[bool]:
    """Return the condition of rows behind (or before) a place: they are greater in the first key in
    which they differ from it. As in PostgreSQL's order, null is greater than everything.

    place: The values of the keys, in SQL; None for null.
    """
    steps: list[ColumnElement[bool]] = []
    equal: list[ColumnElement[bool]] = []
    within = from_place(*keys[0], place[0], after=after)
    for (key, down), given in zip(keys, place, strict=True):
        if after is not down:
            greater = false() if given is None else or_(key > given, key.is_(None))
        else:
            greater = key.is_not(None) if given is None else key < given
        steps.append(and_(*equal, greater))
        equal.append(key.is_(None) if given is None else key == given)
    return and_(within, or_(*steps))


def from_place(key: Any, down: bool, given: Any, *, after: bool) -> ColumnElement[bool]:
    """Return the condition of the first key of rows behind (or before) a place. It follows from the
    other conditions, but only this one lets PostgreSQL start in an index at the place: without it,
    a page far down the list reads all pages before it."""
    if not isinstance(key, InstrumentedAttribute) or given is None:
        return true()
    if after is down:
        reached: ColumnElement[bool] = key <= given
    else:
        reached = true() if key.property.columns[0].nullable else key >= given
    return reached


# -- filters --------------------------------------------------------------------------

COMPARATORS: dict[str, Callable[[Any, Any], ColumnElement[bool]]] = {
    "eq": lambda value, given: value == given,
    "in_": lambda value, given: value == any_(given),
    "gte": lambda value, given: value >= given,
    "lte": lambda value, given: value <= given,
    "is_null": lambda value, given: value.is_(None) if given else value.is_not(None),
}


@dataclass(frozen=True, slots=True)
class Filter:
    """Conditions on the fields of a row.

    fields: By the name of a field, comparators with their parameters.
    """

    fields: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    all: Sequence["Filter"] = ()
    any: Sequence["Filter"] = ()
    none: "Filter | None" = None

    def condition(self, viewer: Viewer, row: Any) -> ColumnElement[bool]:
        """Return the condition in SQL. Raises Forbidden for a field that the viewer has no right
        to: the rows found, or their count, would reveal its value."""
        parts: list[ColumnElement[bool]] = []
        for name, comparisons in self.fields.items():
            required_right(viewer, row, name, f"filter.{name}")
            shape = SHAPES[row][name]
            if isinstance(shape, One):
                parts += [
                    compare_reference(viewer, row, shape, how, given)
                    for how, given in comparisons.items()
                ]
                continue
            assert isinstance(shape, Value)  # noqa: S101  # filters are made of nothing else
            parts += [
                contains(viewer, row, shape, given)
                if how == "contains"
                else COMPARATORS[how](shape.expression(viewer, row), given)
                for how, given in comparisons.items()
            ]
        parts += [part.condition(viewer, row) for part in self.all]
        if self.any:
            parts.append(or_(*(part.condition(viewer, row) for part in self.any)))
        if self.none:
            parts.append(~self.none.condition(viewer, row))
        return reduce(and_, parts, literal(value=True))


def required_right(viewer: Viewer, row: Any, name: str, field: str) -> Right | None:
    """Return the right that a field of a row needs. Raises Forbidden, with the path of the
    argument, for a viewer without it: the rows found, their count or their order would reveal the
    value."""
    needed = NEEDS.get((row, name))
    if needed and not viewer.scopes(needed):
        raise Forbidden(field=field, requires=needed)
    return needed


def compare_reference(
    viewer: Viewer, row: Any, shape: One, how: str, given: Any
) -> ColumnElement[bool]:
    """Compare a reference. A reference to a row that the viewer may not read counts as null, as the
    field itself shows it: else a filter would confirm what the field hides."""
    reference = shape.path[0]
    column = getattr(row, reference.key)
    if is_open(viewer, shape.target) or is_certain(viewer, reference, row, shape.target):
        return COMPARATORS[how](column, given)
    there: Any = aliased(shape.target)
    found = select(there.id).where(
        there.school_id == viewer.school_id, there.id == column, is_visible(viewer, there)
    )
    is_seen = exists(found.correlate(row))
    if how == "is_null" or given is None:
        return is_seen if given is False else ~is_seen
    return and_(COMPARATORS[how](column, given), is_seen)


def refers_to_id(column: InstrumentedAttribute[Any], id: Id[Any], ctx: Ctx) -> ColumnElement[bool]:
    """Return the condition that a reference is this id; it holds for no id of another school."""
    return (column == id.key) if id.school_id == ctx.actor.school_id else literal(value=False)
