"""Whether a server can be asked right now, and what version its tables are of."""

import asyncio

import asyncpg

from models.database.address import dsn
from models.database.availability import OF_DRIVER

PATIENCE = 2.0
"""Seconds. Who asks whether this process is ready waits no longer."""


async def version_at(url: str) -> str | None:
    """The version of the tables; None where there are none. Asked over a session of its own: one of
    a pool could be waited for behind requests that all wait for a slow database.

    Raises ConnectionError if the database cannot be used.
    """
    try:
        async with asyncio.timeout(PATIENCE):
            session = await asyncpg.connect(
                dsn(url), server_settings={"application_name": "gorod"}, statement_cache_size=0
            )
            try:
                version: str | None = await session.fetchval(
                    "SELECT version_num FROM alembic_version"
                )
                return version
            finally:
                session.terminate()
    except asyncpg.UndefinedTableError:
        return None
    except (OSError, TimeoutError, *OF_DRIVER) as error:
        raise ConnectionError from error
