"""A cache of token holders for a few seconds, as the requests of a client come together.

A command that may change rights clears its school from the cache of this process at once; other
processes notice within `KEPT`.
"""

import time
from collections.abc import Awaitable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from auth.actor import Actor, Viewer

KEPT = 5.0
"""Seconds for which a holder is cached. Without the limit, other processes would never notice a
revoked right."""
SWEPT = 60.0
"""Seconds between removals of expired holders."""
MOST = 10_000
NEVER = datetime.min.replace(tzinfo=UTC)
MIDNIGHT = time_of_day()
LASTING = [one.name for one in fields(Actor) if one.name not in ("now", "today")]
"""Fields of an actor that do not change with the time."""


@dataclass(slots=True)
class Known:
    """A cached actor, with the parameters that do not change with time.

    facts: Further facts that were read about the actor.
    day_begins, day_ends: The bounds of the school's day that `day` returned last.
    """

    actor: Actor
    viewer: Viewer
    zone: ZoneInfo
    fixed: Mapping[str, Any]
    until: float
    facts: dict[Any, Any] = field(default_factory=dict)
    today: date = date.min
    day_begins: datetime = NEVER
    day_ends: datetime = NEVER
    lasting: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        self.lasting = {name: getattr(self.actor, name) for name in LASTING}

    def values(self, now: datetime) -> dict[str, Any]:
        """Return the parameters of the viewer at this moment."""
        return {**self.fixed, "viewer_now": now, "viewer_today": self.day(now)}

    def at_moment(self, now: datetime) -> Actor:
        """Return the actor at this moment."""
        return Actor(**self.lasting, now=now, today=self.day(now))

    def day(self, now: datetime) -> date:
        """Return the day in the school at this moment."""
        if not self.day_begins <= now < self.day_ends:
            today = self.today = now.astimezone(self.zone).date()
            self.day_begins = datetime.combine(today, MIDNIGHT, self.zone).astimezone(UTC)
            tomorrow = today + timedelta(days=1)
            self.day_ends = datetime.combine(tomorrow, MIDNIGHT, self.zone).astimezone(UTC)
        return self.today


@dataclass
class Sessions:
    """Actors by their tokens."""

    known: dict[str, Known] = field(default_factory=dict)
    forgotten: int = 0
    swept: float = field(default_factory=time.monotonic)

    def get(self, token: str) -> Known | None:
        """Return the cached holder of the token."""
        found = self.known.get(token)
        return found if found is not None and found.until > time.monotonic() else None

    async def ask(self, token: str, asked: Awaitable[Actor]) -> Known:
        """Await the holder of the token and cache them. Raises the errors of `asked`."""
        asked_at, before = time.monotonic(), self.forgotten
        actor = await asked
        if len(self.known) >= MOST:
            self.known.clear()
        if asked_at > self.swept + SWEPT:  # expired holders would keep their plans in memory
            self.swept = asked_at
            self.known = {t: one for t, one in self.known.items() if one.until > asked_at}
        zone = ZoneInfo(actor.time_zone)
        found = Known(actor, actor.viewer, zone, actor.values, asked_at + KEPT)
        if self.forgotten == before:
            self.known[token] = found
        return found

    def forget_token(self, token: str | None) -> None:
        """Forget the holder of a token."""
        self.forgotten += 1
        self.known.pop(token or "", None)

    def forget_sessions(self, ended: Collection[tuple[int, int]]) -> None:
        """Forget the holders of sessions, given by school and key."""
        self.forgotten += 1
        for token, one in list(self.known.items()):
            if (one.actor.school_id, one.actor.session_id) in ended:
                del self.known[token]

    def forget(self, school_id: int | None) -> None:
        """Forget all holders of the school, including those that are being read now."""
        self.forgotten += 1
        for token in [t for t, one in self.known.items() if one.actor.school_id == school_id]:
            del self.known[token]


ENDED = "ended"


def note_ended(session: AsyncSession, school_id: int, keys: Sequence[int]) -> None:
    """Note sessions whose access tokens have ended, for `forget_ended`. Otherwise the cache would
    accept them for some seconds."""
    session.info.setdefault(ENDED, set()).update((school_id, key) for key in keys)


def forget_ended(session: AsyncSession, sessions: Sessions) -> None:
    """Forget the holders of the sessions that ended in a transaction, in all schools."""
    if ended := session.info.pop(ENDED, None):
        sessions.forget_sessions(ended)
