"""Places in the logs, for all who listen in this process.

A listener is a place in the log, not a queue. Recent events lie in a ring all listeners share;
one who is behind it reads what is missing from the table. Nothing here knows who may hear what.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from resolvers.services.events.entries import Cursor, Entry, Interest
from resolvers.services.events.tail import Missed, MissedReason, Pace, Source, Tail
from resolvers.services.events.turns import Turns

BATCH = 100
"""How many events a listener is given at a time."""


@dataclass
class Reader:
    """A listener's place in the log.

    start: The cursor to go on from; None once that is settled.
    """

    tail: Tail
    turns: Turns
    interest: Interest
    start: Cursor | None
    seq: int
    life: int

    async def batch(self) -> Sequence[Entry]:
        """The next events of interest, in order; none when it is time to look at the listener again
        before there were any. Raises Missed, once, and then goes on from the end of the log."""
        try:
            await self._begin()
            if found := await self._found():
                return found
            with suppress(TimeoutError):
                async with asyncio.timeout(self._patience()):  # in this task: it waits here
                    self.seq = max(self.seq, await self.tail.news(self.interest))
            return await self._found()
        except Missed:
            self.seq, self.life = self.tail.head, self.tail.life
            raise

    def _patience(self) -> float:
        """Seconds until the listener is to be looked at again: all at the same time, for what is
        asked of many at once costs little more than what is asked of one."""
        recheck = self.tail.pace.recheck
        return recheck - asyncio.get_running_loop().time() % recheck

    async def _begin(self) -> None:
        if (start := self.start) is None:
            return
        reason = await self._doubt(start) if start != self.tail.cursor else None
        self.start = None  # not before: who asked in vain asks again
        if reason:
            raise Missed(reason)
        self.seq = start.seq

    async def _doubt(self, start: Cursor) -> MissedReason | None:
        if known := self.tail.entry(start.seq):
            same = known.fingerprint == start.fingerprint
            return None if same else MissedReason.UNKNOWN_CURSOR
        async with self.turns.turn():
            return await self.tail.source.doubt(start)

    async def _found(self) -> Sequence[Entry]:
        tail = self.tail
        while self.life == tail.life and self.seq < tail.floor:
            if found := await self._page():
                return found
        if self.life != tail.life:
            raise Missed(MissedReason.UNKNOWN_CURSOR)
        fitting = filter(self.interest.covers, tail.after(self.seq))
        found = list(islice(fitting, BATCH))
        self.seq = found[-1].seq if len(found) == BATCH else max(self.seq, tail.head)
        return found

    async def _page(self) -> Sequence[Entry]:
        """What the ring has no more."""
        tail, pace = self.tail, self.tail.pace
        place, upto, oldest = self.seq, tail.head, tail.now() - pace.retention
        async with self.turns.turn():
            found, reach = await tail.source.page(self.interest, place, upto, BATCH)
            # Asked after reading, so that nothing can have been cleared away in between.
            if lack := await tail.source.lack(self.interest, place, upto, oldest, pace.backlog):
                raise Missed(lack)
        self.seq = reach
        return found


class Tails:
    """The ends of all logs that are listened to in this process.

    connections: How many of the database those who listen may use at once.
    """

    def __init__(self, pace: Pace | None = None, connections: int = 5) -> None:
        self.pace, self.turns = pace or Pace(), Turns(connections)
        self._tails: dict[int, Tail] = {}

    @property
    def listeners(self) -> int:
        """How many listen."""
        return sum(tail.readers for tail in self._tails.values())

    @property
    def silence(self) -> float:
        """Seconds since a log was read last, of the log where that is longest ago; 0 while nobody
        listens."""
        now = time.monotonic()
        return max((now - tail.read for tail in self._tails.values()), default=0.0)

    def wake(self, school_id: int) -> None:
        """Say that there is something new in the log of a school: called after each commit of this
        process, and the place for a bus to call that hears of commits of other processes. A call
        that is lost costs its listeners one poll."""
        if tail := self._tails.get(school_id):
            tail.woken.set()

    @asynccontextmanager
    async def reader(
        self,
        source: Source,
        interest: Interest,
        now: Callable[[], datetime],
        start: Cursor | None = None,
    ) -> AsyncIterator[Reader]:
        """A place in the log: after the cursor, or at its end. The first listener of a school sets
        its tail going, the last one ends it."""
        school_id = source.school_id
        tail = self._tails.get(school_id)
        if tail is None:
            tail = self._tails[school_id] = Tail(source, self.pace, now)
        tail.readers += 1
        try:
            await tail.ready.wait()
            yield Reader(tail, self.turns, interest, start, tail.head, tail.life)
        finally:
            tail.readers -= 1
            if not tail.readers:
                del self._tails[school_id]
                await tail.close()
