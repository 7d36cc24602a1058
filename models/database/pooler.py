"""Finding a transaction pooler, which shares one server session between several clients."""

import asyncio
from typing import Any
from uuid import uuid4

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine

_PATIENCE = 10.0


async def mixes_sessions(engine: AsyncEngine) -> bool:
    """Whether a transaction pooler stands before the server.

    Two connections of the engine ask in turns, outside of transactions, which process serves them.
    Without a pooler, or with one in session mode, each always has a process of its own. A
    transaction pooler serves both by the process that was free last, or takes them in rotation;
    the uneven order of turns shows either. A setting made in one session must stay there only.
    """
    try:
        async with asyncio.timeout(_PATIENCE), engine.connect() as one, engine.connect() as other:
            return await _are_mixed(*[await _driver_of(connection) for connection in (one, other)])
    except (TimeoutError, asyncpg.InvalidSQLStatementNameError):
        return True  # one waits for the other's session, or its statement was prepared in another


async def _are_mixed(first: asyncpg.Connection, second: asyncpg.Connection) -> bool:
    turns = (first, second, second, first, first, second)
    pids = [(turn, await _fetch_value(turn, "SELECT pg_backend_pid()")) for turn in turns]
    of_first = {pid for turn, pid in pids if turn is first}
    of_second = {pid for turn, pid in pids if turn is second}
    if len(of_first) > 1 or len(of_second) > 1 or of_first & of_second:
        return True
    mark = uuid4().hex
    read = "SELECT current_setting('gorod.probe', true)"
    await first.execute(f"SET gorod.probe = '{mark}'")
    seen = [await _fetch_value(turn, read) for turn in (second, first)]
    await first.execute("RESET gorod.probe")
    return bool(seen != [None, mark])


async def _fetch_value(connection: asyncpg.Connection, query: str) -> Any:
    return await connection.fetchval(query)


async def _driver_of(connection: Any) -> asyncpg.Connection:
    raw = await connection.get_raw_connection()
    driver: asyncpg.Connection = raw.driver_connection
    return driver
