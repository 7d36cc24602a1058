"""Whether something between us and PostgreSQL hands one server session to several clients."""

import asyncio
from typing import Any
from uuid import uuid4

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine

_PATIENCE = 10.0


async def mixes_sessions(engine: AsyncEngine) -> bool:
    """Two clients, both of the engine, ask in turns, outside of transactions, who serves them.

    Directly, or through a pool of sessions, each always has a server process of its own. A
    transaction pooler gives both the one that was free last, or goes round: the uneven order of
    turns shows either. A setting made for one must stay with it, and only with it.
    """
    try:
        async with asyncio.timeout(_PATIENCE), engine.connect() as one, engine.connect() as other:
            return await _mixed(*[await _driver(connection) for connection in (one, other)])
    except (TimeoutError, asyncpg.InvalidSQLStatementNameError):
        return True  # one waits for the other's session, or asks a session that knows nothing


async def _mixed(first: asyncpg.Connection, second: asyncpg.Connection) -> bool:
    turns = (first, second, second, first, first, second)
    pids = [(turn, await _value(turn, "SELECT pg_backend_pid()")) for turn in turns]
    of_first = {pid for turn, pid in pids if turn is first}
    of_second = {pid for turn, pid in pids if turn is second}
    if len(of_first) > 1 or len(of_second) > 1 or of_first & of_second:
        return True
    mark = uuid4().hex
    read = "SELECT current_setting('gorod.probe', true)"
    await first.execute(f"SET gorod.probe = '{mark}'")
    seen = [await _value(turn, read) for turn in (second, first)]
    await first.execute("RESET gorod.probe")
    return bool(seen != [None, mark])


async def _value(connection: asyncpg.Connection, query: str) -> Any:
    return await connection.fetchval(query)


async def _driver(connection: Any) -> asyncpg.Connection:
    raw = await connection.get_raw_connection()
    driver: asyncpg.Connection = raw.driver_connection
    return driver
