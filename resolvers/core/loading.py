"""Loading rows for the standard executor: to-one relations by joins, to-many ones in batches."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple, Protocol, TypeAlias

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Label,
    Select,
    and_,
    any_,
    bindparam,
    literal,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import InstrumentedAttribute, aliased

from auth.actor import Viewer
from auth.policy import MOST_BUILT, is_visible, visible
from models.base import OfSchool, target_of
from resolvers.core.shapes import NOTHING, Computed, Guarded, Many, Path, Wanted


class Way(NamedTuple):
    """The path to a joined row.

    of_row: Whether the row itself is asked for, or only columns of it.
    """

    path: Path
    of_row: bool


Place: TypeAlias = tuple[int, Way]
"""The number of the row that another was joined to, and the way from there."""


class Reading(Protocol):
    """The part of `Ctx` that loaders use."""

    @property
    def viewer(self) -> Viewer: ...

    async def lines(self, query: Select[*tuple[Any, ...]], /) -> Sequence[Any]: ...

    async def rows(
        self, query: Select[*tuple[Any, ...]], row: type[OfSchool], wanted: Wanted = NOTHING, /
    ) -> Sequence[Any]: ...

    def note_reading(self, lines: Sequence[Any], places: Sequence[Place], /) -> None: ...


class Joins(NamedTuple):
    """The to-one rows that a read joins.

    steps: Each outer join: the row before it, the joined row, and the condition.
    shown: The rows that are read, in the order of `places`.
    places: The place of each.
    """

    steps: tuple[tuple[Any, Any, ColumnElement[bool]], ...]
    shown: tuple[Any, ...]
    places: tuple[Place, ...]

    def add_to(self, query: Select[Any]) -> Select[Any]:
        """Join them to a query, and add them to its columns."""
        for near, far, on in self.steps:
            query = query.outerjoin_from(near, far, on)
        return query.add_columns(*self.shown)


def build_joins(viewer: Viewer, entity: Any, wanted: Wanted) -> Joins:
    """Find the to-one rows that are wanted of a row or an alias; those that the viewer may see."""
    steps: list[tuple[Any, Any, ColumnElement[bool]]] = []
    shown: list[Any] = []
    places: list[Place] = []

    def follow(near: Any, at: int, path: Path, *, of_row: bool) -> Any:
        for step, reference in enumerate(path, start=1):
            far: Any = aliased(target_of(reference))
            on = and_(far.school_id == near.school_id, far.id == getattr(near, reference.key))
            if of_row and step == len(path):
                on = and_(on, is_visible(viewer, far))
            steps.append((near, far, on))
            near = far
        shown.append(near)
        places.append((at, Way(path, of_row=of_row)))
        return near

    def join(near: Any, at: int, wanted: Wanted) -> None:
        for path in wanted.vias:
            follow(near, at, path, of_row=False)
        for path, below in wanted.ones:
            far = follow(near, at, path, of_row=True)
            join(far, len(places), below)

    join(entity, 0, wanted)
    return Joins(tuple(steps), tuple(shown), tuple(places))


joins_of = lru_cache(MOST_BUILT)(build_joins)
"""The cache is for row types: an alias belongs to one statement. Without it most of the time of a
read would go into building the rules of the same joins."""


def attach_joined(found: Sequence[Any], places: Sequence[Place]) -> list[Any]:
    """Attach the joined rows to the rows they belong to."""
    for line in found:
        for number, (at, by) in enumerate(places, start=1):
            if line[at] is not None:
                line[at].joined[by] = line[number]
    return [line[0] for line in found]


def of_keys(column: Any, keys: Sequence[int]) -> Any:
    """Return the condition that the column is one of the keys. Its text is the same for any number
    of keys, so that SQLAlchemy compiles it once."""
    return column == any_(bindparam(None, list(keys), type_=ARRAY(BigInteger)))


async def rows_by(
    ctx: Reading, keys: Sequence[int], column: InstrumentedAttribute[Any], wanted: Wanted
) -> Mapping[int, Any]:
    """Load visible rows by a unique column."""
    row: Any = column.class_
    query = visible(ctx.viewer, row).where(of_keys(column, keys))
    return {getattr(one, column.key): one for one in await ctx.rows(query, row, wanted)}


async def linked_rows(ctx: Reading, keys: Sequence[int], row: type[OfSchool]) -> Mapping[int, Any]:
    """Load rows by id, for columns that are read as another row's own (`Via`). Not through
    `visible`: the right to read that other row is enough."""
    of_school = row.school_id == ctx.viewer.school_id
    query = select(row).where(of_school, of_keys(row.id, keys))
    return {one.id: one for one in await ctx.rows(query, row)}


async def many_rows(
    ctx: Reading,
    keys: Sequence[tuple[int, int]],
    many: Many,
    wanted: Wanted,
    given: tuple[tuple[str, object], ...],
) -> Mapping[tuple[int, int], list[Any]]:
    """Load the visible rows of a to-many relation, by the `Many.key` of the row they refer to."""
    query = (many.query(ctx.viewer, dict(given)) if given else query_of(many, ctx.viewer)).where(
        of_keys(many.reference, sorted({k for k, _ in keys}))
    )
    other: Any = literal(0)
    if many.match:
        other = many.match[1]
        query = query.where(of_keys(other, sorted({k for _, k in keys})))
    joins = joins_of(ctx.viewer, many.target, wanted)
    lines = await ctx.lines(joins.add_to(query).add_columns(many.reference, other))
    ctx.note_reading(lines, joins.places)
    attach_joined(lines, joins.places)
    found: dict[tuple[int, int], list[Any]] = defaultdict(list)
    for line in lines:
        found[line[-2], line[-1]].append(line[0])
    return found


@lru_cache(MOST_BUILT)
def query_of(many: Many, viewer: Viewer) -> Select[Any]:
    return many.query(viewer, {})


Question: TypeAlias = tuple[int, Computed | Guarded, tuple[tuple[str, object], ...]]
"""A row's id, the shape to compute for it, and the arguments of the shape."""


async def computed_values(
    ctx: Reading, questions: Sequence[Question], row: type[OfSchool]
) -> Mapping[Question, Any]:
    """Load all computed values of rows of one type, in one statement."""
    wanted = list(dict.fromkeys((shape, arguments) for _, shape, arguments in questions))
    columns: list[Label[Any]] = [
        (
            shape.expression(ctx.viewer, row, **dict(arguments))
            if arguments
            else expression_of(shape, ctx.viewer, row)
        ).label(f"value_{number}")
        for number, (shape, arguments) in enumerate(wanted)
    ]
    ids = {key for key, _, _ in questions}
    query = select(row.id, *columns).where(
        row.school_id == ctx.viewer.school_id, of_keys(row.id, sorted(ids))
    )
    lines = {line[0]: line[1:] for line in await ctx.lines(query)}
    places = {asked: number for number, asked in enumerate(wanted)}
    return {
        question: lines[question[0]][places[question[1], question[2]]]
        for question in questions
        if question[0] in lines
    }


@lru_cache(MOST_BUILT)
def expression_of(shape: Computed | Guarded, viewer: Viewer, row: type[OfSchool]) -> Any:
    return shape.expression(viewer, row)
