"""SQLAlchemy engines whose sessions act as the product's role."""

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

from models.database.address import dsn, explain_refusal, make_engine_url, user_of
from models.database.availability import OF_DRIVER, Availability, Trouble, trouble_of
from models.database.problems import DatabaseProblem
from models.walls import APP

CONNECT_SECONDS = 5
"""Seconds that the opening of a session may take."""
POOL_SECONDS = 10
"""Seconds to wait for a session while others use them all."""


def connect(
    url: str,
    *,
    role: str = APP,
    statement_timeout_ms: int = 0,
    caches: bool = True,
    availability: Availability | None = None,
    **options: Any,
) -> AsyncEngine:
    """Make an engine; it opens no session yet. `options` are SQLAlchemy's (pool_size, poolclass,
    …).

    caches: Whether sessions keep prepared statements. Off behind a pooler that moves transactions
        between sessions: then only start-up parameters that every pooler knows are sent, so the
        user of the address must be the role, and other settings are set by `ALTER ROLE`.
    availability: The outages of the database: while it is away, sessions are refused at once, and
        its errors are raised as ServiceUnavailable.
    """
    settings = {"application_name": "gorod", "timezone": "UTC"}
    if caches:
        settings |= {"jit": "off", "statement_timeout": str(statement_timeout_ms)}
        settings |= {"role": role} if user_of(url) != role else {}
    cached = 100 if caches else 0

    async def open_session() -> asyncpg.Connection:
        if availability is None:
            return await open_driver()
        availability.require()
        try:
            return await open_driver()
        except (OSError, *OF_DRIVER) as error:
            raise availability.refuse_unreachable(error) from error

    async def open_driver() -> asyncpg.Connection:
        return await asyncpg.connect(
            dsn(url),
            timeout=CONNECT_SECONDS,
            server_settings=settings,
            statement_cache_size=cached,
            command_timeout=seconds_to_give_up(statement_timeout_ms),
        )

    def adapt() -> Any:
        dialect: Any = engine.sync_engine.dialect
        return dialect.dbapi.connect(
            async_creator_fn=open_session, prepared_statement_cache_size=cached
        )

    if availability is not None:
        options |= {"poolclass": make_queue_class(availability), "pool_timeout": POOL_SECONDS}
    # Without `hide_parameters` the text of an error shows marks, letters and tokens.
    engine = create_async_engine(
        make_engine_url(url), creator=adapt, hide_parameters=True, **options
    )
    if availability is not None:
        replace_old(engine, availability)
        translate_errors(engine, availability)
    return engine


def seconds_to_give_up(statement_timeout_ms: int) -> float | None:
    """Return the seconds after which the client gives up a statement. The server should have
    cancelled it by then, so it is gone without closing the connection."""
    return statement_timeout_ms / 1000 + CONNECT_SECONDS if statement_timeout_ms else None


def make_queue_class(availability: Availability) -> type[AsyncAdaptedQueuePool]:
    """Make a class of pools that raise ServiceUnavailable after too long a wait for a session."""

    class Queue(AsyncAdaptedQueuePool):
        def connect(self) -> PoolProxiedConnection:
            try:
                return super().connect()
            except PoolTimeout as error:
                raise availability.note(Trouble.BUSY, str(error)).problem() from error

    return Queue


def replace_old(engine: AsyncEngine, availability: Availability) -> None:
    """Replace a pooled session that the server has closed, or that is from before the last
    recovery, by a new one. A request that got it would fail."""

    def note_opening(_session: Any, record: ConnectionPoolEntry) -> None:
        record.info["recoveries"] = availability.recoveries

    def check_out(session: Any, record: ConnectionPoolEntry, _proxy: Any) -> None:
        is_old = record.info["recoveries"] != availability.recoveries
        if is_old or session.driver_connection.is_closed():
            raise DisconnectionError

    event.listen(engine.sync_engine, "connect", note_opening)
    event.listen(engine.sync_engine, "checkout", check_out)


def translate_errors(engine: AsyncEngine, availability: Availability) -> None:
    """Raise errors by which the database cannot be used as ServiceUnavailable, and those of a
    COMMIT as OutcomeUnknown."""
    sync_engine, committing = engine.sync_engine, WeakSet[Connection]()
    event.listen(sync_engine, "begin", committing.discard)
    event.listen(sync_engine, "commit", committing.add)
    event.listen(sync_engine, "rollback", committing.discard)

    def translate(context: ExceptionContext) -> BaseException | None:
        error, connection = context.original_exception, context.connection
        options = connection.get_execution_options() if connection else {}
        if trouble_of(error) is Trouble.AWAY:
            context.is_disconnect = True  # its session is not to be used again
        return availability.refusal(
            error,
            reading=bool(options.get("postgresql_readonly")),
            committing=connection in committing,
        )

    event.listen(sync_engine, "handle_error", translate)


@contextmanager
def explain_errors(engine: AsyncEngine) -> Iterator[None]:
    """Raise errors of the server as DatabaseProblem with one sentence, for the command line."""
    try:
        yield
    except DBAPIError as problem:
        if problem.statement is None:  # the connection itself was refused
            driver = (problem.orig or problem).__cause__ or problem
            raise DatabaseProblem(explain_refusal(engine.url, driver)) from problem
        said = str(problem.orig).partition("\n")[0]
        raise DatabaseProblem(f"PostgreSQL says: {said}") from problem
    except OSError as problem:
        raise DatabaseProblem(explain_refusal(engine.url, problem)) from problem
