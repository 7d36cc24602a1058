"""Connections for commands that are one statement each.

Those of one school come one after another, for each takes the next numbers of its logs. What waits
meanwhile is written in one transaction and so made durable at once, which takes longer than most
commands. Nobody shares another's fate: if the database refuses one, each is done by itself.
"""

import asyncio
from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg

from models.database.readers import Readers

TOGETHER = 16
"""The most that are written in one transaction."""
PATIENCE = 0.05
"""Seconds."""
BEGIN = f"BEGIN; SET LOCAL lock_timeout = '{PATIENCE}s'"
"""Whoever waits here has the lock on the logs already, which others take last: to wait for them
could be in vain."""
REFUSALS = ("22", "23", "40")
"""Classes of SQLSTATE: data, integrity, transactions that must be tried again."""


@dataclass(slots=True)
class Waiting:
    """A command, and whom to tell what it gave."""

    sql: str
    values: Sequence[Any]
    told: "asyncio.Future[Sequence[Any] | None]"

    def tell(self, found: Sequence[Any] | None) -> None:
        if not self.told.done():  # its client may have gone
            self.told.set_result(found)

    def fail(self, failure: BaseException) -> None:
        if not self.told.done():
            self.told.set_exception(failure)


class Writers(Readers):
    """At most `size` connections, one for a school at a time."""

    read_only = "off"

    def __init__(self, url: str, *, size: int, statement_timeout_ms: int = 0) -> None:
        super().__init__(url, size=size, statement_timeout_ms=statement_timeout_ms)
        self.queues: dict[int, deque[Waiting]] = defaultdict(deque)
        self.working: dict[int, asyncio.Task[None]] = {}
        self.lingering: set[asyncio.Task[None]] = set()

    async def done(self, school_id: int, sql: str, values: Sequence[Any]) -> Sequence[Any] | None:
        """The one row that the statement gives; None where it gives nothing, or the database
        refused what it was given, or that it came second: then nothing is written."""
        one = Waiting(sql, values, asyncio.get_running_loop().create_future())
        self.queues[school_id].append(one)
        if school_id not in self.working:
            self.working[school_id] = asyncio.create_task(self.work(school_id))
        try:
            return await one.told
        except asyncpg.PostgresError as refusal:
            if (refusal.sqlstate or "")[:2] in REFUSALS:
                return None
            raise

    async def work(self, school_id: int) -> None:
        """Do what waits in a school, until nothing does."""
        queue = self.queues[school_id]
        try:
            while queue:
                some = [queue.popleft() for _ in range(min(len(queue), TOGETHER))]
                if len(some) == 1 or not await self.together(school_id, some):
                    await self.apart(school_id, some)
        finally:
            del self.queues[school_id], self.working[school_id]
            for one in queue:
                one.fail(asyncio.CancelledError())

    async def apart(self, school_id: int, some: Sequence[Waiting]) -> None:
        """Do commands each by itself. One that waits for a lock keeps no other waiting."""
        tasks = {asyncio.create_task(self.alone(school_id, one)) for one in some}
        self.lingering |= tasks
        for task in tasks:
            task.add_done_callback(self.lingering.discard)
        await asyncio.wait(tasks, timeout=PATIENCE)

    async def alone(self, school_id: int, one: Waiting) -> None:
        try:
            one.tell(await self.fetch(school_id, one.sql, one.values))
        except Exception as failure:
            one.fail(failure)

    async def together(self, school_id: int, some: Sequence[Waiting]) -> bool:
        """Do commands in one transaction. Whether it was; if not, nothing is written, or nobody
        knows, and then they are told."""
        try:
            connection = await self.taken(school_id)
        except Exception as failure:
            for one in some:
                one.fail(failure)
            return True
        try:
            await connection.session.execute(BEGIN)
            found = [await connection.asked(one.sql, one.values) for one in some]
            await connection.session.execute("COMMIT")
        except BaseException as failure:
            if isinstance(failure, asyncpg.PostgresError) and not connection.session.is_closed():
                await connection.session.execute("ROLLBACK")
                self.given_back(school_id, connection)
                return False
            await self.dropped(connection)
            for one in some:
                one.fail(failure)
            if not isinstance(failure, Exception):
                raise
            return True
        self.given_back(school_id, connection)
        for one, row in zip(some, found, strict=True):
            one.tell(row)
        return True
