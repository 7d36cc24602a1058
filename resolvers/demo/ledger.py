"""The rows of a school before they are written in bulk, with their ids, parents before children."""

from enum import Enum
from typing import Any

import asyncpg
from sqlalchemy import ARRAY, Column, Table
from sqlalchemy.dialects import postgresql

from models.base import OfSchool, Record

ROWS_AT_ONCE = 10_000
DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]
KEPT_BY_DATABASE = "school_id"
"""The column with a default from the transaction's setting, as in the product."""


class Sheet:
    """The rows of one table before they are written; ids continue the table's sequence."""

    def __init__(self, table: Table, last_id: int) -> None:
        self.table = table
        self.last_id = last_id
        self.columns: list[Column[Any]] = [
            column
            for column in table.columns
            if column.computed is None
            and column.name != KEPT_BY_DATABASE
            # `statement` cannot have array columns; they keep their defaults.
            and not isinstance(column.type, ARRAY)
        ]
        self.rows: list[tuple[Any, ...]] = []

    def put(self, **values: Any) -> int:
        """Add a row by names, with null for missing columns and version 1."""
        self.last_id += 1
        known = {"id": self.last_id, "version": 1, **values}
        self.rows.append(tuple(plain(known.pop(c.name, None)) for c in self.columns))
        if known:
            raise LookupError(f"{self.table.name} has no {', '.join(known)}")
        return self.last_id

    def narrow(self, columns: str) -> "Sheet":
        """Write only these columns, with id and version, for tables with many rows."""
        named = ["id", "version", *columns.split()]
        self.columns = [self.table.columns[name] for name in named]
        return self

    def add(self, *values: Any, version: int = 1) -> int:
        """Add a row by values in the order of the columns."""
        self.last_id = number = self.last_id + 1
        self.rows.append((number, version, *values))
        return number

    def statement(self) -> str:
        """Return one INSERT with an array for each column."""
        names = ", ".join(column.name for column in self.columns)
        types = (column.type.compile(DIALECT) for column in self.columns)
        arrays = ", ".join(f"${place}::{kind}[]" for place, kind in enumerate(types, 1))
        return f"INSERT INTO {self.table.name} ({names}) SELECT * FROM unnest({arrays})"  # noqa: S608


def is_numbered(table: Table) -> bool:
    """Whether its rows belong to a school and have ids of a sequence."""
    return KEPT_BY_DATABASE in table.primary_key and "id" in table.primary_key


def plain(value: Any) -> Any:
    """Return a value for the driver: enums are stored by name."""
    return value.name if isinstance(value, Enum) else value


class Ledger:
    """All tables of the school that is being made."""

    def __init__(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        self._connection = connection
        self._sheets: dict[str, Sheet] = {}
        self._may_copy = False

    @classmethod
    async def open(cls, connection: "asyncpg.Connection[asyncpg.Record]") -> "Ledger":
        """Open a ledger whose ids begin after the last one of every table."""
        ledger = cls(connection)
        walled = await connection.fetchval("SELECT row_security_active('persons')")
        ledger._may_copy = not walled
        tables = {
            table.name: table for table in Record.metadata.tables.values() if is_numbered(table)
        }
        last = await connection.fetch(
            "SELECT name, coalesce(pg_sequence_last_value(pg_get_serial_sequence(name, 'id')), 0)"
            " FROM unnest($1::text[]) AS name",
            list(tables),
        )
        ledger._sheets = {name: Sheet(tables[name], number) for name, number in last}
        return ledger

    def __getitem__(self, row: type[OfSchool]) -> Sheet:
        return self._sheets[row.__tablename__]

    async def flush(self) -> None:
        """Write all rows, and set the sequences."""
        waiting = [self._sheets[t.name] for t in Record.metadata.sorted_tables if self._waits(t)]
        for sheet in waiting:
            await self._write(sheet)
            sheet.rows.clear()
        await self._connection.execute(
            "SELECT setval(s, greatest(n, pg_sequence_last_value(s))) FROM"
            " (SELECT pg_get_serial_sequence(t, 'id')::regclass AS s, n"
            "  FROM unnest($1::text[], $2::bigint[]) AS x(t, n)) AS used",
            [sheet.table.name for sheet in waiting],
            [sheet.last_id for sheet in waiting],
        )

    async def _write(self, sheet: Sheet) -> None:
        """Write rows by COPY as a superuser, else by INSERT, which takes a third longer: the server
        refuses COPY under row-level security."""
        if self._may_copy:
            names = [column.name for column in sheet.columns]
            await self._connection.copy_records_to_table(
                sheet.table.name, records=sheet.rows, columns=names
            )
            return
        statement = sheet.statement()
        for start in range(0, len(sheet.rows), ROWS_AT_ONCE):
            part = sheet.rows[start : start + ROWS_AT_ONCE]
            await self._connection.execute(statement, *map(list, zip(*part, strict=True)))

    def _waits(self, table: Table) -> bool:
        return table.name in self._sheets and bool(self._sheets[table.name].rows)
