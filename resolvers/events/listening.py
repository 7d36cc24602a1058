"""Listening: whom to tell of an event, judged anew for each one and for each listener."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import select

from auth.rights import Right
from models.access.accounts import Account, AccountStatus
from models.access.sessions import Session
from models.events import EventKind
from models.problems import Forbidden, NotFound, Unauthenticated
from resolvers.access.identify import hashed, school_of
from resolvers.context import Caller, Ctx, stand_in
from resolvers.events.entries import Cursor, Entry, Interest
from resolvers.events.log import Log
from resolvers.events.problems import AccessRevoked, SessionEnded
from resolvers.events.tail import Missed, MissedReason


@dataclass(frozen=True, slots=True)
class Heard:
    """What every event says of itself.

    cursor: Names this event: for `after`, and to know it if it comes twice.
    occurred_at: When it happened.
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
    """An event and the Ctx it was judged in: what is asked of it is read in the same snapshot of
    the database, so nobody is told what they could not hear of. Whoever answers it closes the Ctx
    before the answer is sent: a slow client keeps no connection waiting."""

    event: Any
    ctx: Ctx


@dataclass(frozen=True, slots=True)
class Ear:
    """How a stream listens.

    right: Without it there is nothing to hear; when it ends, the stream does.
    reaches: Whether what is listened to is in the listener's reach.
    told: What an event is to the listener; None when it is not for them.
    """

    right: Right
    interest: Callable[[Ctx], Interest]
    reaches: Callable[[Ctx], Awaitable[bool]]
    told: Callable[[Ctx, Entry], Awaitable[Any]]


Stream: TypeAlias = AsyncIterator[Delivery]


async def listen(ctx: Ctx, ear: Ear, after: str | None, coordinate: str) -> Stream:
    """What happens from now on, or from after a cursor. Raises BadUserInput, Forbidden, NotFound
    before the first event; SessionEnded and AccessRevoked at any later one."""
    caller, services = ctx.caller, ctx.caller.services
    async with caller.open() as first:  # not `ctx`: what is open lasts as long as the stream
        actor = await first.identified()
        if ear.right not in actor.rights:
            raise Forbidden(coordinate=coordinate, requires=ear.right.value)
        if not await ear.reaches(first):
            raise NotFound
        interest = ear.interest(first)
    start = Cursor.parse(after, actor.school_id) if after is not None else None
    log = Log(services.engine, actor.school_id)
    async with services.tails.reader(log, interest, caller.now, start) as reader:
        while True:
            try:
                batch = await reader.batch(services.tails.pace.recheck)
            except Missed as lost:
                missed = EventsMissed(lost.reason, str(reader.tail.cursor))
                async with standing(caller, ear) as fresh:
                    yield Delivery(missed, fresh)
                continue
            if not batch:
                await still_standing(caller, ear)
            for entry in batch:
                async with standing(caller, ear) as fresh:
                    if (event := await ear.told(fresh, entry)) is not None:
                        yield Delivery(event, fresh)


async def still_standing(caller: Caller, ear: Ear) -> None:
    """For who has been told nothing for a while. Raises SessionEnded, AccessRevoked."""
    async with standing(caller, ear) as fresh:
        if not await ear.reaches(fresh):
            raise AccessRevoked


@asynccontextmanager
async def standing(caller: Caller, ear: Ear) -> AsyncIterator[Ctx]:
    """A fresh Ctx of a listener who may still listen. Raises SessionEnded, AccessRevoked."""
    async with caller.open() as ctx:
        try:
            actor = await ctx.identified()
        except Unauthenticated:
            raise await ending(ctx) from None
        if ear.right not in actor.rights:
            raise AccessRevoked
        yield ctx


async def ending(ctx: Ctx) -> SessionEnded | AccessRevoked:
    """Why someone is known no more: the session is over, or only the role it worked in."""
    token, now = ctx.caller.token or "", ctx.caller.now()
    school_id = school_of(token) or 0
    await ctx.session.rollback()
    await stand_in(ctx.session, school_id)
    # Not through `visible`: who asks is nobody any more.
    alive = select(Session.id).join(
        Account, (Account.school_id == Session.school_id) & (Account.id == Session.account_id)
    )
    alive = alive.where(
        Session.school_id == school_id,
        Session.access_hash == hashed(token),
        Session.access_expires_at > now,
        Session.revoked_at.is_(None),
        Account.status == AccountStatus.ACTIVE,
    )
    return AccessRevoked() if await ctx.session.scalar(alive) else SessionEnded()
