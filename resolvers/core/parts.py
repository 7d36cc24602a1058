"""Loading the parts of a report one by one, for the standard executor."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Protocol

from sqlalchemy import select

from auth.policy import visible
from models.base import OfSchool
from resolvers.core.context import Ctx
from resolvers.core.loading import of_keys
from resolvers.core.reads import (
    ActorValue,
    Crossing,
    Groups,
    Report,
    Row,
    Rows,
    RowsByIds,
    Scalar,
    ShownRow,
)
from resolvers.core.shapes import Wanted


class Lookahead(Protocol):
    """The selection below a field."""

    def __call__(self, row: Any, /, *path: str) -> Wanted:
        """Return the selection of rows of a type below the field, or below a path in it."""
        ...

    def asks(self, name: str) -> bool:
        """Whether a subfield is selected."""
        ...


async def load_part(ctx: Ctx, part: Any, ahead: Lookahead) -> Any:
    """Load a part of a report. A value that is no part is returned as it is."""
    if isinstance(part, Groups):
        rows = {part.inside: part.rows}
        rows |= {name: beside for name, (beside, _) in part.beside.items() if ahead.asks(name)}
        found = {
            name: await load_rows(ctx, these, ahead(these.shown, name))
            for name, these in rows.items()
        }
        return part.assemble(found)
    if isinstance(part, Crossing):
        found = {
            name: await load_rows(ctx, rows, ahead(rows.shown, name))
            for name, rows in part.parts.items()
        }
        return part.assemble(found)
    if isinstance(part, Rows):
        found_rows = await load_rows(ctx, part, ahead(part.shown))
        return (found_rows[0] if found_rows else None) if isinstance(part, Row) else found_rows
    if isinstance(part, Scalar):
        # Not through `visible`: the rows in the expression are.
        return (await ctx.lines(select(part.expression)))[0][0]
    if isinstance(part, ActorValue):
        return await part.ask(ctx)
    if isinstance(part, RowsByIds):
        return await load_each(ctx, part)
    return await load_report(ctx, part, ahead) if isinstance(part, Report) else part


async def load_report(ctx: Ctx, report: Report, ahead: Lookahead) -> Report | None:
    """Return the report with the rows it needs; None if one of them is not visible."""
    known = {}
    for name in report.needs:
        rows = getattr(report, name)
        found = await load_rows(ctx, rows, ahead(rows.row, name))
        if not found:
            return None
        known[name] = found[0]
    return replace(report, **known)


async def load_rows(ctx: Ctx, rows: Rows[Any], wanted: Wanted) -> Sequence[Any]:
    found = await ctx.rows(rows.query(ctx.viewer), rows.row, wanted)
    if rows.shown_as is None:
        return found
    given = tuple((name, argument.value) for name, argument in rows.given.items())
    return [ShownRow(row, rows.shown_as, given) for row in found]


async def load_each(ctx: Ctx, part: RowsByIds) -> list[OfSchool | None]:
    """Load rows by their ids, with one statement for each type of row."""
    by_type: dict[type[OfSchool], list[int]] = defaultdict(list)
    for one in part.ids:
        by_type[one.row].append(one.key.value or 0)
    found: dict[Any, OfSchool] = {}
    for row, keys in by_type.items():
        query = visible(ctx.viewer, row).where(of_keys(row.id, keys))
        found |= {(row, one.id): one for one in await ctx.rows(query, row)}
    return [found.get((one.row, one.key.value or 0)) for one in part.ids]
