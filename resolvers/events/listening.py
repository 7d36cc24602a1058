"""Subscriptions: the stream of events for one subscriber, at the speed at which they read."""

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
from resolvers.events.hearing import (
    Allowed,
    Denied,
    Question,
    SchoolDatabase,
    StreamSpec,
    authorise,
)
from resolvers.events.log import EventLog
from resolvers.services.events.entries import Cursor, Entry
from resolvers.services.events.tail import Missed, MissedReason

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class EventFields:
    """The fields of every event.

    cursor: The place of the event in the log, for `after`. It is equal if an event comes twice.
    occurred_at: The time when it happened, or came into view.
    kind: The kind of the event.
    """

    cursor: str
    occurred_at: datetime
    kind: EventKind


@dataclass(frozen=True, slots=True)
class EventsMissed:
    """Events may have been missed: read again what you show. The stream goes on after it.

    reason: The reason.
    cursor: The place from which the stream goes on.
    """

    reason: MissedReason
    cursor: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event, with a Ctx of the subscriber as of its authorisation, in which all beyond the
    event's own row is read. The executor takes a turn for that, and closes the Ctx before it sends
    the answer: otherwise a slow client would hold a database session."""

    event: Any
    ctx: Ctx


Stream: TypeAlias = AsyncIterator[Delivery]


@dataclass(frozen=True, slots=True)
class Listener:
    """A subscriber of a stream; `whose` as in `Question`."""

    caller: Caller
    token: str
    court: SchoolDatabase
    ear: StreamSpec
    whose: int

    async def ask(self, entry: Entry | None = None) -> Allowed | Denied:
        turns = self.caller.services.tails.turns
        return await turns.ask_together(
            authorise, self.court, Question(self.token, self.ear, self.whose, entry)
        )

    async def allow(self, entry: Entry | None = None) -> Allowed:
        """Return the event of an entry for a running stream. Wait while the database is
        unavailable. Raises TokenEnded, AccessRevoked."""
        if isinstance(answer := await self.retry(lambda: self.ask(entry)), Denied):
            raise answer.later
        return answer

    async def retry(self, ask: Callable[[], Awaitable[T]]) -> T:
        """Ask until the database is available, so that a stream goes on by itself."""
        while True:
            raise_if_cancelled()
            try:
                return await ask()
            except ServiceUnavailable:
                await self.caller.services.availability.wait_until_usable()


async def listen(
    ctx: Ctx, ear: StreamSpec, after: str | None, student_id: Id[Student] | None = None
) -> Stream:
    """Yield the events from now on, or after a cursor. Raises BadUserInput, Forbidden, NotFound
    before the first event; TokenEnded and AccessRevoked at any later one."""
    caller, services = ctx.caller, ctx.caller.services  # `ctx` would live as long as the stream
    token, school_id = caller.token, school_of(caller.token)
    if token is None or school_id is None:
        raise Unauthenticated
    # The number of a student of another school would mean another student here.
    whose = student_id.key if student_id and student_id.school_id == school_id else 0
    court = SchoolDatabase(services.engine, school_id, services.now)
    listener = Listener(caller, token, court, ear, whose)
    if isinstance(answer := await listener.ask(), Denied):
        raise answer.first
    start = Cursor.parse(after, school_id) if after is not None else None
    log, interest = EventLog(services.engine, school_id), ear.interest(answer.actor, whose)
    async with services.tails.open_reader(log, interest, services.now, start) as reader:
        while True:
            try:
                entries = await listener.retry(reader.batch)
            except Missed as lost:
                missed = EventsMissed(lost.reason, str(reader.tail.cursor))
                async with caller.open((await listener.allow()).actor) as fresh:
                    yield Delivery(missed, fresh)
                continue
            for entry in entries or (None,):  # without an entry the right alone is checked again
                allowed = await listener.allow(entry)
                if allowed.event is not None:
                    async with caller.open(allowed.actor) as fresh:
                        yield Delivery(allowed.event, fresh)


def raise_if_cancelled() -> None:
    """Raise CancelledError if the task was cancelled. Otherwise a subscriber could wait for ever:
    before Python 3.12 `wait_for` loses a cancellation if its result comes at the same moment."""
    if (task := asyncio.current_task()) and task.cancelling():
        raise asyncio.CancelledError
