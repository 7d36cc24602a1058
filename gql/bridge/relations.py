"""The words for rows that belong to a row.

one(reference)           the row a reference leads to, if the reader may see it
many(reference, to=...)  the rows that refer to this one, or the rows behind them
only(reference, to=...)  the one such row
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
from gql.bridge.values import behind, stepped, told_by
from gql.bridge.wanted import wanted_of
from gql.docs import read_doc
from models.base import OfSchool
from resolvers.core.loading import Way, many_rows, rows_by
from resolvers.core.reads import ShownRow
from resolvers.core.shapes import Guarded, Items, Many, One, Same, Via


def same(row: type[OfSchool], *, told: str) -> Word[Same]:
    """The row that a report shows, as what it is."""

    def resolve(parent: strawberry.Parent[OfSchool | ShownRow], info: Info) -> object:
        return behind(parent)

    return Word(Same(row), resolve, row | None, told=told)


def one(*path: InstrumentedAttribute[object], told: str | None = None) -> Word[One]:
    """The row that references lead to; null when there is none or it is not for the reader."""
    shape = One(path)
    way = Way(path, of_row=True)

    async def resolve_late(parent: OfSchool, info: Info) -> object:
        near = await stepped(info.context, parent, path[:-1])
        key = getattr(near, path[-1].key) if near is not None else None
        if key is None:
            return None
        wanted = wanted_of(info, shape.target)
        return await info.context.load(rows_by, key, shape.target.id, wanted)

    def resolve(parent: strawberry.Parent[OfSchool | ShownRow], info: Info) -> object:
        row = behind(parent)
        return row.joined[way] if way in row.joined else resolve_late(row, info)

    told = told or read_doc(shape.target)[0]
    return Word(shape, resolve, shape.target | None, reading.get(shape.target), told)


class How(TypedDict, total=False):
    """Which rows refer, and how they are shown; see `Many`."""

    to: InstrumentedAttribute[object]
    order: tuple[Column | Via | Guarded, ...]
    where: Callable[..., ColumnElement[bool]]
    match: tuple[str, InstrumentedAttribute[object]]
    shown_as: type
    right: Right


async def rows_of(
    info: Info, parent: OfSchool | ShownRow, shape: Many
) -> Sequence[OfSchool | ShownRow]:
    about = (shape, wanted_of(info, shape.shown_as or shape.target), told_by(parent))
    found = await info.context.load(many_rows, shape.key(behind(parent)), *about) or []
    if shape.shown_as is None:
        return found
    return [ShownRow(row, shape.shown_as, told_by(parent)) for row in found]


def many(
    reference: InstrumentedAttribute[object], *, told: str | None = None, **how: Unpack[How]
) -> Word[Many]:
    """All visible rows that refer to this one. Only where that list is short by nature."""
    shape = Many(reference, **how)

    async def resolve(parent: strawberry.Parent[OfSchool | ShownRow], info: Info) -> object:
        return await rows_of(info, parent, shape)

    type_ = list.__class_getitem__(shape.shown_as or shape.target)
    return Word(shape, resolve, type_, shape.needs, told)


def only(
    reference: InstrumentedAttribute[object], *, told: str | None = None, **how: Unpack[How]
) -> Word[Many]:
    """The one row that refers to this one; null when there is none or it is not for the reader."""
    shape = Many(reference, single=True, **how)

    async def resolve(parent: strawberry.Parent[OfSchool | ShownRow], info: Info) -> object:
        found = await rows_of(info, parent, shape)
        return found[0] if found else None

    told = told or read_doc(shape.target)[0]
    return Word(shape, resolve, shape.target | None, shape.needs, told)


def items(column: InstrumentedAttribute[object], report: type) -> Word[Items]:
    """The reports that a column holds as JSON, under the names of their fields."""
    shape = Items(column.key, report)

    def resolve(parent: strawberry.Parent[OfSchool | ShownRow], info: Info) -> object:
        return [report(**one) for one in getattr(behind(parent), shape.column)]

    told = read_doc(column.class_)[1].get(column.key)
    return Word(shape, resolve, list.__class_getitem__(report), told=told)
