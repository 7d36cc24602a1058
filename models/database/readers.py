"""Connections for what is said in one statement: one answer, nothing before or after it.

Each stands behind the wall of one school, which it is told when it is opened or changes schools;
one that already serves the school is preferred. They can write nothing, but for those of `writers`.
Statements are prepared once a connection. Behind a pooler that moves transactions between sessions
there are none.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import asyncpg

from models.database.address import dsn, user
from models.database.availability import OF_DRIVER, Availability, Trouble, trouble_of
from models.database.engine import CONNECT_SECONDS, POOL_SECONDS, patience
from models.walls import APP

MOST_STATEMENTS = 500
MOST_CHARACTERS = 250_000
"""Of the statements that one connection keeps prepared, oldest first to go. PostgreSQL needs 80 to
200 bytes for a character of a statement with its plan (measured), so up to 50 MB a session; five
hundred of the longest would need 700 MB."""


@dataclass(slots=True)
class Reader:
    """A connection, and what it has prepared.

    recoveries: How many outages were over when it was opened.
    characters: Of all the statements that it has prepared.
    """

    session: asyncpg.Connection
    recoveries: int
    statements: dict[str, Any] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=count)
    characters: int = 0

    async def prepared(self, sql: str) -> Any:
        self.characters += len(sql)
        while (
            self.statements and self.is_full
        ):  # dropped in the database as they are collected here
            oldest = next(iter(self.statements))
            self.characters -= len(oldest)
            del self.statements[oldest]
        # One without a name would be planned at each execution.
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
    """At most `size` connections, opened when they are needed, the last used first."""

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
        self.patience = patience(statement_timeout_ms)
        self.settings = {
            "application_name": "gorod",
            "timezone": "UTC",
            "jit": "off",
            # Keys lead everywhere, so a plan for any values is as good as one for these, and to
            # make one takes longer than to run it.
            "plan_cache_mode": "force_generic_plan",
            "datestyle": "ISO",
            "default_transaction_read_only": "on",
            "statement_timeout": str(statement_timeout_ms),
        } | ({"role": APP} if user(url) != APP else {})
        self.idle: dict[int, list[Reader]] = defaultdict(list)
        self.open = 0
        self.waiting: list[asyncio.Future[None]] = []
        self.ending: set[asyncio.Task[None]] = set()

    async def fetch(
        self, school_id: int, sql: str, values: Sequence[Any]
    ) -> Sequence[bytes] | None:
        """The one row of a statement, if there is one, behind the wall of a school: texts, as
        bytes.

        Raises asyncpg.PostgresError, and ServiceUnavailable if the database cannot be used. A
        cancelled statement is cancelled in the database, too.
        """
        connection = await self.taken(school_id)
        try:
            statement = connection.statements.get(sql) or await connection.prepared(sql)
            found: Any = await statement.fetchrow(*values)
        except BaseException as failure:
            self.put_away(school_id, connection, failure)
            if refusal := self.availability.refusal(failure, reading=True):
                raise refusal from failure
            raise
        self.given_back(school_id, connection)
        return found  # type: ignore[no-any-return]

    def put_away(self, school_id: int, connection: Reader, failure: BaseException) -> None:
        """After a failure: kept if the database refused the statement and is ready for another."""
        refused = isinstance(failure, asyncpg.PostgresError)
        if refused and trouble_of(failure) is not Trouble.AWAY:
            self.given_back(school_id, connection)
        elif isinstance(failure, asyncio.CancelledError | TimeoutError):
            self.cancelled(connection)
        else:
            self.dropped(connection)

    def cancelled(self, connection: Reader) -> None:
        """After a statement that nobody waits for any more: the driver asks the database to cancel
        it. To terminate the session at once would take that back, and the statement would go on
        until it had something to say."""
        self.open -= 1
        self.wake()
        ending = asyncio.create_task(connection.session.close(timeout=CONNECT_SECONDS))
        self.ending.add(ending)
        ending.add_done_callback(self.ended)

    def ended(self, ending: asyncio.Task[None]) -> None:
        self.ending.discard(ending)
        if not ending.cancelled():
            ending.exception()  # the session is gone, whatever it said

    def given_back(self, school_id: int, connection: Reader) -> None:
        self.idle[school_id].append(connection)
        if self.waiting:
            self.wake()

    async def taken(self, school_id: int) -> Reader:
        """A connection behind the wall of the school. Raises ServiceUnavailable at once while the
        database is away, and after POOL_SECONDS in which no connection came free."""
        while True:
            self.availability.require()
            if mine := self.idle[school_id]:
                connection = mine.pop()
                if self.is_good(connection):
                    return connection
                self.dropped(connection)
            elif self.open < self.size:
                return await self.opened(school_id)
            elif other := next((idle for idle in self.idle.values() if idle), None):
                connection = other.pop(0)
                if self.is_good(connection):
                    return await self.moved(connection, school_id)
                self.dropped(connection)
            else:
                await self.turn()

    def is_good(self, connection: Reader) -> bool:
        """Whether it was neither closed meanwhile nor opened before the last recovery."""
        is_new = connection.recoveries == self.availability.recoveries
        return is_new and not connection.session.is_closed()

    async def turn(self) -> None:
        """Wait until a connection may be free. Raises ServiceUnavailable."""
        turn = asyncio.get_running_loop().create_future()
        self.waiting.append(turn)
        try:
            async with asyncio.timeout(POOL_SECONDS):
                await turn
        except BaseException as failure:
            if turn.done() and not turn.cancelled():  # who has been woken in vain wakes the next
                self.wake()
            if not isinstance(failure, TimeoutError):
                raise
            reason = f"{self.size} connections were in use for {POOL_SECONDS} s"
            raise self.availability.note(Trouble.BUSY, reason).problem() from None

    async def opened(self, school_id: int) -> Reader:
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
            if (
                session is not None
            ):  # else it would stay open in the database, and count for no pool
                session.terminate()
            if isinstance(failure, (OSError, *OF_DRIVER)):
                raise self.availability.unreachable(failure) from failure
            raise
        return Reader(session, recoveries)

    async def moved(self, connection: Reader, school_id: int) -> Reader:
        """A connection of another school's, told of this one."""
        try:
            await connection.session.execute(f"SET app.school_id = '{school_id:d}'")
        except BaseException as failure:
            self.dropped(connection)
            if refusal := self.availability.refusal(failure):
                raise refusal from failure
            raise
        return connection

    def dropped(self, connection: Reader) -> None:
        """After a failure nothing is known of a connection, so it is used no more."""
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
