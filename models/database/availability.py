"""Whether the database can be used: which errors say that it cannot, and what is refused meanwhile.

This is the one place that knows which errors waiting can mend. Everything that opens a session or
runs a statement for a client asks here: `engine`, `readers`, `writers`.
"""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

import asyncpg
import sqlalchemy.exc
import structlog

from models.database.address import dsn
from models.database.space import Space
from models.problems import NothingCanBeSaved, OutcomeUnknown, ServiceUnavailable

log = structlog.get_logger("gorod")

PROBE_SECONDS = 2.0
"""How long a probe waits for an answer."""
SETTLED = 0.1
"""Seconds for which a session of a probe must live: one killed process takes all others of the
server with it, a few milliseconds later."""
SHORTEST_PAUSE, LONGEST_PAUSE = 0.05, 1.0
"""Seconds between probes: the first and the last."""
QUIET = 5.0
"""Seconds without a refusal after which a busy server is busy no more."""
LONGEST_RETRY = 30


class Trouble(Enum):
    """What cannot be done. The value is the event in the log when it begins.

    AWAY: Nothing: no session can be opened, or those that were open are lost.
    UNWRITABLE: Nothing can be written: the disk is full, or the server is read-only.
    BUSY: No more sessions can be had, or no more memory. Who has a session goes on.
    """

    AWAY = "the database is away"
    UNWRITABLE = "the database cannot be written to"
    BUSY = "the database is busy"


OVER: Mapping[Trouble, str] = {
    Trouble.AWAY: "the database is back",
    Trouble.UNWRITABLE: "the database can be written to again",
    Trouble.BUSY: "the database is busy no more",
}
BY_SQLSTATE: Mapping[str, Trouble] = {
    "08": Trouble.AWAY,  # connection exceptions
    "57P01": Trouble.AWAY,  # admin_shutdown
    "57P02": Trouble.AWAY,  # crash_shutdown
    "57P03": Trouble.AWAY,  # cannot_connect_now: it starts, stops or recovers
    "57P04": Trouble.AWAY,  # database_dropped
    "57P05": Trouble.AWAY,  # idle_session_timeout
    "25P03": Trouble.AWAY,  # idle_in_transaction_session_timeout
    "25006": Trouble.UNWRITABLE,  # read_only_sql_transaction
    "53100": Trouble.UNWRITABLE,  # disk_full
    "53": Trouble.BUSY,  # too_many_connections, out_of_memory, …
}
"""By SQLSTATE, or its class."""
READ_ONLY = "25006"
OF_DRIVER = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)


def trouble_of(error: BaseException) -> Trouble | None:
    """What an error of a session says of the database; None: the database answered,
    or it is a bug."""
    cause = driver_error(error)
    if isinstance(cause, asyncpg.PostgresError):
        state = cause.sqlstate or ""
        found = BY_SQLSTATE.get(state) or BY_SQLSTATE.get(state[:2])
        # Whatever ends the session, or the whole server for want of room for its log, is no
        # refusal of one statement.
        is_end = getattr(cause, "severity_en", "") in ("FATAL", "PANIC")
        return Trouble.AWAY if is_end and found is not Trouble.BUSY else found
    if isinstance(cause, ConnectionError | TimeoutError):
        return Trouble.AWAY
    # The server's last word came while nothing was asked: asyncpg then finds its own state wrong.
    if type(cause) in (asyncpg.InternalClientError, asyncpg.ProtocolError):
        return Trouble.AWAY
    # Others of its kind say that we asked wrongly, and have no code to tell them apart by.
    if isinstance(cause, asyncpg.InterfaceError) and "closed" in str(cause):
        return Trouble.AWAY
    return None


def driver_error(error: BaseException) -> BaseException:
    """The error of asyncpg below one that SQLAlchemy made of it."""
    if isinstance(error, sqlalchemy.exc.DBAPIError) and error.orig is not None:
        error = error.orig
    below = error.__cause__
    return below if isinstance(below, OF_DRIVER) else error


@dataclass
class Outage:
    """A trouble, from the first error to the first probe that passes.

    confirmed: Whether a probe failed, or a session could not be opened. Before, one lost session
        is all that is known, and nobody else is refused.
    """

    trouble: Trouble
    since: float
    last: float
    confirmed: bool = False
    refused: int = 0
    over: asyncio.Event = field(default_factory=asyncio.Event)

    def problem(self) -> ServiceUnavailable:
        """A refusal. The longer it lasts, the later one should come back."""
        seconds = min(LONGEST_RETRY, max(1, round(time.monotonic() - self.since)))
        kind = NothingCanBeSaved if self.trouble is Trouble.UNWRITABLE else ServiceUnavailable
        return kind(retry_after=seconds)


class Availability:
    """What is known of the database in this process.

    url: Where a probe asks whether an outage is over; without one nothing is remembered, and each
        error is answered by itself.
    space: The disk of the database, where it is on this machine.
    """

    def __init__(self, url: str | None = None, space: Space | None = None) -> None:
        self.url, self.space = url, space
        self.outages: dict[Trouble, Outage] = {}
        self.recoveries = 0
        """Counts outages that are over. A session that was opened before the last of them is not
        used any more: it may be read-only for as long as it lives."""
        self._probes: set[asyncio.Task[None]] = set()

    def require(self, *, writing: bool = False) -> None:
        """Refuse at once what is known to be impossible. Raises ServiceUnavailable."""
        away = self.outages.get(Trouble.AWAY)
        if away and away.confirmed:
            raise away.problem()
        if writing:
            if self.space and (reason := self.space.shortage()):
                raise self.note(Trouble.UNWRITABLE, reason).problem()
            if unwritable := self.outages.get(Trouble.UNWRITABLE):
                raise unwritable.problem()

    def refusal(
        self, error: BaseException, *, reading: bool = False, committing: bool = False
    ) -> ServiceUnavailable | None:
        """The refusal that an error comes to; None: the error says nothing of the database.

        reading: Whether the transaction was read-only by our own will.
        committing: Whether it was lost while it was being committed.
        """
        if isinstance(error, ServiceUnavailable):
            return error
        trouble = trouble_of(error)
        cause = driver_error(error)
        if trouble is None or (reading and getattr(cause, "sqlstate", None) == READ_ONLY):
            return None
        outage = self.note(trouble, told(cause))
        if committing and trouble is Trouble.AWAY:
            return OutcomeUnknown(retry_after=outage.problem().retry_after)
        return outage.problem()

    def unreachable(self, error: BaseException) -> ServiceUnavailable:
        """The refusal when a session cannot be opened, whatever the reason: it could at the
        start."""
        trouble = trouble_of(error) or Trouble.AWAY
        outage = self.note(trouble, told(error))
        outage.confirmed = True
        return outage.problem()

    def note(self, trouble: Trouble, reason: str) -> Outage:
        """Remember it until a probe passes. The first to notice says so in the log."""
        now = time.monotonic()
        outage = self.outages.get(trouble)
        if outage is None:
            outage = Outage(trouble, now, now)
            if self.url is not None:
                self.outages[trouble] = outage
                log.warning(trouble.value, reason=reason)
                probe = asyncio.get_running_loop().create_task(self._follow(outage))
                self._probes.add(probe)
                probe.add_done_callback(self._probes.discard)
        outage.last = now
        return outage

    def count_refused(self) -> None:
        """A request was answered by a refusal."""
        for outage in self.outages.values():
            outage.refused += 1

    async def usable(self) -> None:
        """Wait until it is worth asking again, for who has asked in vain."""
        if away := self.outages.get(Trouble.AWAY):
            await away.over.wait()
        else:  # nothing will tell
            await asyncio.sleep(LONGEST_PAUSE)

    async def close(self) -> None:
        for probe in list(self._probes):
            probe.cancel()
        await asyncio.gather(*self._probes, return_exceptions=True)

    async def _follow(self, outage: Outage) -> None:
        pause = SHORTEST_PAUSE
        while not await self._is_over(outage):
            outage.confirmed = True
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)
        del self.outages[outage.trouble]
        self.recoveries += 1
        seconds = round(time.monotonic() - outage.since, 1)
        log.warning(OVER[outage.trouble], seconds=seconds, refused=outage.refused)
        outage.over.set()

    async def _is_over(self, outage: Outage) -> bool:
        if outage.trouble is Trouble.BUSY and time.monotonic() - outage.last < QUIET:
            return False
        writing = outage.trouble is Trouble.UNWRITABLE
        if writing and self.space and self.space.shortage():
            return False
        assert self.url is not None  # noqa: S101  # else nothing is followed
        return await answers(self.url, writing=writing)


WRITE = """CREATE TEMPORARY TABLE gorod_probe ON COMMIT DROP AS
    SELECT repeat(md5(number::text), 32) FROM generate_series(1, 256) number"""
"""Takes new blocks of the disk and a place in the log, and leaves nothing."""


async def answers(url: str, *, writing: bool = False) -> bool:
    """Whether a session can be opened and lives, and with `writing` whether it can write."""
    try:
        async with asyncio.timeout(PROBE_SECONDS):
            session = await asyncpg.connect(
                dsn(url), server_settings={"application_name": "gorod"}, statement_cache_size=0
            )
            try:
                await session.fetchval("SELECT 1")
                await asyncio.sleep(SETTLED)
                await session.fetchval("SELECT 1")
                if writing:
                    await session.execute(WRITE)
            finally:
                session.terminate()
    except (OSError, TimeoutError):
        return False
    except OF_DRIVER as error:
        # A role that may not make temporary tables is no reason to wait for ever.
        return writing and trouble_of(error) is None
    return True


def told(error: BaseException) -> str:
    """For the log, in one line: these errors hold no values of people's."""
    if isinstance(error, asyncpg.InternalClientError):  # about asyncpg, not about the server
        return "a session was lost"
    return f"{type(error).__name__}: {error}".partition("\n")[0]
