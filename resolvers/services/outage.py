"""Whether the place of uploaded files can be used, and what is refused while it cannot.

It does for files what `models.database.availability` does for the database.
"""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import structlog
from obstore.exceptions import (
    BaseError,
    GenericError,
    JoinError,
    PermissionDeniedError,
    UnauthenticatedError,
)

from models.problems import ServiceUnavailable

log = structlog.get_logger("gorod")

SHORTEST_PAUSE, LONGEST_PAUSE = 0.1, 5.0
"""Seconds between probes: the first and the last."""
LONGEST_RETRY = 30
LOST = (OSError, GenericError, JoinError, PermissionDeniedError, UnauthenticatedError)
"""Errors that waiting, or the operator, can mend. Others of obstore say that it was asked
wrongly."""
NO_BUCKET = re.compile("NoSuchBucket|ContainerNotFound|specified bucket does not exist")
QUERY = re.compile(r"\?\S*")
"""Of an address: it may hold a signature."""


class FilesUnavailable(ServiceUnavailable):
    """Uploaded files cannot be reached at the moment, all else works: repeat this in `retryAfter`
    seconds.

    reason: What the storage said, for the operator only.
    """

    russian = (
        "Загруженные файлы сейчас недоступны, остальное работает: повторите через `retryAfter` "
        "секунд."
    )

    def __init__(self, *, reason: str = "", retry_after: int = 1) -> None:
        super().__init__(retry_after=retry_after)
        self.reason = reason

    @classmethod
    def code(cls) -> str:
        """To a program it is the same."""
        return ServiceUnavailable.code()


@dataclass
class Outage:
    """From the first error to the first probe that passes."""

    reason: str
    since: float
    refused: int = 0
    over: asyncio.Event = field(default_factory=asyncio.Event)

    def refusal(self) -> FilesUnavailable:
        """The longer it lasts, the later one should come back."""
        self.refused += 1
        seconds = min(LONGEST_RETRY, max(1, round(time.monotonic() - self.since)))
        return FilesUnavailable(reason=self.reason, retry_after=seconds)


class Reach:
    """What is known in this process of the place of files.

    probe: Asks whether it can be used. Without it nothing is remembered, and each error is answered
        by itself: so it is on the command line.
    """

    def __init__(self, probe: Callable[[], Awaitable[object]] | None = None) -> None:
        self.probe = probe
        self.outage: Outage | None = None
        self._following: asyncio.Task[None] | None = None

    def require(self) -> None:
        """Refuse at once while it is known to be away. Raises FilesUnavailable."""
        if self.outage:
            raise self.outage.refusal()

    @contextmanager
    def needed(self) -> Iterator[None]:
        """Around whatever asks the place. Raises FilesUnavailable if it cannot be used, and lets
        FileNotFoundError of a single file pass."""
        try:
            yield
        except FileNotFoundError as error:
            if NO_BUCKET.search(str(error)):
                raise self.note(error) from error
            raise
        except LOST as error:
            raise self.note(error) from error

    def note(self, error: BaseException) -> FilesUnavailable:
        """Remember it until a probe passes. The first to notice says so in the log."""
        outage = self.outage
        if outage is None:
            outage = Outage(told(error), time.monotonic())
            if self.probe is not None:
                self.outage = outage
                log.warning("the storage of files is away", reason=outage.reason)
                self._following = asyncio.get_running_loop().create_task(self._follow(outage))
        return outage.refusal()

    async def usable(self) -> None:
        """Wait until it is worth asking again, for who has asked in vain."""
        if self.outage:
            await self.outage.over.wait()
        else:
            await asyncio.sleep(LONGEST_PAUSE)

    async def close(self) -> None:
        if self._following:
            self._following.cancel()
            await asyncio.gather(self._following, return_exceptions=True)

    async def _follow(self, outage: Outage) -> None:
        pause = SHORTEST_PAUSE
        while not await self._answers():
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)
        self.outage = None
        seconds = round(time.monotonic() - outage.since, 1)
        log.warning("the storage of files is back", seconds=seconds, refused=outage.refused)
        outage.over.set()

    async def _answers(self) -> bool:
        if self.probe is None:
            return True
        try:
            await self.probe()
        except (OSError, BaseError):
            return False
        return True


def told(error: BaseException) -> str:
    """For the log and the operator, in one line: addresses and keys, nothing of people's."""
    return QUERY.sub("", str(error).partition("\n")[0]) or "no answer comes"
