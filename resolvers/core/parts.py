"""Reading the parts of a report, one by one, for the reference executor."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Protocol

from sqlalchemy import select

from auth.policy import visible
from models.base import OfSchool
from resolvers.core.context import Ctx
from resolvers.core.loading import of_keys
from resolvers.core.reads import Crossing, Each, Groups, Report, Row, Rows, Scalar, Shown, Told
from resolvers.core.shapes import Wanted


class Ahead(Protocol):
    """What is asked for below a field."""

    def __call__(self, row: Any, /, *path: str) -> Wanted:
        """What is asked of rows of a type below the field, or below a path in it."""
        ...

    def asks(self, name: str) -> bool:
        """Whether a field of what the field gives is asked for."""
        ...


async def load(ctx: Ctx, part: Any, ahead: Ahead) -> Any:
    """What a part stands for; anything else is a value already."""
    if isinstance(part, Groups):
        rows = {part.inside: part.rows}
        rows |= {name: beside for name, (beside, _) in part.beside.items() if ahead.asks(name)}
        found = {
            name: await rows_of(ctx, these, ahead(these.shown, name))
            for name, these in rows.items()
        }
        return part.made(found)
    if isinstance(part, Crossing):
        found = {
            name: await rows_of(ctx, rows, ahead(rows.shown, name))
            for name, rows in part.parts.items()
        }
        return part.made(found)
    if isinstance(part, Rows):
        found_rows = await rows_of(ctx, part, ahead(part.shown))
        return (found_rows[0] if found_rows else None) if isinstance(part, Row) else found_rows
    if isinstance(part, Scalar):
        # Not through `visible`: what the value counts is.
        return (await ctx.lines(select(part.expression)))[0][0]
    if isinstance(part, Told):
        return await part.ask(ctx)
    if isinstance(part, Each):
        return await each_of(ctx, part)
    return await standing(ctx, part, ahead) if isinstance(part, Report) else part


async def standing(ctx: Ctx, report: Report, ahead: Ahead) -> Report | None:
    """The report with the rows it needs; None without one of them."""
    known = {}
    for name in report.needs:
        rows = getattr(report, name)
        found = await rows_of(ctx, rows, ahead(rows.row, name))
        if not found:
            return None
        known[name] = found[0]
    return replace(report, **known)


async def rows_of(ctx: Ctx, rows: Rows[Any], wanted: Wanted) -> Sequence[Any]:
    found = await ctx.rows(rows.query(ctx.viewer), rows.row, wanted)
    if rows.shown_as is None:
        return found
    given = tuple((name, argument.value) for name, argument in rows.given.items())
    return [Shown(row, rows.shown_as, given) for row in found]


async def each_of(ctx: Ctx, part: Each) -> list[OfSchool | None]:
    """In as many statements as there are types of rows."""
    by_type: dict[type[OfSchool], list[int]] = defaultdict(list)
    for one in part.ids:
        by_type[one.row].append(one.key.value or 0)
    found: dict[Any, OfSchool] = {}
    for row, keys in by_type.items():
        query = visible(ctx.viewer, row).where(of_keys(row.id, keys))
        found |= {(row, one.id): one for one in await ctx.rows(query, row)}
    return [found.get((one.row, one.key.value or 0)) for one in part.ids]
