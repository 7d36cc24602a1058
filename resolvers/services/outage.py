"""The availability of the storage of files, as `models.database.availability` is that of the
database.
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
"""Seconds between probes: the first and the longest pause."""
LONGEST_RETRY = 30
LOST = (OSError, GenericError, JoinError, PermissionDeniedError, UnauthenticatedError)
"""Errors that end with time, or that the operator can end. obstore's others are bugs of ours."""
NO_BUCKET = re.compile("NoSuchBucket|ContainerNotFound|specified bucket does not exist")
QUERY = re.compile(r"\?\S*")
"""The query string of an address, which may contain a signature."""


class FilesUnavailable(ServiceUnavailable):
    """Uploaded files cannot be reached at the moment, all else works: repeat this in `retryAfter`
    seconds.

    reason: The message of the storage, for the operator only.
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
        """Return the code of ServiceUnavailable: programs need not tell them apart."""
        return ServiceUnavailable.code()


@dataclass
class Outage:
    """An outage, from the first error to the first probe that passes."""

    reason: str
    since: float
    refused: int = 0
    over: asyncio.Event = field(default_factory=asyncio.Event)

    def refusal(self) -> FilesUnavailable:
        """Return a refusal; the longer the outage lasts, the later the client should retry."""
        self.refused += 1
        seconds = min(LONGEST_RETRY, max(1, round(time.monotonic() - self.since)))
        return FilesUnavailable(reason=self.reason, retry_after=seconds)


class StorageAvailability:
    """The state of the storage in this process.

    probe: Checks whether the storage can be used. Without it, as on the command line, no outage is
        remembered.
    """

    def __init__(self, probe: Callable[[], Awaitable[object]] | None = None) -> None:
        self.probe = probe
        self.outage: Outage | None = None
        self._following: asyncio.Task[None] | None = None

    def require(self) -> None:
        """Raise FilesUnavailable during an outage."""
        if self.outage:
            raise self.outage.refusal()

    @contextmanager
    def translate_errors(self) -> Iterator[None]:
        """Wrap a use of the storage. Raises FilesUnavailable if it cannot be used, and lets
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
        """Begin an outage, which lasts until a probe passes, and log it once."""
        outage = self.outage
        if outage is None:
            outage = Outage(describe_outage(error), time.monotonic())
            if self.probe is not None:
                self.outage = outage
                log.warning("the storage of files is away", reason=outage.reason)
                self._following = asyncio.get_running_loop().create_task(self._follow(outage))
        return outage.refusal()

    async def usable(self) -> None:
        """Wait for the end of an outage before a retry."""
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


def describe_outage(error: BaseException) -> str:
    """Return an error for the log and the operator in one line. It has addresses and keys, and no
    personal data."""
    return QUERY.sub("", str(error).partition("\n")[0]) or "no answer comes"
