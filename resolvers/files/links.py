"""Signed links, each valid for a few minutes: one row, one direction, one session."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import Enum

from sqlalchemy.ext.asyncio import AsyncSession

from auth.actor import Actor
from models.base import Id, OfSchool
from models.problems import BadUserInput, Problem
from models.secrets import Secrets
from resolvers.core.context import Services, set_school
from resolvers.core.identify import holder_of, identify, school_of


class LinkNotGood(Problem):
    """This link is not good, or not any more: ask for a new one."""

    russian = "Эта ссылка недействительна или устарела: получите новую."


class Way(Enum):
    """The direction of the bytes."""

    UP = "UP"
    DOWN = "DOWN"


@dataclass(frozen=True, slots=True)
class Link:
    """The contents of a link. It gives no right by itself: each use checks that the holder of the
    session may see the row (domain.md e9).

    row: The attachment, or the file by itself.
    session_id: The session that it was made in.
    expires: Its last second, Unix time.
    """

    way: Way
    row: Id[OfSchool]
    session_id: int
    expires: int

    def token(self, secrets: Secrets) -> str:
        parts = ("file", self.way.name, self.row, self.session_id, self.expires)
        return secrets.sign(" ".join(map(str, parts)).encode())


def read(token: str, way: Way, services: Services) -> Link:
    """Read a link. Raises LinkNotGood, without the reason, for one that is forged, expired, or for
    the other direction."""
    content = services.secrets.unsign(token)
    match content.decode().split(" ") if content else []:
        case ["file", way.name, row, session_id, expires]:
            try:
                link = Link(way, Id.parse(row), int(session_id), int(expires))
            except BadUserInput:  # made by a version with other ids of files
                raise LinkNotGood from None
            if link.expires > services.now().timestamp():
                return link
    raise LinkNotGood


@asynccontextmanager
async def enter(
    services: Services, link: Link, bearer: str | None = None
) -> AsyncIterator[tuple[AsyncSession, Actor]]:
    """Open a transaction in the school of the link, and yield the holder of its session with their
    present rights.

    bearer: The access token of the request, if any; browsers send none with a download.

    Raises LinkNotGood once the session has ended, and for a token of another session.
    """
    now, school_id = services.now(), link.row.school_id
    async with AsyncSession(services.engine, expire_on_commit=False) as session:
        await set_school(session, school_id)
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
