"""Following a school's log: one task reads the table for all subscribers of this process."""

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from itertools import count
from typing import Protocol

from models.problems import ServiceUnavailable
from resolvers.services.events.entries import Cursor, Entry, Interest, cursor_at

log = logging.getLogger("gorod.events")

AT_ONCE = 500
"""The number of events that one statement reads."""
SOON = 0.01
"""The shortest pause in seconds, for overdue events. Without it the loop would not pause."""
CLEARING = timedelta(hours=1)
"""The interval between deletions of old events."""


class MissedReason(Enum):
    """The reason why events may have been missed.

    TOO_OLD: Some events after the cursor were older than the retention.
    TOO_MANY: There were more events after it than are sent one by one.
    UNKNOWN_CURSOR: The log does not have it: the school's data were restored from a backup.
    """

    TOO_OLD = "TOO_OLD"
    TOO_MANY = "TOO_MANY"
    UNKNOWN_CURSOR = "UNKNOWN_CURSOR"


class Missed(Exception):
    """A subscriber cannot get all events after their place in the log."""

    def __init__(self, reason: MissedReason) -> None:
        super().__init__(reason.name)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Pace:
    """The intervals and limits of following a log.

    poll: Seconds between reads of the log, unless a commit wakes the tail.
    recheck: Seconds after which a subscriber without events is authorised again.
    retention: The time for which events are kept for subscribers that reconnect.
    backlog: The most events that a reader behind the ring may have missed.
    ring: The number of recent events in memory per school; at least 1.
    """

    poll: float = 0.5
    recheck: float = 5.0
    retention: timedelta = timedelta(days=7)
    backlog: int = 10_000
    ring: int = 1_000


class Source(Protocol):
    """The log of one school, as the tail needs it."""

    @property
    def school_id(self) -> int:
        """The school."""

    async def read_pulse(self, now: datetime) -> tuple[int, datetime | None]:
        """Make events of all that is due. Return the number of the newest event, and the time of
        the next one that is scheduled."""

    async def read_recent(self, most: int) -> list[Entry]:
        """Return the newest events in order."""

    async def read_since(self, seq: int, most: int) -> list[Entry]:
        """Return the events from this number on, in order."""

    async def read_page(
        self, interest: Interest, after: int, upto: int, most: int
    ) -> tuple[list[Entry], int]:
        """Return the events of an interest after one number and up to another, with the number up
        to which they are complete."""

    async def check_cursor(self, cursor: Cursor) -> MissedReason | None:
        """Return why a reader cannot start from the cursor; None if its event is in the log."""

    async def find_gap(
        self, interest: Interest, after: int, upto: int, oldest: datetime, most: int
    ) -> MissedReason | None:
        """Return why events after one number and up to another are missing; None if none is."""

    async def clear(self, oldest: datetime) -> bool:
        """Delete some older events; return whether there are more."""


class Tail:
    """The end of a school's log."""

    def __init__(self, source: Source, pace: Pace, now: Callable[[], datetime]) -> None:
        self.source, self.pace, self.now = source, pace, now
        self.entries: list[Entry] = []
        """The ring: without gaps, the newest last."""
        self.newest: Entry | None = None
        self.floor = 0
        """The number before the first event in the ring."""
        self.life = 0
        """The number of times that the log was replaced by another one."""
        self.readers = 0
        self.due: datetime | None = None
        """The time of the next scheduled event."""
        self.cleared: datetime | None = None
        """The time of the last deletion of old events."""
        self.read = time.monotonic()
        """The time of the last read of the log, or of the start."""
        self.woken, self.ready = asyncio.Event(), asyncio.Event()
        self._waiting: dict[Interest, set[asyncio.Future[int]]] = defaultdict(set)
        self._closing = False
        self._task = asyncio.create_task(self._follow())

    @property
    def head(self) -> int:
        return self.newest.seq if self.newest else 0

    @property
    def cursor(self) -> Cursor:
        return cursor_at(self.source.school_id, self.newest)

    def entries_after(self, seq: int) -> Sequence[Entry]:
        """Return the events of the ring after this number, which must not be before its floor."""
        return self.entries[seq - self.floor :]

    def entry(self, seq: int) -> Entry | None:
        """Return the event of this number, if the ring has it."""
        return self.entries[seq - self.floor - 1] if self.floor < seq <= self.head else None

    async def wait_for_news(self, interest: Interest) -> int:
        """Wait for an event of interest; return the number before it."""
        told: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._waiting[interest].add(told)
        try:
            return await told
        finally:
            self._waiting[interest].discard(told)
            if not self._waiting[interest]:
                del self._waiting[interest]

    async def close(self) -> None:
        """End the task after its current statement: a cancelled one would cost a connection."""
        self._closing = True
        self.woken.set()
        await asyncio.wait({self._task})

    async def _follow(self) -> None:
        while not self._closing:
            self.woken.clear()  # before reading, or a commit meanwhile would wait for the next poll
            try:
                await self._read()
                self.read = time.monotonic()
                self.ready.set()
                await self._clear()
            except ServiceUnavailable:  # logged once elsewhere, not at each poll
                self.due = None
            except Exception:  # without a retry, subscribers would never get an event again
                self.due = None
                log.warning("the log of events cannot be read", exc_info=True)
            with suppress(TimeoutError):
                async with asyncio.timeout(self._pause()):
                    await self.woken.wait()

    def _pause(self) -> float:
        """Return the seconds until the next read."""
        if self.due is None:
            return self.pace.poll
        return min(self.pace.poll, max(SOON, (self.due - self.now()).total_seconds()))

    async def _read(self) -> None:
        head, self.due = await self.source.read_pulse(self.now())
        known = self.ready.is_set()
        if known and (head == self.head or await self._read_new()):
            return
        self._begin_at(await self.source.read_recent(self.pace.ring))

    async def _clear(self) -> None:
        now = self.now()
        if self.cleared is None or now - self.cleared >= CLEARING:
            if await self.source.clear(now - self.pace.retention):
                self.woken.set()  # delete more soon, after reading new events
            else:
                self.cleared = now

    async def _read_new(self) -> bool:
        """Read new events; return whether the log continues. The newest known event is read again:
        if it differs or is missing, the log was replaced."""
        while True:
            known = [self.newest] if self.newest else []
            found = await self.source.read_since(self.head, AT_ONCE)
            new = found[len(known) :]
            if found[: len(known)] != known or not is_in_turn(self.head, new):
                return False
            self._take(new)
            if len(found) < AT_ONCE:
                return True

    def _begin_at(self, recent: Sequence[Entry]) -> None:
        """Begin a log with these events in the ring. After a restart all subscribers reconnect at
        once, and need not read them from the table one by one."""
        self.life += 1
        self.newest = recent[-1] if recent else None
        self.floor = self.head - count_unbroken(recent, self.now() - self.pace.retention)
        self.entries = list(recent[len(recent) - (self.head - self.floor) :])
        for interest in list(self._waiting):
            self._tell(interest, self.head)

    def _take(self, new: Sequence[Entry]) -> None:
        if not new:
            return
        self.entries += new
        self.newest = new[-1]
        if (surplus := len(self.entries) - self.pace.ring) > self.pace.ring:
            self.floor += surplus
            del self.entries[:surplus]
        for entry in new:
            for interest in entry.interests():
                self._tell(interest, entry.seq - 1)

    def _tell(self, interest: Interest, seq: int) -> None:
        """Wake the subscribers of an interest with the number before its first event."""
        for told in self._waiting.get(interest, ()):
            if not told.done():
                told.set_result(seq)


def is_in_turn(head: int, new: Sequence[Entry]) -> bool:
    """Whether the numbers continue without a gap."""
    return all(entry.seq == number for number, entry in enumerate(new, start=head + 1))


def count_unbroken(recent: Sequence[Entry], oldest: datetime) -> int:
    """Count the newest events that are not too old and have no gap."""
    number = 0
    for entry, seq in zip(reversed(recent), count(recent[-1].seq if recent else 0, -1)):
        if entry.seq != seq or entry.at < oldest:
            break
        number += 1
    return number
