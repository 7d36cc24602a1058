"""Connections for queries that are one statement, without BEGIN and COMMIT around it.

Each connection is set to one school when it is opened or changes schools; one that already serves
the school is preferred. They are read-only, except those of `writers`. A connection prepares a
statement once. Behind a transaction pooler there are no such connections.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import asyncpg

from models.database.address import dsn, user_of
from models.database.availability import OF_DRIVER, Availability, Trouble, trouble_of
from models.database.engine import CONNECT_SECONDS, POOL_SECONDS, seconds_to_give_up
from models.walls import APP

MOST_STATEMENTS = 500
MOST_CHARACTERS = 250_000
"""The total length of the statements that one connection keeps prepared; the oldest are dropped
first. PostgreSQL needs 80 to 200 bytes per character of a statement with its plan (measured), so
up to 50 MB per session. Five hundred of the longest statements would need 700 MB."""


@dataclass(slots=True)
class Reader:
    """A connection and its prepared statements.

    recoveries: The number of outages that were over when it was opened.
    characters: The total length of its prepared statements.
    """

    session: asyncpg.Connection
    recoveries: int
    statements: dict[str, Any] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=count)
    characters: int = 0

    async def find_or_prepare(self, sql: str) -> Any:
        """Return the prepared statement of an SQL text."""
        return self.statements.get(sql) or await self.prepare(sql)

    async def prepare(self, sql: str) -> Any:
        self.characters += len(sql)
        # asyncpg closes a statement in the database when its object is collected here.
        while self.statements and self.is_full:
            oldest = next(iter(self.statements))
            self.characters -= len(oldest)
            del self.statements[oldest]
        # A statement without a name would be planned at each execution.
        name = f"gorod_{next(self.numbers)}"
        try:
            self.statements[sql] = await self.session.prepare(sql, name=name)
        except BaseException:
            self.characters -= len(sql)
            raise
        return self.statements[sql]

    @property
    def is_full(self) -> bool:
        return len(self.statements) >= MOST_STATEMENTS or self.characters > MOST_CHARACTERS


class Readers:
    """A pool of at most `size` connections, opened when they are needed, the last used first."""

    def __init__(
        self,
        url: str,
        *,
        size: int,
        statement_timeout_ms: int = 0,
        availability: Availability | None = None,
    ) -> None:
        self.url, self.size = url, size
        self.availability = availability or Availability()
        self.patience = seconds_to_give_up(statement_timeout_ms)
        self.settings = {
            "application_name": "gorod",
            "timezone": "UTC",
            "jit": "off",
            # All access is by keys, so a generic plan is as good as one for the values, and
            # planning takes longer than running.
            "plan_cache_mode": "force_generic_plan",
            "datestyle": "ISO",
            "default_transaction_read_only": "on",
            "statement_timeout": str(statement_timeout_ms),
        } | ({"role": APP} if user_of(url) != APP else {})
        self.idle: dict[int, list[Reader]] = defaultdict(list)
        self.open = 0
        self.waiting: list[asyncio.Future[None]] = []
        self.ending: set[asyncio.Task[None]] = set()

    async def fetch(
        self, school_id: int, sql: str, values: Sequence[Any]
    ) -> Sequence[bytes] | None:
        """Run a statement for a school and return its one row, if there is one, with texts as
        bytes.

        Raises asyncpg.PostgresError, and ServiceUnavailable if the database cannot be used. When
        the caller is cancelled, the statement is cancelled in the database, too.
        """
        connection = await self.take(school_id)
        try:
            statement = await connection.find_or_prepare(sql)
            found: Any = await statement.fetchrow(*values)
        except BaseException as failure:
            self.put_away(school_id, connection, failure)
            if refusal := self.availability.refusal(failure, reading=True):
                raise refusal from failure
            raise
        self.give_back(school_id, connection)
        return found  # type: ignore[no-any-return]

    def put_away(self, school_id: int, connection: Reader, failure: BaseException) -> None:
        """Handle a connection after a failure. It is kept if the database refused the statement and
        is ready for another."""
        refused = isinstance(failure, asyncpg.PostgresError)
        if refused and trouble_of(failure) is not Trouble.AWAY:
            self.give_back(school_id, connection)
        elif isinstance(failure, asyncio.CancelledError | TimeoutError):
            self.cancel(connection)
        else:
            self.drop(connection)

    def cancel(self, connection: Reader) -> None:
        """Close a connection whose statement was cancelled. The driver sends a cancel request
        first; to terminate the session at once would lose that request, and the database would go
        on with the statement until it sent a row."""
        self.open -= 1
        self.wake()
        ending = asyncio.create_task(connection.session.close(timeout=CONNECT_SECONDS))
        self.ending.add(ending)
        ending.add_done_callback(self.forget)

    def forget(self, ending: asyncio.Task[None]) -> None:
        self.ending.discard(ending)
        if not ending.cancelled():
            ending.exception()  # marks the error as seen; the session is gone anyway

    def give_back(self, school_id: int, connection: Reader) -> None:
        self.idle[school_id].append(connection)
        if self.waiting:
            self.wake()

    async def take(self, school_id: int) -> Reader:
        """Take a connection that is set to the school. Raises ServiceUnavailable at once while the
        database is away, and after POOL_SECONDS in which no connection came free."""
        while True:
            self.availability.require()
            if mine := self.idle[school_id]:
                connection = mine.pop()
                if self.is_good(connection):
                    return connection
                self.drop(connection)
            elif self.open < self.size:
                return await self.open_connection(school_id)
            elif other := next((idle for idle in self.idle.values() if idle), None):
                connection = other.pop(0)
                if self.is_good(connection):
                    return await self.move(connection, school_id)
                self.drop(connection)
            else:
                await self.wait_for_turn()

    def is_good(self, connection: Reader) -> bool:
        """Whether it is open and was opened after the last recovery."""
        is_new = connection.recoveries == self.availability.recoveries
        return is_new and not connection.session.is_closed()

    async def wait_for_turn(self) -> None:
        """Wait until a connection may be free. Raises ServiceUnavailable."""
        turn = asyncio.get_running_loop().create_future()
        self.waiting.append(turn)
        try:
            async with asyncio.timeout(POOL_SECONDS):
                await turn
        except BaseException as failure:
            # Otherwise the connection that it was woken for would lie idle while others wait.
            if turn.done() and not turn.cancelled():
                self.wake()
            if not isinstance(failure, TimeoutError):
                raise
            reason = f"{self.size} connections were in use for {POOL_SECONDS} s"
            raise self.availability.note(Trouble.BUSY, reason).problem() from None

    async def open_connection(self, school_id: int) -> Reader:
        self.open += 1
        recoveries = self.availability.recoveries
        session: asyncpg.Connection | None = None
        try:
            session = await asyncpg.connect(
                dsn(self.url),
                timeout=CONNECT_SECONDS,
                command_timeout=self.patience,
                statement_cache_size=0,
                server_settings={**self.settings, "app.school_id": str(school_id)},
            )
            for type_ in ("text", "varchar"):
                await session.set_type_codec(
                    type_, schema="pg_catalog", format="binary", encoder=str.encode, decoder=bytes
                )
        except BaseException as failure:
            self.open -= 1
            self.wake()
            if session is not None:
                session.terminate()  # it would stay open in the database and count for no pool
            if isinstance(failure, (OSError, *OF_DRIVER)):
                raise self.availability.refuse_unreachable(failure) from failure
            raise
        return Reader(session, recoveries)

    async def move(self, connection: Reader, school_id: int) -> Reader:
        """Set a connection of another school to this one."""
        try:
            await connection.session.execute(f"SET app.school_id = '{school_id:d}'")
        except BaseException as failure:
            self.drop(connection)
            if refusal := self.availability.refusal(failure):
                raise refusal from failure
            raise
        return connection

    def drop(self, connection: Reader) -> None:
        """Terminate a connection. After a failure its state is not known, so it is not used
        again."""
        self.open -= 1
        self.wake()
        connection.session.terminate()

    def wake(self) -> None:
        while self.waiting:
            turn = self.waiting.pop(0)
            if not turn.done():
                turn.set_result(None)
                return

    async def close(self) -> None:
        for connection in [one for idle in self.idle.values() for one in idle]:
            await connection.session.close()
        if self.ending:
            await asyncio.wait(self.ending)
        self.idle.clear()
        self.open = 0
