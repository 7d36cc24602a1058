"""Who may hear what: judged anew at every event, of all who listen for it at once.

A thousand parents who are told of one notice are a thousand questions, but only a handful of
statements: who they are, whether they may still listen, and, for those who hold the same grants,
which of them may read it.
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
from resolvers.core.context import READING, stand_in
from resolvers.core.identify import hashed, identify_all
from resolvers.core.loading import assembled, joined, of_keys
from resolvers.core.shapes import SHAPES, Via, Wanted
from resolvers.events.problems import AccessRevoked, TokenEnded
from resolvers.services.events.entries import Entry, Interest

OUT_OF_REACH = object()
"""What one is told of what is theirs no more."""
Told: TypeAlias = Mapping[int, Any]
"""What each of a crowd is told, by their places, from 1: an event, or None."""


@dataclass(frozen=True, slots=True)
class Ear:
    """A stream, as far as it differs from others.

    coordinate: The field of it.
    right: Without it there is nothing to hear; when it ends, the stream does.
    interest: What of the log is for an actor; `whose` as with `Question`.
    alike: What entries must have in common to be asked of in one statement.
    tell: What a crowd is told of what they ask.
    otherwise: What those are told of whom that says nothing; also when they but ask if they may
        listen.
    """

    coordinate: str
    right: Right
    interest: Callable[[Actor, int], Interest]
    alike: Callable[[Entry], Hashable]
    tell: Callable[["Crowd"], Awaitable[Told]]
    otherwise: Any = None


@dataclass(frozen=True, slots=True)
class Question:
    """What the holder of a token is to hear of an entry; without one: whether they may listen.

    whose: The student whose journal they listen to; 0 where there is no choice.
    """

    token: str
    ear: Ear
    whose: int
    entry: Entry | None


@dataclass(frozen=True, slots=True)
class Allowed:
    """They may listen. `event`: what the entry is to them; None if it is not for them."""

    actor: Actor
    event: Any


@dataclass(frozen=True, slots=True)
class Denied:
    """Why not: as it is told to one who wants to begin, and to one who has been listening."""

    first: Problem
    later: Problem


@dataclass(frozen=True, slots=True)
class Court:
    """Where the listeners of a school are judged."""

    engine: AsyncEngine
    school_id: int
    now: Callable[[], datetime] = field(compare=False)


@dataclass(frozen=True, slots=True)
class Crowd:
    """Listeners of a stream who hold the same grants, and what each of them asks."""

    session: AsyncSession
    actors: Sequence[Actor]
    asked: Sequence[Question]

    @property
    def viewer(self) -> Viewer:
        """All of them: for statements that are FROM `them`."""
        return Viewers(self.actors[0].grants, is_scoped=self.actors[0].is_scoped)

    @property
    def viewer_then(self) -> Viewer:
        """All of them when the event happened. An event of a notice or mark that came into view
        later is told to those who saw the row at that moment; the others get an event of their own
        when it comes into view, and would else hear of it twice if they read the log afterwards."""
        return PastViewers(self.actors[0].grants)

    @property
    def entry(self) -> Entry | None:
        """One like all the others that are asked of; none for those who ask if they may listen."""
        return self.asked[0].entry

    def entry_of(self, place: int) -> Entry:
        entry = self.asked[place - 1].entry
        assert entry is not None  # noqa: S101  # who asks of none is told of none
        return entry

    def them(self) -> TableValuedAlias:
        """A line for each: its `place`, from 1, the `key` of the row asked of, `whose`, and `at`:
        when the event happened."""
        keys = [one.entry.subject.key if one.entry else 0 for one in self.asked]
        whose = [one.whose for one in self.asked]
        moments = [microseconds(one.entry.at) if one.entry else 0 for one in self.asked]
        return viewers_of(self.actors, key=keys, whose=whose, at=moments)

    async def lines(self, query: Select[*tuple[Any, ...]]) -> Sequence[Any]:
        return (await self.session.execute(query, self.actors[0].values)).all()

    async def rows(self, row: type[OfSchool], keys: Collection[int]) -> dict[int, Any]:
        """Rows by id, with what is read as their own. Not through `visible`: who may read which of
        them has been asked. They are told to many, so nothing else may be hung onto them."""
        vias = [shape.path for shape in SHAPES[row].values() if isinstance(shape, Via)]
        here = row.school_id == self.actors[0].school_id
        query = select(row).where(here, of_keys(row.id, sorted(set(keys))))
        wanted = Wanted(vias=tuple(dict.fromkeys(vias)))
        query, places = joined(query, self.viewer, row, wanted)
        return {one.id: one for one in assembled(await self.lines(query), places)}


def microseconds(moment: datetime) -> int:
    """Since 1970, exactly: a float would round."""
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


async def judged(court: Court, asked: Sequence[Question]) -> list[Allowed | Denied]:
    """The answers to all the questions, as of one moment: not before any of the events, even if
    another server, whose clock is ahead of ours, wrote them down."""
    now = max([court.now(), *(one.entry.at for one in asked if one.entry)])
    async with AsyncSession(court.engine, expire_on_commit=False) as session:
        await session.connection(execution_options=READING)
        await stand_in(session, court.school_id)
        actors = await identify_all(session, court.school_id, {one.token for one in asked}, now)
        strangers = {one.token for one in asked} - actors.keys()
        alive = await still_alive(session, court.school_id, strangers, now) if strangers else set()
        answers: list[Any] = [denied(one, actors.get(one.token), alive) for one in asked]
        for places in alike(asked, actors, answers):
            them = [asked[place] for place in places]
            crowd = Crowd(session, [actors[one.token] for one in them], them)
            for place, answer in zip(places, await answers_of(crowd), strict=True):
                answers[place] = answer
    return answers


async def answers_of(crowd: Crowd) -> list[Allowed | Denied]:
    ear = crowd.asked[0].ear
    told = await ear.tell(crowd)
    events = [told.get(place, ear.otherwise) for place, _ in enumerate(crowd.asked, start=1)]
    return [
        Denied(NotFound(), AccessRevoked()) if event is OUT_OF_REACH else Allowed(actor, event)
        for actor, event in zip(crowd.actors, events, strict=True)
    ]


def denied(question: Question, actor: Actor | None, alive: Collection[str]) -> Denied | None:
    """Why someone may not listen, whatever happened."""
    if actor is None:  # the session is over, or only the role it worked in
        over = AccessRevoked() if question.token in alive else TokenEnded()
        return Denied(Unauthenticated(), over)
    if actor.must_change_password:
        return Denied(PasswordMustChange(), PasswordMustChange())
    if (right := question.ear.right) not in actor.rights:
        first = Forbidden(coordinate=question.ear.coordinate, requires=right.value)
        return Denied(first, AccessRevoked())
    return None


def alike(
    asked: Sequence[Question], actors: dict[str, Actor], answers: Sequence[Any]
) -> list[list[int]]:
    """The places of those who have no answer yet, together with whom one statement serves."""
    crowds: dict[Any, list[int]] = defaultdict(list)
    for place, (one, answer) in enumerate(zip(asked, answers, strict=True)):
        if answer is None:
            kind = one.ear.alike(one.entry) if one.entry else None
            actor = actors[one.token]
            crowds[one.ear, kind, actor.grants, actor.is_scoped].append(place)
    return list(crowds.values())


async def still_alive(
    session: AsyncSession, school_id: int, tokens: Collection[str], now: datetime
) -> set[str]:
    """Tokens whose session goes on, though nobody can work in its role any more."""
    hashes = bindparam(None, [hashed(token) for token in tokens], type_=ARRAY(LargeBinary))
    account = and_(Account.school_id == Session.school_id, Account.id == Session.account_id)
    # Not through `visible`: who asks is nobody any more.
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
    return {token for token in tokens if hashed(token) in found}
