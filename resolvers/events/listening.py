"""Listening: telling one listener of events, one after the other, as they take them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias, TypeVar

from models.base import Id
from models.events import EventKind
from models.people.students import Student
from models.problems import ServiceUnavailable, Unauthenticated
from resolvers.core.context import Caller, Ctx
from resolvers.core.identify import school_of
from resolvers.events.hearing import Allowed, Court, Denied, Ear, Question, judged
from resolvers.events.log import Log
from resolvers.services.events.entries import Cursor, Entry
from resolvers.services.events.tail import Missed, MissedReason

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Heard:
    """What every event says of itself.

    cursor: Names this event: for `after`, and to know it if it comes twice.
    occurred_at: When it happened, or came into view.
    kind: What happened.
    """

    cursor: str
    occurred_at: datetime
    kind: EventKind


@dataclass(frozen=True, slots=True)
class EventsMissed:
    """Events may have been missed: read anew what you show. The stream goes on after it.

    reason: Why.
    cursor: Where the stream goes on from.
    """

    reason: MissedReason
    cursor: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event, and a Ctx of the listener as they were when it was judged: what is asked of the
    event beyond its own row is read in it, under their policy. Whoever answers takes a turn, and
    closes the Ctx before the answer is sent: a slow client keeps nobody waiting."""

    event: Any
    ctx: Ctx


Stream: TypeAlias = AsyncIterator[Delivery]


@dataclass(frozen=True, slots=True)
class Listener:
    """Who listens to what; `whose` as with `Question`."""

    caller: Caller
    token: str
    court: Court
    ear: Ear
    whose: int

    async def ask(self, entry: Entry | None = None) -> Allowed | Denied:
        turns = self.caller.services.tails.turns
        return await turns.together(
            judged, self.court, Question(self.token, self.ear, self.whose, entry)
        )

    async def still(self, entry: Entry | None = None) -> Allowed:
        """What an entry is to them; while the database is away, they wait for it. Raises
        TokenEnded, AccessRevoked."""
        if isinstance(answer := await self.patiently(lambda: self.ask(entry)), Denied):
            raise answer.later
        return answer

    async def patiently(self, ask: Callable[[], Awaitable[T]]) -> T:
        """An answer, asked for again and again while the database is away: a stream goes on by
        itself where it was."""
        while True:
            unless_cancelled()
            try:
                return await ask()
            except ServiceUnavailable:
                await self.caller.services.availability.wait_until_usable()


async def listen(
    ctx: Ctx, ear: Ear, after: str | None, student_id: Id[Student] | None = None
) -> Stream:
    """What happens from now on, or from after a cursor. Raises BadUserInput, Forbidden, NotFound
    before the first event; TokenEnded and AccessRevoked at any later one."""
    caller, services = ctx.caller, ctx.caller.services  # not `ctx`: it lasts as long as the stream
    token, school_id = caller.token, school_of(caller.token)
    if token is None or school_id is None:
        raise Unauthenticated
    # A student of another school has a number that means nobody here.
    whose = student_id.key if student_id and student_id.school_id == school_id else 0
    court = Court(services.engine, school_id, services.now)
    listener = Listener(caller, token, court, ear, whose)
    if isinstance(answer := await listener.ask(), Denied):
        raise answer.first
    start = Cursor.parse(after, school_id) if after is not None else None
    log, interest = Log(services.engine, school_id), ear.interest(answer.actor, whose)
    async with services.tails.reader(log, interest, services.now, start) as reader:
        while True:
            try:
                entries = await listener.patiently(reader.batch)
            except Missed as lost:
                missed = EventsMissed(lost.reason, str(reader.tail.cursor))
                async with caller.open((await listener.still()).actor) as fresh:
                    yield Delivery(missed, fresh)
                continue
            for entry in entries or (None,):  # who has been told nothing is looked at again
                allowed = await listener.still(entry)
                if allowed.event is not None:
                    async with caller.open(allowed.actor) as fresh:
                        yield Delivery(allowed.event, fresh)


def unless_cancelled() -> None:
    """A listener waits for ever, so one whose cancelling was lost in a library would never end:
    Python's `wait_for` loses it before 3.12 if what it waits for comes at the same moment."""
    if (task := asyncio.current_task()) and task.cancelling():
        raise asyncio.CancelledError
