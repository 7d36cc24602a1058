"""Statements of ../sql over asyncpg's pool, behind the wall of one school."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg

STATEMENTS = {
    file.stem: file.read_text() for file in (Path(__file__).parent.parent / "sql").glob("*.sql")
}
ONLY_SCHOOL = os.environ.get("BENCH_SCHOOL")
SETTINGS = {"timezone": "UTC", "jit": "off"} | (
    {"app.school_id": ONLY_SCHOOL} if ONLY_SCHOOL else {}
)


async def untouched(connection: Any) -> None:
    """No statement of ours leaves anything behind on a connection, so the reset is spared."""


class Database:
    async def open(self) -> None:
        size = int(os.environ["BENCH_CONNECTIONS"])
        self.pool = await asyncpg.create_pool(
            min_size=size, max_size=size, server_settings=SETTINGS, reset=untouched
        )

    @asynccontextmanager
    async def connected(self, school_id: int) -> AsyncIterator[Any]:
        async with self.pool.acquire() as connection:
            if not ONLY_SCHOOL:
                await connection.execute(f"SET app.school_id = '{school_id:d}'")
            yield connection

    async def rows(self, school_id: int, name: str, *values: Any, held: Any = None) -> list[Any]:
        """The rows of a statement, on any connection or on one that is held."""
        if held is not None:
            return await held.fetch(STATEMENTS[name], school_id, *values)
        async with self.connected(school_id) as connection:
            return await connection.fetch(STATEMENTS[name], school_id, *values)


database = Database()
rows = database.rows
