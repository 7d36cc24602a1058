"""Readiness: whether this process can serve requests now, and which parts do not work."""

import asyncio
import time
from dataclasses import dataclass

from models.database import migrate
from models.database.availability import Trouble
from models.database.readiness import version_at
from resolvers.core.context import Services

KEPT = 1.0
"""Seconds for which an answer is cached. Without it, strangers could open a database session with
each request."""
SILENT = 15.0
"""Seconds after which an event log that was not read counts as unreadable. It is read twice a
second."""


@dataclass(frozen=True, slots=True)
class ReadyState:
    """The state of a process.

    reasons: Why it cannot serve requests: `database`, `migrations`, `events`.
    degraded: Parts that do not work while all else does: `writing`, `files`, `sessions`.
    """

    reasons: tuple[str, ...] = ()
    degraded: tuple[str, ...] = ()


class Readiness:
    """The readiness check. It asks the database at most once in `KEPT` seconds.

    url: Of the database.
    """

    def __init__(self, services: Services, url: str) -> None:
        self.services, self.url = services, url
        self.newest = migrate.head()
        self.found, self.until = ReadyState(), 0.0
        self.turn = asyncio.Lock()

    async def check(self) -> ReadyState:
        async with self.turn:
            if time.monotonic() >= self.until:
                self.found = ReadyState(await self.find_reasons(), self.find_degraded())
                self.until = time.monotonic() + KEPT
            return self.found

    async def find_reasons(self) -> tuple[str, ...]:
        away = self.services.availability.outages.get(Trouble.AWAY)
        if away and away.confirmed:
            return ("database",)
        try:
            version = await version_at(self.url)
        except ConnectionError:
            return ("database",)
        if version != self.newest:
            return ("migrations",)
        return ("events",) if self.services.tails.silence > SILENT else ()

    def find_degraded(self) -> tuple[str, ...]:
        availability, files = self.services.availability, self.services.storage.reach
        is_full = availability.space is not None and availability.space.shortage() is not None
        troubles = {
            "writing": is_full or Trouble.UNWRITABLE in availability.outages,
            "files": files.outage is not None,
            "sessions": Trouble.BUSY in availability.outages,
        }
        return tuple(name for name, there in troubles.items() if there)
