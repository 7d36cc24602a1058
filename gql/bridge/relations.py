"""The words for relations of a row.

one(reference)           the row that a reference leads to, if the viewer may see it
many(reference, to=...)  the rows that refer to this one, or the rows behind them
only(reference, to=...)  the only such row
same(Row)                in a report: the row it shows, under its own type
items(column, Report)    the reports that a column of the row holds as JSON
"""

from collections.abc import Callable, Sequence
from typing import TypedDict, Unpack

import strawberry
from sqlalchemy import ColumnElement
from sqlalchemy.orm import InstrumentedAttribute

from auth.actor import Column
from auth.policy import reading
from auth.rights import Right
from gql.bridge.nodes import Info, Word
from gql.bridge.values import arguments_of_report, follow_path, row_behind
from gql.bridge.wanted import wanted_of
from gql.docs import read_doc
from models.base import OfSchool
from resolvers.core.loading import Way, many_rows, rows_by
from resolvers.core.reads import ShownRow
from resolvers.core.shapes import Guarded, Items, Many, One, Same, Via


def same(row: type[OfSchool], *, description: str) -> Word[Same]:
    """Declare the row that a report shows, under its own type."""

    def resolve(parent: strawberry.Parent[OfSchool | ShownRow], info: Info) -> object:
        return row_behind(parent)

    return Word(Same(row), resolve, row | None, description=description)


def one(*path: InstrumentedAttribute[object], description: str | None = None) -> Word[One]:
    """Declare the row that references lead to; null if there is none or the viewer may not see
    it."""
    shape = One(path)
    way = Way(path, of_row=True)

    async def resolve_late(parent: OfSchool, info: Info) -> object:
        near = await follow_path(info.context, parent, path[:-1])
        key = getattr(near, path[-1].key) if near is not None else None
        if key is None:
            return None
        wanted = wanted_of(info, shape.target)
        return await info.context.load(rows_by, key, shape.target.id, wanted)

    def resolve(parent: strawberry.Parent[OfSchool | ShownRow], info: Info) -> object:
        row = row_behind(parent)
        return row.joined[way] if way in row.joined else resolve_late(row, info)

    description = description or read_doc(shape.target)[0]
    return Word(shape, resolve, shape.target | None, reading.get(shape.target), description)


class ManyOptions(TypedDict, total=False):
    """The options of `Many`."""

    to: InstrumentedAttribute[object]
    order: tuple[Column | Via | Guarded, ...]
    where: Callable[..., ColumnElement[bool]]
    match: tuple[str, InstrumentedAttribute[object]]
    shown_as: type
    right: Right


async def load_rows(
    info: Info, parent: OfSchool | ShownRow, shape: Many
) -> Sequence[OfSchool | ShownRow]:
    about = (shape, wanted_of(info, shape.shown_as or shape.target), arguments_of_report(parent))
    found = await info.context.load(many_rows, shape.key(row_behind(parent)), *about) or []
    if shape.shown_as is None:
        return found
    return [ShownRow(row, shape.shown_as, arguments_of_report(parent)) for row in found]


def many(
    reference: InstrumentedAttribute[object],
    *,
    description: str | None = None,
    **how: Unpack[ManyOptions],
) -> Word[Many]:
    """Declare the visible rows that refer to this one. They must be few by nature: the list has no
    pages."""
    shape = Many(reference, **how)

    async def resolve(parent: strawberry.Parent[OfSchool | ShownRow], info: Info) -> object:
        return await load_rows(info, parent, shape)

    type_ = list.__class_getitem__(shape.shown_as or shape.target)
    return Word(shape, resolve, type_, shape.needs, description)


def only(
    reference: InstrumentedAttribute[object],
    *,
    description: str | None = None,
    **how: Unpack[ManyOptions],
) -> Word[Many]:
    """Declare the only row that refers to this one; null if there is none or the viewer may not see
    it."""
    shape = Many(reference, single=True, **how)

    async def resolve(parent: strawberry.Parent[OfSchool | ShownRow], info: Info) -> object:
        found = await load_rows(info, parent, shape)
        return found[0] if found else None

    description = description or read_doc(shape.target)[0]
    return Word(shape, resolve, shape.target | None, shape.needs, description)


def items(column: InstrumentedAttribute[object], report: type) -> Word[Items]:
    """Declare the reports that a column holds as JSON, under the names of their fields."""
    shape = Items(column.key, report)

    def resolve(parent: strawberry.Parent[OfSchool | ShownRow], info: Info) -> object:
        return [report(**one) for one in getattr(row_behind(parent), shape.column)]

    description = read_doc(column.class_)[1].get(column.key)
    return Word(shape, resolve, list.__class_getitem__(report), description=description)
