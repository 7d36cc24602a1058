"""Following a school's log: one reader of the table for all who listen in this process."""

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
"""How many events are read from the table by one statement."""
SOON = 0.01
"""Seconds, at the least, until what should have happened by now is looked for again."""
CLEARING = timedelta(hours=1)
"""How often events that are too old are cleared away."""


class MissedReason(Enum):
    """Why events may have been missed.

    TOO_OLD: Some of what came after the cursor is older than events are kept for.
    TOO_MANY: More came after it than are told one by one.
    UNKNOWN_CURSOR: The log does not know it: the school's data were restored from a backup.
    """

    TOO_OLD = "TOO_OLD"
    TOO_MANY = "TOO_MANY"
    UNKNOWN_CURSOR = "UNKNOWN_CURSOR"


class Missed(Exception):
    """A listener cannot be told everything that came after their place in the log."""

    def __init__(self, reason: MissedReason) -> None:
        super().__init__(reason.name)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Pace:
    """How events are followed.

    poll: Seconds between looks at the log when nobody says that there is something new in it.
    recheck: Seconds after which a listener who was told nothing is looked at again.
    retention: How long after an event one can still go on from before it.
    backlog: How many events one can be behind who is behind the ring.
    ring: How many recent events are kept in memory for each school that is listened to; at least 1.
    """

    poll: float = 0.5
    recheck: float = 5.0
    retention: timedelta = timedelta(days=7)
    backlog: int = 10_000
    ring: int = 1_000


class Source(Protocol):
    """Where the log of one school is read."""

    @property
    def school_id(self) -> int:
        """Which school."""

    async def pulse(self, now: datetime) -> tuple[int, datetime | None]:
        """Make events of what is due. The number of the newest event, and when more will be due."""

    async def recent(self, most: int) -> list[Entry]:
        """The newest events, in order."""

    async def since(self, seq: int, most: int) -> list[Entry]:
        """Events from this number on, in order."""

    async def page(
        self, interest: Interest, after: int, upto: int, most: int
    ) -> tuple[list[Entry], int]:
        """Events of an interest after one number and up to another, and how far they reach."""

    async def doubt(self, cursor: Cursor) -> MissedReason | None:
        """Why one cannot go on from the cursor; None if it points at an event of the log."""

    async def lack(
        self, interest: Interest, after: int, upto: int, oldest: datetime, most: int
    ) -> MissedReason | None:
        """Why one cannot be told all after one number and up to another; None if one can."""

    async def clear(self, oldest: datetime) -> bool:
        """Clear away some of the events that are older; whether there are more of them."""


class Tail:
    """The end of a school's log."""

    def __init__(self, source: Source, pace: Pace, now: Callable[[], datetime]) -> None:
        self.source, self.pace, self.now = source, pace, now
        self.entries: list[Entry] = []
        """The ring: without gaps, the newest last."""
        self.newest: Entry | None = None
        self.floor = 0
        """The number before the first in the ring."""
        self.life = 0
        """Counts how often the log turned out to be another one than before."""
        self.readers = 0
        self.due: datetime | None = None
        """When something will come into view."""
        self.cleared: datetime | None = None
        """When what was too old was cleared away."""
        self.read = time.monotonic()
        """When the log was read last, or its reading began."""
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

    def after(self, seq: int) -> Sequence[Entry]:
        """What the ring has after this number, which must not lie before its floor."""
        return self.entries[seq - self.floor :]

    def entry(self, seq: int) -> Entry | None:
        """The event of this number, if the ring has it."""
        return self.entries[seq - self.floor - 1] if self.floor < seq <= self.head else None

    async def news(self, interest: Interest) -> int:
        """Wait for something of interest; the number after which it is to be found."""
        told: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._waiting[interest].add(told)
        try:
            return await told
        finally:
            self._waiting[interest].discard(told)
            if not self._waiting[interest]:
                del self._waiting[interest]

    async def close(self) -> None:
        """Let it finish what it is reading: a statement cut short costs a connection."""
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
            except ServiceUnavailable:  # the log says so once, not at each look
                self.due = None
            except Exception:  # whatever it is, it must not leave listeners deaf for good
                self.due = None
                log.warning("the log of events cannot be read", exc_info=True)
            with suppress(TimeoutError):
                async with asyncio.timeout(self._pause()):
                    await self.woken.wait()

    def _pause(self) -> float:
        """Seconds until there may be something new."""
        if self.due is None:
            return self.pace.poll
        return min(self.pace.poll, max(SOON, (self.due - self.now()).total_seconds()))

    async def _read(self) -> None:
        head, self.due = await self.source.pulse(self.now())
        known = self.ready.is_set()
        if known and (head == self.head or await self._went_on()):
            return
        self._begin_at(await self.source.recent(self.pace.ring))

    async def _clear(self) -> None:
        now = self.now()
        if self.cleared is None or now - self.cleared >= CLEARING:
            if await self.source.clear(now - self.pace.retention):
                self.woken.set()  # and on with it, but first of all with what is new
            else:
                self.cleared = now

    async def _went_on(self) -> bool:
        """Read what is new. The newest event known is read again with it: if it is another one by
        now, or gone, the log is not the one that listeners have heard so far."""
        while True:
            known = [self.newest] if self.newest else []
            found = await self.source.since(self.head, AT_ONCE)
            new = found[len(known) :]
            if found[: len(known)] != known or not in_turn(self.head, new):
                return False
            self._take(new)
            if len(found) < AT_ONCE:
                return True

    def _begin_at(self, recent: Sequence[Entry]) -> None:
        """With these in the ring, so that those who come back after a restart, all at once, need
        not read them one by one."""
        self.life += 1
        self.newest = recent[-1] if recent else None
        self.floor = self.head - unbroken(recent, self.now() - self.pace.retention)
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
        """Only those are woken whom it may interest; the first that does says where to look."""
        for told in self._waiting.get(interest, ()):
            if not told.done():
                told.set_result(seq)


def in_turn(head: int, new: Sequence[Entry]) -> bool:
    """Whether numbers go on without a gap."""
    return all(entry.seq == number for number, entry in enumerate(new, start=head + 1))


def unbroken(recent: Sequence[Entry], oldest: datetime) -> int:
    """How many of the newest events are not too old, and without a gap."""
    number = 0
    for entry, seq in zip(reversed(recent), count(recent[-1].seq if recent else 0, -1)):
        if entry.seq != seq or entry.at < oldest:
            break
        number += 1
    return number
