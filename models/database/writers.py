"""Connections for commands that are one statement each.

Those of one school come one after another, for each takes the next numbers of its logs. What waits
meanwhile is sent at once and written in one transaction, for to make it durable takes longer than
most commands. Nobody shares another's fate: if the database refuses one, each is done by itself.
"""

import asyncio
from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg

from models.database.availability import Availability
from models.database.readers import Readers

TOGETHER = 16
"""The most that are written in one transaction."""
PATIENCE = "50ms"
"""How long one waits for a lock. Others take the lock on the logs last, but who is not the first in
a transaction has it: to wait for them could be in vain."""


@dataclass(slots=True)
class Waiting:
    """A command, and whom to tell what it gave."""

    sql: str
    values: Sequence[Any]
    told: "asyncio.Future[Sequence[Any]]"

    def tell(self, found: Sequence[Any]) -> None:
        if not self.told.done():  # its client may have gone
            self.told.set_result(found)

    def fail(self, failure: BaseException) -> None:
        if not self.told.done():
            self.told.set_exception(failure)


class Writers(Readers):
    """At most `size` connections, one for a school at a time."""

    def __init__(
        self,
        url: str,
        *,
        size: int,
        statement_timeout_ms: int = 0,
        availability: Availability | None = None,
    ) -> None:
        super().__init__(
            url, size=size, statement_timeout_ms=statement_timeout_ms, availability=availability
        )
        # Not switched off: a database that its operator made read-only stays so.
        del self.settings["default_transaction_read_only"]
        self.settings["lock_timeout"] = PATIENCE
        self.queues: dict[int, deque[Waiting]] = defaultdict(deque)
        self.working: dict[int, asyncio.Task[None]] = {}

    async def done(self, school_id: int, sql: str, values: Sequence[Any]) -> Sequence[Any]:
        """The row that the statement always gives.

        Raises asyncpg.PostgresError where the database refused what it was given, or that it came
        second, or must wait: then nothing is written. ServiceUnavailable if the database cannot be
        used, as OutcomeUnknown if it went away while the command was under way."""
        self.availability.require(writing=True)
        one = Waiting(sql, values, asyncio.get_running_loop().create_future())
        self.queues[school_id].append(one)
        if school_id not in self.working:
            self.working[school_id] = asyncio.create_task(self.work(school_id))
        return await one.told

    async def work(self, school_id: int) -> None:
        """Do what waits in a school, until nothing does."""
        queue, some = self.queues[school_id], list[Waiting]()
        try:
            while queue:
                some = [queue.popleft()]
                while queue and queue[0].sql == some[0].sql and len(some) < TOGETHER:
                    some.append(queue.popleft())
                await self.together(school_id, some)
        except BaseException as end:  # nobody shall wait for what will not come
            for one in (*some, *queue):
                one.fail(end)
            raise
        finally:
            del self.queues[school_id], self.working[school_id]

    async def together(self, school_id: int, some: Sequence[Waiting]) -> None:
        """Do commands of one kind in one transaction, and tell what became of them."""
        try:
            found = await self.rows(school_id, some[0].sql, [one.values for one in some])
        except Exception as failure:
            if len(some) > 1 and isinstance(failure, Refused):
                for one in some:
                    await self.together(school_id, [one])
                return
            for one in some:
                one.fail((isinstance(failure, Refused) and failure.__cause__) or failure)
            return
        for one, row in zip(some, found, strict=True):
            one.tell(row)

    async def rows(
        self, school_id: int, sql: str, many: Sequence[Sequence[Any]]
    ) -> Sequence[Sequence[Any]]:
        """A row for each. Raises Refused where nothing was written, ServiceUnavailable where the
        database cannot be used, OutcomeUnknown where nobody knows whether it was written."""
        connection = await self.taken(school_id)
        sent = False
        try:
            statement = connection.statements.get(sql) or await connection.prepared(sql)
            sent = True
            found: Sequence[Sequence[Any]] = await statement.fetchmany(many)
        except BaseException as failure:
            self.put_away(school_id, connection, failure)
            if refusal := self.availability.refusal(failure, committing=sent):
                raise refusal from failure
            if isinstance(failure, asyncpg.PostgresError):
                raise Refused from failure
            raise
        self.given_back(school_id, connection)
        return found


class Refused(Exception):
    """The database said no, and is ready for another."""
