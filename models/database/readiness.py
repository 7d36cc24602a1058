"""The check of readiness: whether the database answers now, and the version of its tables."""

import asyncio

import asyncpg

from models.database.address import dsn
from models.database.availability import OF_DRIVER

PATIENCE = 2.0
"""Seconds to wait for the database; a readiness probe of a balancer waits no longer."""


async def version_at(url: str) -> str | None:
    """Return the version of the tables; None where there are none. It opens a session of its own,
    because in a pool it could wait behind requests that all wait for a slow database.

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
