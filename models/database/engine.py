"""The way in: an engine whose sessions act as the product's role."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from weakref import WeakSet

import asyncpg
from sqlalchemy import Connection, PoolProxiedConnection, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool, ConnectionPoolEntry

from models.database.address import dsn, refusal, shown, user
from models.database.availability import OF_DRIVER, Availability, Trouble, trouble_of
from models.database.problems import DatabaseProblem
from models.walls import APP

CONNECT_SECONDS = 5
"""How long the opening of a session may take."""
POOL_SECONDS = 10
"""How long one waits for a session that others use."""


def connect(
    url: str,
    *,
    role: str = APP,
    statement_timeout_ms: int = 0,
    caches: bool = True,
    availability: Availability | None = None,
    **options: Any,
) -> AsyncEngine:
    """Opens nothing yet. `options` are SQLAlchemy's (pool_size, max_overflow, poolclass, …).

    caches: prepared statements, kept per session. Off: behind a pooler that moves transactions
    between sessions; then only start-up parameters that every pooler knows are sent, so the user
    of the address must be the role, and its other settings are for `ALTER ROLE`.
    availability: What is known of the database: while it is away, sessions are refused at once,
    and its errors are raised as ServiceUnavailable.
    """
    settings = {"application_name": "gorod", "timezone": "UTC"}
    if caches:
        settings |= {"jit": "off", "statement_timeout": str(statement_timeout_ms)}
        settings |= {"role": role} if user(url) != role else {}
    cached = 100 if caches else 0

    async def open_session() -> asyncpg.Connection:
        if availability is None:
            return await opened()
        availability.require()
        try:
            return await opened()
        except (OSError, *OF_DRIVER) as error:
            raise availability.unreachable(error) from error

    async def opened() -> asyncpg.Connection:
        return await asyncpg.connect(
            dsn(url),
            timeout=CONNECT_SECONDS,
            server_settings=settings,
            statement_cache_size=cached,
            command_timeout=patience(statement_timeout_ms),
        )

    def adapted() -> Any:
        dialect: Any = engine.sync_engine.dialect
        return dialect.dbapi.connect(
            async_creator_fn=open_session, prepared_statement_cache_size=cached
        )

    if availability is not None:
        options |= {"poolclass": queue(availability), "pool_timeout": POOL_SECONDS}
    # An error of a statement would otherwise show its parameters: marks, letters, tokens.
    engine = create_async_engine(shown(url), creator=adapted, hide_parameters=True, **options)
    if availability is not None:
        replace_old(engine, availability)
        translate_errors(engine, availability)
    return engine


def patience(statement_timeout_ms: int) -> float | None:
    """Seconds after which a statement that the server should have cancelled is given up: the
    server is gone without a word."""
    return statement_timeout_ms / 1000 + CONNECT_SECONDS if statement_timeout_ms else None


def queue(availability: Availability) -> type[AsyncAdaptedQueuePool]:
    """A pool that refuses who has waited too long for a session."""

    class Queue(AsyncAdaptedQueuePool):
        def connect(self) -> PoolProxiedConnection:
            try:
                return super().connect()
            except PoolTimeout as error:
                raise availability.note(Trouble.BUSY, str(error)).problem() from error

    return Queue


def replace_old(engine: AsyncEngine, availability: Availability) -> None:
    """Hand out no session that the server closed while it lay in the pool, and none from before
    the last recovery: the pool opens another in its place."""

    def opened(_session: Any, record: ConnectionPoolEntry) -> None:
        record.info["recoveries"] = availability.recoveries

    def handed_out(session: Any, record: ConnectionPoolEntry, _proxy: Any) -> None:
        is_old = record.info["recoveries"] != availability.recoveries
        if is_old or session.driver_connection.is_closed():
            raise DisconnectionError

    event.listen(engine.sync_engine, "connect", opened)
    event.listen(engine.sync_engine, "checkout", handed_out)


def translate_errors(engine: AsyncEngine, availability: Availability) -> None:
    """Raise errors that say that the database cannot be used as ServiceUnavailable, and those of
    a COMMIT as OutcomeUnknown."""
    sync_engine, committing = engine.sync_engine, WeakSet[Connection]()
    event.listen(sync_engine, "begin", committing.discard)
    event.listen(sync_engine, "commit", committing.add)
    event.listen(sync_engine, "rollback", committing.discard)

    def translated(context: ExceptionContext) -> BaseException | None:
        error, connection = context.original_exception, context.connection
        options = connection.get_execution_options() if connection else {}
        if trouble_of(error) is Trouble.AWAY:
            context.is_disconnect = True  # its session is not to be used again
        return availability.refusal(
            error,
            reading=bool(options.get("postgresql_readonly")),
            committing=connection in committing,
        )

    event.listen(sync_engine, "handle_error", translated)


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
