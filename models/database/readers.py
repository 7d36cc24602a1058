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
from models.walls import APP

MOST_STATEMENTS = 500
"""Prepared and kept by one connection."""


@dataclass(slots=True)
class Reader:
    """A connection, and what it has prepared."""

    session: asyncpg.Connection
    statements: dict[str, Any] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=count)

    async def prepared(self, sql: str) -> Any:
        if len(self.statements) >= MOST_STATEMENTS:
            self.statements.clear()  # dropped in the database as they are collected here
        # One without a name would be planned at each execution.
        name = f"gorod_{next(self.numbers)}"
        self.statements[sql] = await self.session.prepare(sql, name=name)
        return self.statements[sql]


class Readers:
    """At most `size` connections, opened when they are needed, the last used first."""

    def __init__(self, url: str, *, size: int, statement_timeout_ms: int = 0) -> None:
        self.url, self.size = url, size
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

    async def fetch(
        self, school_id: int, sql: str, values: Sequence[Any]
    ) -> Sequence[bytes] | None:
        """The one row of a statement, if there is one, behind the wall of a school: texts, as
        bytes.

        Raises asyncpg.PostgresError. A cancelled statement is cancelled in the database, too.
        """
        connection = await self.taken(school_id)
        try:
            statement = connection.statements.get(sql) or await connection.prepared(sql)
            found: Any = await statement.fetchrow(*values)
        except asyncpg.PostgresError:
            if connection.session.is_closed():
                await self.dropped(connection)
            else:  # it refused the statement, and is ready for another
                self.given_back(school_id, connection)
            raise
        except BaseException:
            await self.dropped(connection)
            raise
        self.given_back(school_id, connection)
        return found  # type: ignore[no-any-return]

    def given_back(self, school_id: int, connection: Reader) -> None:
        self.idle[school_id].append(connection)
        if self.waiting:
            self.wake()

    async def taken(self, school_id: int) -> Reader:
        while True:
            if mine := self.idle[school_id]:
                connection = mine.pop()
                if not connection.session.is_closed():
                    return connection
                self.open -= 1
            elif self.open < self.size:
                return await self.opened(school_id)
            elif other := next((idle for idle in self.idle.values() if idle), None):
                return await self.moved(other.pop(0), school_id)
            else:
                turn = asyncio.get_running_loop().create_future()
                self.waiting.append(turn)
                await turn

    async def opened(self, school_id: int) -> Reader:
        self.open += 1
        try:
            session = await asyncpg.connect(
                dsn(self.url),
                timeout=15,
                statement_cache_size=0,
                server_settings={**self.settings, "app.school_id": str(school_id)},
            )
            for type_ in ("text", "varchar"):
                await session.set_type_codec(
                    type_, schema="pg_catalog", format="binary", encoder=str.encode, decoder=bytes
                )
        except BaseException:
            self.open -= 1
            self.wake()
            raise
        return Reader(session)

    async def moved(self, connection: Reader, school_id: int) -> Reader:
        """A connection of another school's, told of this one."""
        try:
            await connection.session.execute(f"SET app.school_id = '{school_id:d}'")
        except BaseException:
            await self.dropped(connection)
            raise
        return connection

    async def dropped(self, connection: Reader) -> None:
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
        self.idle.clear()
        self.open = 0
