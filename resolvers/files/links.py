"""Signed links: one row, one way, one session, for a few minutes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import Enum

from sqlalchemy.ext.asyncio import AsyncSession

from auth.actor import Actor
from models.base import Id, OfSchool
from models.problems import BadUserInput, Problem
from models.secrets import Secrets
from resolvers.core.context import Services, stand_in
from resolvers.core.identify import holder_of, identify, school_of


class LinkNotGood(Problem):
    """This link is not good, or not any more: ask for a new one."""

    russian = "Эта ссылка недействительна или устарела: получите новую."


class Way(Enum):
    """Which way the bytes go."""

    UP = "UP"
    DOWN = "DOWN"


@dataclass(frozen=True, slots=True)
class Link:
    """What a link is good for. It gives no right by itself: whether the holder of the session may
    see the row is asked each time it is used, by the rule of the row (domain.md e9).

    row: The attachment, or the file by itself.
    session_id: The session it was made in.
    expires: The last second of it, Unix time.
    """

    way: Way
    row: Id[OfSchool]
    session_id: int
    expires: int

    def token(self, secrets: Secrets) -> str:
        parts = ("file", self.way.name, self.row, self.session_id, self.expires)
        return secrets.sign(" ".join(map(str, parts)).encode())


def read(token: str, way: Way, services: Services) -> Link:
    """Raises LinkNotGood: the same for what is forged, expired, or for the other way."""
    content = services.secrets.unsign(token)
    match content.decode().split(" ") if content else []:
        case ["file", way.name, row, session_id, expires]:
            try:
                link = Link(way, Id.parse(row), int(session_id), int(expires))
            except BadUserInput:  # made by a version that named files in another way
                raise LinkNotGood from None
            if link.expires > services.now().timestamp():
                return link
    raise LinkNotGood


@asynccontextmanager
async def entered(
    services: Services, link: Link, bearer: str | None = None
) -> AsyncIterator[tuple[AsyncSession, Actor]]:
    """A transaction in the school of the link, and the holder of its session as they are now.

    bearer: The access token that was sent along, if any; browsers send none with a download.

    Raises LinkNotGood once the session has ended, and for a token of another session.
    """
    now, school_id = services.now(), link.row.school_id
    async with AsyncSession(services.engine, expire_on_commit=False) as session:
        await stand_in(session, school_id)
        actor = await holder_of(session, school_id, link.session_id, now)
        if actor is None or actor.must_change_password:
            raise LinkNotGood
        if bearer is not None:
            if school_of(bearer) != school_id:
                raise LinkNotGood
            try:
                sender = await identify(session, bearer, now)
            except Problem:
                raise LinkNotGood from None
            if sender.session_id != link.session_id:
                raise LinkNotGood
        yield session, actor
