"""Whether the database can be used, and the refusals while it cannot.

This is the only module that knows which errors pass by waiting. All code that opens a session or
runs a statement for a client asks it: `engine`, `readers`, `writers`.
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
"""Seconds that a probe waits for an answer."""
SETTLED = 0.1
"""Seconds for which a session of a probe must live: after one process of the server was killed,
all others end a few milliseconds later."""
SHORTEST_PAUSE, LONGEST_PAUSE = 0.05, 1.0
"""Seconds between probes, which grow from the first to the second."""
QUIET = 5.0
"""Seconds without a refusal after which a server counts as busy no more."""
LONGEST_RETRY = 30


class Trouble(Enum):
    """A kind of outage. The value is the event in the log when it begins.

    AWAY: Nothing can be done: no session can be opened, or the open ones are lost.
    UNWRITABLE: Nothing can be written: the disk is full, or the server is read-only.
    BUSY: No more sessions or memory can be had. Sessions that are open go on.
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
"""The trouble that an error means, by its SQLSTATE or the class of that."""
READ_ONLY = "25006"
OF_DRIVER = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)


def trouble_of(error: BaseException) -> Trouble | None:
    """Return the trouble that an error of a session means; None where the database answered, or the
    error is a bug."""
    cause = driver_error(error)
    if isinstance(cause, asyncpg.PostgresError):
        state = cause.sqlstate or ""
        found = BY_SQLSTATE.get(state) or BY_SQLSTATE.get(state[:2])
        # An error that ends the session, or the whole server for lack of disk, does not concern
        # one statement alone.
        is_end = getattr(cause, "severity_en", "") in ("FATAL", "PANIC")
        return Trouble.AWAY if is_end and found is not Trouble.BUSY else found
    if isinstance(cause, ConnectionError | TimeoutError):
        return Trouble.AWAY
    # The server's last message came between statements: asyncpg then finds its own state wrong.
    if type(cause) in (asyncpg.InternalClientError, asyncpg.ProtocolError):
        return Trouble.AWAY
    # Other errors of this type mean a mistake of ours; only their text tells them apart.
    if isinstance(cause, asyncpg.InterfaceError) and "closed" in str(cause):
        return Trouble.AWAY
    return None


def driver_error(error: BaseException) -> BaseException:
    """Return the error of asyncpg that SQLAlchemy wrapped."""
    if isinstance(error, sqlalchemy.exc.DBAPIError) and error.orig is not None:
        error = error.orig
    below = error.__cause__
    return below if isinstance(below, OF_DRIVER) else error


@dataclass
class Outage:
    """A trouble, from the first error to the first probe that passes.

    confirmed: Whether a probe failed or a session could not be opened. Until then only one session
        is known to be lost, and no other request is refused.
    """

    trouble: Trouble
    since: float
    last: float
    confirmed: bool = False
    refused: int = 0
    over: asyncio.Event = field(default_factory=asyncio.Event)

    def problem(self) -> ServiceUnavailable:
        """Make a refusal. The longer the outage lasts, the later it tells clients to come back."""
        seconds = min(LONGEST_RETRY, max(1, round(time.monotonic() - self.since)))
        kind = NothingCanBeSaved if self.trouble is Trouble.UNWRITABLE else ServiceUnavailable
        return kind(retry_after=seconds)


class Availability:
    """The outages that this process knows of.

    url: The address that probes ask whether an outage is over. Without it nothing is remembered,
        and each error is judged by itself.
    space: The disk of the database, where it is on this machine.
    """

    def __init__(self, url: str | None = None, space: Space | None = None) -> None:
        self.url, self.space = url, space
        self.outages: dict[Trouble, Outage] = {}
        self.recoveries = 0
        """The number of outages that are over. A session that was opened before the last of them
        is not used again: it may stay read-only for as long as it lives."""
        self._probes: set[asyncio.Task[None]] = set()

    def require(self, *, writing: bool = False) -> None:
        """Raise ServiceUnavailable at once if the work is known to be impossible."""
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
        """Return the refusal for an error; None if the error is not about the database's state.

        reading: Whether we opened the transaction as read-only.
        committing: Whether the error came during the commit.
        """
        if isinstance(error, ServiceUnavailable):
            return error
        trouble = trouble_of(error)
        cause = driver_error(error)
        if trouble is None or (reading and getattr(cause, "sqlstate", None) == READ_ONLY):
            return None
        outage = self.note(trouble, describe_error(cause))
        if committing and trouble is Trouble.AWAY:
            return OutcomeUnknown(retry_after=outage.problem().retry_after)
        return outage.problem()

    def refuse_unreachable(self, error: BaseException) -> ServiceUnavailable:
        """Return the refusal for a session that cannot be opened. The reason does not matter,
        because at the start of the process it could be opened."""
        trouble = trouble_of(error) or Trouble.AWAY
        outage = self.note(trouble, describe_error(error))
        outage.confirmed = True
        return outage.problem()

    def note(self, trouble: Trouble, reason: str) -> Outage:
        """Remember a trouble until a probe passes. Its first error is logged."""
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
        """Count a request that was refused, for the log."""
        for outage in self.outages.values():
            outage.refused += 1

    async def wait_until_usable(self) -> None:
        """Wait until a refused caller may try again."""
        if away := self.outages.get(Trouble.AWAY):
            await away.over.wait()
        else:  # no probe follows a busy or an unknown database
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
        assert self.url is not None  # noqa: S101  # without it there is no probe
        return await answers(self.url, writing=writing)


WRITE = """CREATE TEMPORARY TABLE gorod_probe ON COMMIT DROP AS
    SELECT repeat(md5(number::text), 32) FROM generate_series(1, 256) number"""
"""A write that takes new blocks of the disk and a place in the log, and leaves nothing."""


async def answers(url: str, *, writing: bool = False) -> bool:
    """Whether a session can be opened and stays alive, and with `writing` whether it can write."""
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
        # A role without the right to temporary tables would otherwise be waited for without end.
        return writing and trouble_of(error) is None
    return True


def describe_error(error: BaseException) -> str:
    """Return an error as one line for the log. These errors hold no personal data."""
    if isinstance(error, asyncpg.InternalClientError):  # about asyncpg, not about the server
        return "a session was lost"
    return f"{type(error).__name__}: {error}".partition("\n")[0]
