"""The way in: an engine whose sessions act as the product's role."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import asyncpg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from models.database.address import dsn, refusal, shown, user
from models.database.problems import DatabaseProblem
from models.walls import APP


def connect(
    url: str,
    *,
    role: str = APP,
    statement_timeout_ms: int = 0,
    caches: bool = True,
    **options: Any,
) -> AsyncEngine:
    """Opens nothing yet. `options` are SQLAlchemy's (pool_size, max_overflow, poolclass, …).

    caches: prepared statements, kept per session. Off: behind a pooler that moves transactions
    between sessions; then only start-up parameters that every pooler knows are sent, so the user
    of the address must be the role, and its other settings are for `ALTER ROLE`.
    """
    settings = {"application_name": "gorod", "timezone": "UTC"}
    if caches:
        settings |= {"jit": "off", "statement_timeout": str(statement_timeout_ms)}
        settings |= {"role": role} if user(url) != role else {}
    cached = 100 if caches else 0

    async def open_session() -> asyncpg.Connection:
        return await asyncpg.connect(
            dsn(url), timeout=15, server_settings=settings, statement_cache_size=cached
        )

    def adapted() -> Any:
        dialect: Any = engine.sync_engine.dialect
        return dialect.dbapi.connect(
            async_creator_fn=open_session, prepared_statement_cache_size=cached
        )

    engine = create_async_engine(shown(url), creator=adapted, **options)
    return engine


@contextmanager
def explained(engine: AsyncEngine) -> Iterator[None]:
    """A refusal of the server's in one sentence, for people who asked on a command line."""
    try:
        yield
    except DBAPIError as problem:
        if problem.statement is None:  # none was sent: the connection itself was refused
            driver = (problem.orig or problem).__cause__ or problem
            raise DatabaseProblem(refusal(engine.url, driver)) from problem
        said = str(problem.orig).partition("\n")[0]
        raise DatabaseProblem(f"PostgreSQL says: {said}") from problem
    except OSError as problem:
        raise DatabaseProblem(refusal(engine.url, problem)) from problem
