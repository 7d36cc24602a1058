"""Timings of the statements of a traced operation.

Statements are timed only when traces are on, and only in operations that set `TIMINGS`. Values of
parameters are never noted.
"""

import time
from collections.abc import Callable, Coroutine, Sequence
from contextvars import ContextVar
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

MOST = 100
"""The most statements that are noted per operation. A subscription may run for days, and its notes
would fill the memory."""
BEGAN = "gorod_statement_began"

T = TypeVar("T")
Send = Callable[[int, str, Sequence[Any]], Coroutine[Any, Any, T]]


class Timing(NamedTuple):
    """A statement that was sent.

    pool: The pool of its session: `standard`, `readers` or `writers`.
    sql: Its text, with placeholders for the values.
    began, ended: Seconds since 1970. They include the wait for a session, except in `standard`.
    failure: The SQLSTATE or the name of the error; None if there was none.
    """

    pool: str
    sql: str
    began: float
    ended: float
    failure: str | None = None


TIMINGS: ContextVar[list[Timing] | None] = ContextVar("timings", default=None)
"""The statements of the operation under way; None if it is not traced."""


def note(pool: str, sql: str, began: float, failure: BaseException | None = None) -> None:
    """Note a statement that has ended."""
    timings = TIMINGS.get()
    if timings is not None and len(timings) < MOST:
        timings.append(Timing(pool, sql, began, time.time(), name_of(failure)))


def name_of(failure: BaseException | None) -> str | None:
    if failure is None:
        return None
    return str(getattr(failure, "sqlstate", None) or type(failure).__name__)


def time_sending(send: Send[T], pool: str) -> Send[T]:
    """Wrap `send` so that each statement is noted."""

    async def send_timed(school_id: int, sql: str, values: Sequence[Any]) -> T:
        began = time.time()
        failure: BaseException | None = None
        try:
            return await send(school_id, sql, values)
        except BaseException as error:
            failure = error
            raise
        finally:
            note(pool, sql, began, failure)

    return send_timed


def time_engine(engine: AsyncEngine) -> None:
    """Time the statements of SQLAlchemy."""

    def begin(connection: Any, *_: Any) -> None:
        connection.info[BEGAN] = time.time()

    def end(connection: Any, _cursor: Any, sql: str, *_: Any) -> None:
        note("standard", sql, connection.info.pop(BEGAN))

    def fail(context: Any) -> None:
        if context.connection is not None and BEGAN in context.connection.info:
            began = context.connection.info.pop(BEGAN)
            note("standard", context.statement or "", began, context.original_exception)

    event.listen(engine.sync_engine, "before_cursor_execute", begin)
    event.listen(engine.sync_engine, "after_cursor_execute", end)
    event.listen(engine.sync_engine, "handle_error", fail)
