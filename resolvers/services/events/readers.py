"""The readers of event logs, for all subscribers of this process.

A subscriber is a place in the log, not a queue. All share a ring of recent events; a reader that is
behind the ring reads the missing events from the table. This module does not check rights.
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
"""The number of events that a reader returns at once."""


@dataclass
class Reader:
    """A subscriber's place in the log.

    start: The cursor to start from; None after it was checked.
    """

    tail: Tail
    turns: Turns
    interest: Interest
    start: Cursor | None
    seq: int
    life: int

    async def batch(self) -> Sequence[Entry]:
        """Return the next events of interest in order; none if it is time to check the subscriber
        again. Raises Missed once, and then goes on from the end of the log."""
        try:
            await self._begin()
            if found := await self._find_entries():
                return found
            with suppress(TimeoutError):
                async with asyncio.timeout(self._find_pause()):
                    self.seq = max(self.seq, await self.tail.wait_for_news(self.interest))
            return await self._find_entries()
        except Missed:
            self.seq, self.life = self.tail.head, self.tail.life
            raise

    def _find_pause(self) -> float:
        """Return the seconds until the subscriber is checked again. All are checked at the same
        time, as a check of many costs little more than of one."""
        recheck = self.tail.pace.recheck
        return recheck - asyncio.get_running_loop().time() % recheck

    async def _begin(self) -> None:
        if (start := self.start) is None:
            return
        reason = await self._check_start(start) if start != self.tail.cursor else None
        self.start = None  # only now: a failed check is repeated
        if reason:
            raise Missed(reason)
        self.seq = start.seq

    async def _check_start(self, start: Cursor) -> MissedReason | None:
        if known := self.tail.entry(start.seq):
            same = known.fingerprint == start.fingerprint
            return None if same else MissedReason.UNKNOWN_CURSOR
        async with self.turns.turn():
            return await self.tail.source.check_cursor(start)

    async def _find_entries(self) -> Sequence[Entry]:
        tail = self.tail
        while self.life == tail.life and self.seq < tail.floor:
            if found := await self._read_page():
                return found
        if self.life != tail.life:
            raise Missed(MissedReason.UNKNOWN_CURSOR)
        fitting = filter(self.interest.covers, tail.entries_after(self.seq))
        found = list(islice(fitting, BATCH))
        self.seq = found[-1].seq if len(found) == BATCH else max(self.seq, tail.head)
        return found

    async def _read_page(self) -> Sequence[Entry]:
        """Read events that the ring no longer has."""
        tail, pace = self.tail, self.tail.pace
        place, upto, oldest = self.seq, tail.head, tail.now() - pace.retention
        async with self.turns.turn():
            found, reach = await tail.source.read_page(self.interest, place, upto, BATCH)
            # After reading: otherwise events could be deleted in between unnoticed.
            if lack := await tail.source.find_gap(self.interest, place, upto, oldest, pace.backlog):
                raise Missed(lack)
        self.seq = reach
        return found


class EventTails:
    """The tails of all logs that have subscribers in this process.

    connections: The most database connections that subscribers may use at once.
    """

    def __init__(self, pace: Pace | None = None, connections: int = 5) -> None:
        self.pace, self.turns = pace or Pace(), Turns(connections)
        self._tails: dict[int, Tail] = {}

    @property
    def listeners(self) -> int:
        """The number of subscribers."""
        return sum(tail.readers for tail in self._tails.values())

    @property
    def silence(self) -> float:
        """The seconds since the last read, of the log that was read longest ago; 0 without
        subscribers."""
        now = time.monotonic()
        return max((now - tail.read for tail in self._tails.values()), default=0.0)

    def wake(self, school_id: int) -> None:
        """Wake the tail of a school's log. It is called after each commit of this process; a bus
        may call it for commits of other processes. A lost call delays events by one poll."""
        if tail := self._tails.get(school_id):
            tail.woken.set()

    @asynccontextmanager
    async def open_reader(
        self,
        source: Source,
        interest: Interest,
        now: Callable[[], datetime],
        start: Cursor | None = None,
    ) -> AsyncIterator[Reader]:
        """Open a reader after the cursor, or at the end of the log. The first reader of a school
        starts its tail, the last one ends it."""
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
