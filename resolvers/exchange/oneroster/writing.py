"""Writing a planned book by a few statements per kind of row.

Rows are sent as arrays, one for each column. A row that somebody else has changed since it was read
is not overwritten: its version differs, and the whole import fails.
"""

from collections.abc import Sequence
from typing import Any, cast

from sqlalchemy import BigInteger, Column, CursorResult, Enum, Text, TextClause, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from resolvers.exchange.oneroster.book import Book, Entry, Shelf

RESERVE = text(
    "SELECT nextval(pg_get_serial_sequence(:name, 'id')) FROM generate_series(1, :count)"
)
Numbers = dict[str, dict[int, int]]


class ChangedMeanwhile(Exception):
    """Somebody else has changed rows of this table between reading and writing."""

    def __init__(self, table: str) -> None:
        super().__init__(table)
        self.table = table


async def write(session: AsyncSession, school_id: int, book: Book) -> None:
    """Write the book of the transaction's school. Rows that make room for others come first: a
    class is left before another is entered, a year ends before another begins."""
    numbers = {
        shelf.kind.__tablename__: await reserve_numbers(session, shelf) for shelf in book.shelves()
    }
    for shelf in book.shelves():
        changed = [entry for entry in shelf if entry.before is not None and entry.changes]
        for early in (True, False):
            await update(session, school_id, shelf, numbers,
                         [entry for entry in changed if entry.first is early])  # fmt: skip
        await insert(session, shelf, numbers, [entry for entry in shelf if entry.before is None])


async def reserve_numbers(session: AsyncSession, shelf: Shelf) -> dict[int, int]:
    """Return {planned number of a new row: its real number}."""
    new = [entry.id for entry in shelf if entry.before is None]
    if not new:
        return {}
    given = {"name": shelf.kind.__tablename__, "count": len(new)}
    return dict(zip(new, await session.scalars(RESERVE, given), strict=True))


async def insert(
    session: AsyncSession, shelf: Shelf, numbers: Numbers, entries: Sequence[Entry]
) -> None:
    if entries:
        table = shelf.kind.__tablename__
        names = ", ".join(["id", "version", *(column.name for column in shelf.columns)])
        arrays = ", ".join([":_id", ":_version", *(f":{column.name}" for column in shelf.columns)])
        statement = f"INSERT INTO {table} ({names}) SELECT * FROM unnest({arrays})"  # noqa: S608
        ids = [numbers[table][entry.id] for entry in entries]
        await session.execute(bind_arrays(statement, shelf, numbers, entries, ids))


async def update(
    session: AsyncSession,
    school_id: int,
    shelf: Shelf,
    numbers: Numbers,
    entries: Sequence[Entry],
) -> None:
    if not entries:
        return
    table = shelf.kind.__tablename__
    names = [column.name for column in shelf.columns]
    statement = (
        f"UPDATE {table} SET version = {table}.version + 1,"  # noqa: S608
        f" {', '.join(f'{name} = new.{name}' for name in names)}"
        f" FROM unnest(:_id, :_version, {', '.join(f':{name}' for name in names)})"
        f" AS new (id, version, {', '.join(names)})"
        f" WHERE {table}.school_id = {school_id:d} AND {table}.id = new.id"
        f" AND {table}.version = new.version"
    )
    ids = [entry.id for entry in entries]
    done = await session.execute(bind_arrays(statement, shelf, numbers, entries, ids))
    if cast(CursorResult[Any], done).rowcount != len(entries):
        raise ChangedMeanwhile(table)


def bind_arrays(
    statement: str, shelf: Shelf, numbers: Numbers, entries: Sequence[Entry], ids: list[int]
) -> TextClause:
    """Return the statement with an array for each column."""
    whole = ARRAY(BigInteger)
    return text(statement).bindparams(
        bindparam("_id", ids, type_=whole),
        bindparam("_version", [entry.version for entry in entries], type_=whole),
        *(
            bindparam(
                column.name, column_values(column, numbers, entries), type_=array_type(column)
            )
            for column in shelf.columns
        ),
    )


def array_type(column: Column[Any]) -> ARRAY[Any]:
    """Return the array type of a column. Enums are stored by name, so their array is of text."""
    return ARRAY(Text() if isinstance(column.type, Enum) else column.type)


def column_values(column: Column[Any], numbers: Numbers, entries: Sequence[Entry]) -> list[Any]:
    """Return the values of a column, with real numbers instead of planned ones."""
    said = [entry[column.name] for entry in entries]
    if isinstance(column.type, Enum):
        return [value.name if value is not None else None for value in said]
    if target := column.info.get("refers"):
        known = numbers.get(target, {})
        return [known.get(value, value) for value in said]
    return said
