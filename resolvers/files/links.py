"""Signed links: one file, one way, one session, for a few minutes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from sqlalchemy.ext.asyncio import AsyncSession

from models.problems import Problem
from models.secrets import Secrets
from resolvers.access.identify import holder_of
from resolvers.context import Services, stand_in


class LinkNotGood(Problem):
    """This link is not good, or not any more: ask for a new one."""

    russian = "Эта ссылка недействительна или устарела: получите новую."


class Way(Enum):
    """Which way the bytes go."""

    UP = "UP"
    DOWN = "DOWN"


@dataclass(frozen=True, slots=True)
class Link:
    """What a link is good for. Whether its holder may was decided when it was made; that they
    are still signed in is asked again when it is used."""

    way: Way
    school_id: int
    file_id: int
    session_id: int
    expires: int

    def token(self, secrets: Secrets) -> str:
        numbers = (self.school_id, self.file_id, self.session_id, self.expires)
        return secrets.sign(" ".join(["file", self.way.name, *map(str, numbers)]).encode())


def read(token: str, way: Way, services: Services) -> Link:
    """Raises LinkNotGood: the same for what is forged, expired, or for the other way."""
    content = services.secrets.unsign(token)
    match content.decode().split(" ") if content else []:
        case ["file", way.name, *numbers]:
            link = Link(way, *map(int, numbers))
            if link.expires > services.now().timestamp():
                return link
    raise LinkNotGood


@asynccontextmanager
async def entered(services: Services, link: Link) -> AsyncIterator[tuple[AsyncSession, datetime]]:
    """A transaction in the school of the link, and the time. Raises LinkNotGood once the session
    it was made in has ended."""
    now = services.now()
    async with AsyncSession(services.engine, expire_on_commit=False) as session:
        await stand_in(session, link.school_id)
        if await holder_of(session, link.school_id, link.session_id, now) is None:
            raise LinkNotGood
        yield session, now
