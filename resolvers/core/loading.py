"""Loading rows for the standard executor: to-one relations by joins, to-many ones in batches."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol, TypeAlias

from sqlalchemy import BigInteger, Label, Select, and_, any_, bindparam, literal, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import InstrumentedAttribute, aliased

from auth.actor import Viewer
from auth.policy import is_visible, visible
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


def join_wanted(
    query: Select[Any], viewer: Viewer, entity: Any, wanted: Wanted
) -> tuple[Any, list[Place]]:
    """Join the wanted to-one rows to the query. Return it with the place of each."""
    places: list[Place] = []

    def join(query: Any, near: Any, at: int, wanted: Wanted) -> Any:
        for path in wanted.vias:
            query, far = join_path(query, near, path)
            query = query.add_columns(far)
            places.append((at, Way(path, of_row=False)))
        for path, below in wanted.ones:
            query, far = join_path(query, near, path, viewer)
            query = query.add_columns(far)
            places.append((at, Way(path, of_row=True)))
            query = join(query, far, len(places), below)
        return query

    return join(query, entity, 0, wanted), places


def join_path(query: Any, near: Any, path: Path, viewer: Viewer | None = None) -> tuple[Any, Any]:
    """Outer join the row that a path leads to; with a viewer, only if they may see it."""
    for step, reference in enumerate(path, start=1):
        far: Any = aliased(target_of(reference))
        linked = and_(far.school_id == near.school_id, far.id == getattr(near, reference.key))
        on = and_(linked, is_visible(viewer, far)) if viewer and step == len(path) else linked
        query = query.outerjoin_from(near, far, on)
        near = far
    return query, near


def attach_joined(found: Sequence[Any], places: list[Place]) -> list[Any]:
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
    query = many.query(ctx.viewer, dict(given)).where(
        of_keys(many.reference, sorted({k for k, _ in keys}))
    )
    other: Any = literal(0)
    if many.match:
        other = many.match[1]
        query = query.where(of_keys(other, sorted({k for _, k in keys})))
    query, places = join_wanted(query, ctx.viewer, many.target, wanted)
    lines = await ctx.lines(query.add_columns(many.reference, other))
    ctx.note_reading(lines, places)
    attach_joined(lines, places)
    found: dict[tuple[int, int], list[Any]] = defaultdict(list)
    for line in lines:
        found[line[-2], line[-1]].append(line[0])
    return found


Question: TypeAlias = tuple[int, Computed | Guarded, tuple[tuple[str, object], ...]]
"""A row's id, the shape to compute for it, and the arguments of the shape."""


async def computed_values(
    ctx: Reading, questions: Sequence[Question], row: type[OfSchool]
) -> Mapping[Question, Any]:
    """Load all computed values of rows of one type, in one statement."""
    wanted = list(dict.fromkeys((shape, arguments) for _, shape, arguments in questions))
    columns: list[Label[Any]] = [
        shape.expression(ctx.viewer, row, **dict(arguments)).label(f"value_{number}")
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
