"""Authorisation of subscribers: checked at every event, for all subscribers together.

If a thousand parents get one notice, there are a thousand questions and only a few statements: one
identifies the viewers, one checks their sessions, and one per set of grants finds the viewers who
may read the row.
"""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

from sqlalchemy import LargeBinary, Select, TableValuedAlias, and_, any_, bindparam, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from auth.actor import Actor, PastViewers, Viewer, Viewers, viewers_of
from auth.rights import Right
from models.access.accounts import Account, AccountStatus
from models.access.sessions import Session
from models.base import OfSchool
from models.problems import Forbidden, NotFound, PasswordMustChange, Problem, Unauthenticated
from resolvers.core.context import READING, set_school
from resolvers.core.identify import hash_token, identify_all
from resolvers.core.loading import attach_joined, joins_of, of_keys
from resolvers.core.shapes import SHAPES, Via, Wanted
from resolvers.events.problems import AccessRevoked, TokenEnded
from resolvers.services.events.entries import Entry, Interest

OUT_OF_REACH = object()
"""The event of a subscriber who may no longer listen."""
EventsByPlace: TypeAlias = Mapping[int, Any]
"""The event of each subscriber of a crowd by place, from 1; None if it is not for them."""


@dataclass(frozen=True, slots=True)
class StreamSpec:
    """The declaration of a subscription field.

    coordinate: Of the field.
    right: Required; the stream ends with it.
    interest: Returns the entries of the log for an actor; `whose` as in `Question`.
    batch_by: Returns the key of entries that one statement can read together.
    tell: Returns the events of a crowd.
    otherwise: The event of subscribers that `tell` does not mention, also if there is no entry.
    """

    coordinate: str
    right: Right
    interest: Callable[[Actor, int], Interest]
    batch_by: Callable[[Entry], Hashable]
    tell: Callable[["SubscriberGroup"], Awaitable[EventsByPlace]]
    otherwise: Any = None


@dataclass(frozen=True, slots=True)
class Question:
    """The question which event an entry is for a token's holder; without an entry: whether they may
    listen.

    whose: The student whose journal they listen to; 0 in other streams.
    """

    token: str
    ear: StreamSpec
    whose: int
    entry: Entry | None


@dataclass(frozen=True, slots=True)
class Allowed:
    """The subscriber may listen.

    event: The event of the entry; None if it is not for them.
    """

    actor: Actor
    event: Any


@dataclass(frozen=True, slots=True)
class Denied:
    """The subscriber may not listen.

    first: The Problem at the beginning; later: the Problem in a running stream.
    """

    first: Problem
    later: Problem


@dataclass(frozen=True, slots=True)
class SchoolDatabase:
    """The database and school in which subscribers are authorised."""

    engine: AsyncEngine
    school_id: int
    now: Callable[[], datetime] = field(compare=False)


@dataclass(frozen=True, slots=True)
class SubscriberGroup:
    """Subscribers of a stream with the same grants, and their questions."""

    session: AsyncSession
    actors: Sequence[Actor]
    asked: Sequence[Question]

    @property
    def viewer(self) -> Viewer:
        """The viewer of all of them, for statements FROM `them`."""
        return Viewers(self.actors[0].grants, is_scoped=self.actors[0].is_scoped)

    @property
    def viewer_then(self) -> Viewer:
        """The viewer of all of them at the time of the event. Only subscribers who saw the row at
        that time get an event of a scheduled notice or mark. The others get a later event of their
        own; without this check they would get two when they read the log afterwards."""
        return PastViewers(self.actors[0].grants)

    @property
    def entry(self) -> Entry | None:
        """An entry of the questions, which are alike; None if they ask whether they may listen."""
        return self.asked[0].entry

    def entry_of(self, place: int) -> Entry:
        entry = self.asked[place - 1].entry
        assert entry is not None  # noqa: S101  # without an entry there is no event
        return entry

    def subscribers(self) -> TableValuedAlias:
        """Return a table of the subscribers: `place` from 1, the `key` of the row, `whose`, and
        `at`, the time of the event."""
        keys = [one.entry.subject.key if one.entry else 0 for one in self.asked]
        whose = [one.whose for one in self.asked]
        moments = [to_microseconds(one.entry.at) if one.entry else 0 for one in self.asked]
        return viewers_of(self.actors, key=keys, whose=whose, at=moments)

    async def lines(self, query: Select[*tuple[Any, ...]]) -> Sequence[Any]:
        return (await self.session.execute(query, self.actors[0].values)).all()

    async def rows(self, row: type[OfSchool], keys: Collection[int]) -> dict[int, Any]:
        """Return rows by id with the relations that belong to their type. They are not read through
        `visible`, as `tell` has checked who may read them. Many subscribers share them, so nothing
        of one viewer may be attached."""
        vias = [shape.path for shape in SHAPES[row].values() if isinstance(shape, Via)]
        here = row.school_id == self.actors[0].school_id
        query = select(row).where(here, of_keys(row.id, sorted(set(keys))))
        wanted = Wanted(vias=tuple(dict.fromkeys(vias)))
        joins = joins_of(self.viewer, row, wanted)
        return {
            one.id: one
            for one in attach_joined(await self.lines(joins.add_to(query)), joins.places)
        }


def to_microseconds(moment: datetime) -> int:
    """Return the exact microseconds since 1970; a float would round them."""
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


async def authorise(court: SchoolDatabase, asked: Sequence[Question]) -> list[Allowed | Denied]:
    """Answer the questions as of one moment. It is not before any event, even if another server
    with a faster clock wrote one."""
    now = max([court.now(), *(one.entry.at for one in asked if one.entry)])
    async with AsyncSession(court.engine, expire_on_commit=False) as session:
        await session.connection(execution_options=READING)
        await set_school(session, court.school_id)
        actors = await identify_all(session, court.school_id, {one.token for one in asked}, now)
        strangers = {one.token for one in asked} - actors.keys()
        alive = await find_alive(session, court.school_id, strangers, now) if strangers else set()
        answers: list[Any] = [find_denial(one, actors.get(one.token), alive) for one in asked]
        for places in group_alike(asked, actors, answers):
            them = [asked[place] for place in places]
            crowd = SubscriberGroup(session, [actors[one.token] for one in them], them)
            for place, answer in zip(places, await read_answers(crowd), strict=True):
                answers[place] = answer
    return answers


async def read_answers(crowd: SubscriberGroup) -> list[Allowed | Denied]:
    ear = crowd.asked[0].ear
    told = await ear.tell(crowd)
    events = [told.get(place, ear.otherwise) for place, _ in enumerate(crowd.asked, start=1)]
    return [
        Denied(NotFound(), AccessRevoked()) if event is OUT_OF_REACH else Allowed(actor, event)
        for actor, event in zip(crowd.actors, events, strict=True)
    ]


def find_denial(question: Question, actor: Actor | None, alive: Collection[str]) -> Denied | None:
    """Return why the subscriber may not listen, independent of the entry; None if they may."""
    if actor is None:  # the session has ended, or only its role
        over = AccessRevoked() if question.token in alive else TokenEnded()
        return Denied(Unauthenticated(), over)
    if actor.must_change_password:
        return Denied(PasswordMustChange(), PasswordMustChange())
    if (right := question.ear.right) not in actor.rights:
        first = Forbidden(coordinate=question.ear.coordinate, requires=right.value)
        return Denied(first, AccessRevoked())
    return None


def group_alike(
    asked: Sequence[Question], actors: dict[str, Actor], answers: Sequence[Any]
) -> list[list[int]]:
    """Group the places without an answer so that one statement serves each group."""
    crowds: dict[Any, list[int]] = defaultdict(list)
    for place, (one, answer) in enumerate(zip(asked, answers, strict=True)):
        if answer is None:
            kind = one.ear.batch_by(one.entry) if one.entry else None
            actor = actors[one.token]
            crowds[one.ear, kind, actor.grants, actor.is_scoped].append(place)
    return list(crowds.values())


async def find_alive(
    session: AsyncSession, school_id: int, tokens: Collection[str], now: datetime
) -> set[str]:
    """Return the tokens whose session is alive although its role has ended."""
    hashes = bindparam(None, [hash_token(token) for token in tokens], type_=ARRAY(LargeBinary))
    account = and_(Account.school_id == Session.school_id, Account.id == Session.account_id)
    # Not through `visible`: without a role there is no viewer.
    query = (
        select(Session.access_hash)
        .join(Account, account)
        .where(
            Session.school_id == school_id,
            Session.access_hash == any_(hashes),
            Session.access_expires_at > now,
            Session.revoked_at.is_(None),
            Account.status == AccountStatus.ACTIVE,
        )
    )
    found = set((await session.scalars(query)).all())
    return {token for token in tokens if hash_token(token) in found}
