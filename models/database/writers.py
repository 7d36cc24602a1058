"""Connections for commands that are one statement each.

Commands of one school run one after another, because each takes the next numbers of the school's
logs. Equal statements that wait meanwhile are sent together and written in one transaction, because
a commit takes longer than most commands. If the database refuses one of them, each is repeated
alone, so that no command fails because of another.
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
"""The most commands that are written in one transaction."""
PATIENCE = "50ms"
"""The lock timeout of these sessions. Use cases lock the row of the logs last, while the first
command of a joint transaction has locked it before the second starts. Two that wait for each other
would deadlock; after this time the command gives up and goes to its use case."""


@dataclass(slots=True)
class PendingCommand:
    """A command that waits, with the statement of its lock and the future of its row."""

    sql: str
    values: Sequence[Any]
    lock: tuple[str, Sequence[Any]] | None
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
        # Deleted, not set to off: a database that its operator made read-only must stay read-only.
        del self.settings["default_transaction_read_only"]
        self.settings["lock_timeout"] = PATIENCE
        self.queues: dict[int, deque[PendingCommand]] = defaultdict(deque)
        self.working: dict[int, asyncio.Task[None]] = {}

    async def write(
        self, school_id: int, sql: str, values: Sequence[Any],
        *, lock: tuple[str, Sequence[Any]] | None = None,
    ) -> Sequence[Any]:  # fmt: skip
        """Run a command and return the row that its statement always gives.

        lock: A statement, with its values, that locks what the command needs. It runs before, in
            the same transaction.

        Raises asyncpg.PostgresError where the database refused the values, or another transaction
        was first, or a lock was not free in time: then nothing is written. Raises
        ServiceUnavailable if the database cannot be used, and OutcomeUnknown if it went away
        while the command was under way.
        """
        self.availability.require(writing=True)
        one = PendingCommand(sql, values, lock, asyncio.get_running_loop().create_future())
        self.queues[school_id].append(one)
        if school_id not in self.working:
            self.working[school_id] = asyncio.create_task(self.work(school_id))
        return await one.told

    async def work(self, school_id: int) -> None:
        """Run the waiting commands of a school until none is left."""
        queue, some = self.queues[school_id], list[PendingCommand]()
        try:
            while queue:
                some = [queue.popleft()]
                while queue and may_join(queue[0], some):
                    some.append(queue.popleft())
                await self.write_together(school_id, some)
        except BaseException as end:  # else their callers would wait for ever
            for one in (*some, *queue):
                one.fail(end)
            raise
        finally:
            del self.queues[school_id], self.working[school_id]

    async def write_together(self, school_id: int, some: Sequence[PendingCommand]) -> None:
        """Run equal statements in one transaction and give each command its row or its failure."""
        try:
            found = await self.fetch_rows(school_id, some)
        except Exception as failure:
            if len(some) > 1 and isinstance(failure, Refused):
                for one in some:
                    await self.write_together(school_id, [one])
                return
            for one in some:
                one.fail((isinstance(failure, Refused) and failure.__cause__) or failure)
            return
        for one, row in zip(some, found, strict=True):
            one.tell(row)

    async def fetch_rows(
        self, school_id: int, some: Sequence[PendingCommand]
    ) -> Sequence[Sequence[Any]]:
        """Run equal statements in one transaction and return a row for each. Raises Refused where
        nothing was written, ServiceUnavailable where the database cannot be used, OutcomeUnknown
        where it cannot be known whether the rows were written."""
        connection = await self.take(school_id)
        sent = False
        try:
            statement = await connection.find_or_prepare(some[0].sql)
            many = [one.values for one in some]
            if some[0].lock is None:
                sent = True
                found: Sequence[Sequence[Any]] = await statement.fetchmany(many)
            else:
                locking = await connection.find_or_prepare(some[0].lock[0])
                async with connection.session.transaction():
                    await locking.fetchrow(*some[0].lock[1])
                    found = await statement.fetchmany(many)
                    sent = True
        except BaseException as failure:
            self.put_away(school_id, connection, failure)
            if refusal := self.availability.refusal(failure, committing=sent):
                raise refusal from failure
            if isinstance(failure, asyncpg.PostgresError):
                raise Refused from failure
            raise
        self.give_back(school_id, connection)
        return found


def may_join(one: PendingCommand, others: Sequence[PendingCommand]) -> bool:
    """Whether a command may be written in the transaction of others. One with a lock runs alone:
    two that hold several locks could wait for each other (deadlock)."""
    fits = one.sql == others[0].sql and len(others) < TOGETHER
    return fits and one.lock is None


class Refused(Exception):
    """The database refused a statement and is ready for another."""
