"""Keeping an embedded server running through failures that pass, such as a full disk."""

import asyncio
import re
from collections.abc import Callable

import structlog

from models.database.availability import Availability, Trouble
from models.database.embedded.server import Embedded
from models.database.problems import NotStarted
from models.database.space import Space

log = structlog.get_logger("gorod")

LOOK_SECONDS = 0.2
"""Seconds between looks at the server and its disk."""
SHORTEST_PAUSE, LONGEST_PAUSE = 0.25, 2.0
"""Seconds between attempts to start it, which grow from the first to the second."""
FINAL = re.compile(
    r"database files are incompatible with server"
    r"|is not a valid data directory"
    r"|could not find the database system"
    r"|could not locate (a valid|required) checkpoint record"
    r"|invalid (primary )?checkpoint record"
    r"|incorrect checksum in control file"
    r"|WAL contains references to invalid pages"
    r"|has (wrong ownership|invalid permissions|group or world access)"
    r"|[Pp]ermission denied"
    r"|unrecognized configuration parameter"
    r"|configuration file .* contains errors"
    r"|error while loading shared libraries"
    r"|Exec format error"
)
"""Messages of a server that cannot start and for which waiting does not help: other programs,
damaged files, another owner. Other failures may pass."""
FULL = re.compile(r"No space left on device|Disk quota exceeded")
CAUSE = re.compile(r"FATAL|PANIC")
"""Severities of the message that says why a server ended. A full disk may cut it off."""


class Supervisor:
    """Starts an embedded server, watches its disk, and starts it again when it has ended."""

    def __init__(self, embedded: Embedded, *, minimum: int, reserve: int) -> None:
        """Set the sizes `minimum` and `reserve`, in bytes, of `Space` and `Reserve`."""
        self.embedded = embedded
        self.sizes = (minimum, reserve)

    @property
    def space(self) -> Space:
        """The disk of its cluster."""
        minimum, reserve = self.sizes
        return Space.of_cluster(self.embedded.base, minimum=minimum, reserve=reserve)

    async def start(self, tell: Callable[[str], None]) -> None:
        """Start the server and return when it answers. While its disk is full, wait for space.

        tell: Called once with the reason of the wait.

        Raises DatabaseProblem for any other reason not to start.
        """
        pause, waits = SHORTEST_PAUSE, False
        while True:
            try:
                await asyncio.to_thread(self.embedded.start)
            except NotStarted as problem:
                space = self.space
                if (reason := lack_of_room(problem, space)) is None:
                    raise
                if await asyncio.to_thread(space.give_up_reserve):
                    continue
                if not waits:
                    waits = True
                    tell(f"PostgreSQL cannot be started for now, but will be: {reason}.")
            else:
                return
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    async def keep(self, availability: Availability) -> None:
        """Watch the server and its disk until cancelled. Raises DatabaseProblem if the server can
        never start again."""
        space = availability.space or self.space
        pause, known = SHORTEST_PAUSE, ""
        while True:
            await asyncio.to_thread(space.tend)
            if self.embedded.is_alive():
                pause, known = SHORTEST_PAUSE, ""
                if shortage := space.shortage():
                    availability.note(Trouble.UNWRITABLE, shortage)
                await asyncio.sleep(LOOK_SECONDS)
                continue
            availability.note(Trouble.AWAY, "PostgreSQL has ended")
            try:
                await asyncio.to_thread(self.embedded.ensure_running)
            except NotStarted as problem:
                lack = lack_of_room(problem, space)
                if lack is not None and bool(await asyncio.to_thread(space.give_up_reserve)):
                    continue
                said = str(problem).rstrip().rpartition("\n")[2]
                cut_off = not lack and not CAUSE.search(said)
                cause = "its disk is full" if lack else said
                if cause != known and not (known and cut_off):
                    log.warning("the database cannot be started for now", reason=lack or said)
                    known = cause
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE)


def lack_of_room(problem: NotStarted, space: Space) -> str | None:
    """Return the reason if a server cannot start because its disk is full; then it may not even
    have room for the message in its log. Raises the problem if waiting does not help."""
    if FINAL.search(str(problem)):
        raise problem
    full = FULL.search(str(problem))
    return space.shortage() or (full[0] if full else None)
