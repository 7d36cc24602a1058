"""The access log: one line an operation.

In JSON a line is written without structlog, in the form of structlog's lines: its processors take
ten times as long (44 µs instead of 4, measured), more than all else that is done at the door.
"""

import asyncio
import sys
from contextlib import suppress
from dataclasses import asdict

import orjson

from gql.logs import log
from gql.observe.record import Finished
from gql.observe.settings import Choice

PAUSE = 0.2
"""Seconds that a line may wait for others: each write is a call of the system."""
FULL = 64 * 1024
"""Bytes that are written at once without waiting. A burst must not fill the memory."""
LINE = orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE
PLACES = 2
"""Decimal places of milliseconds."""


class AccessLog:
    """Writes a line for each operation, or for refused ones only.

    choice: Which operations get a line; `off` is for those who do not make this.
    as_json: Whether lines are JSON. Otherwise structlog writes them for people.
    """

    def __init__(self, choice: Choice = "all", *, as_json: bool = True) -> None:
        self.only_refused = choice == "refused"
        self.write = self.write_json if as_json else write_words
        self.lines: list[bytes] = []
        self.size = 0
        self.waiting: asyncio.TimerHandle | None = None

    def __call__(self, record: Finished) -> None:
        if not self.only_refused or record.code is not None or (record.status or 0) >= 400:
            record.ms = round(record.ms, PLACES)
            self.write(record)

    def write_json(self, record: Finished) -> None:
        line = orjson.dumps(record, option=LINE)
        self.lines.append(line)
        self.size += len(line)
        if self.size >= FULL:
            self.flush()
        elif self.waiting is None:
            self.waiting = asyncio.get_running_loop().call_later(PAUSE, self.flush)

    def flush(self) -> None:
        """Write what waits. A log on a full disk loses lines and stops nobody."""
        if self.waiting:
            self.waiting.cancel()
            self.waiting = None
        text = b"".join(self.lines).decode()
        self.lines.clear()
        self.size = 0
        with suppress(OSError):
            sys.stderr.write(text)
            sys.stderr.flush()


def write_words(record: Finished) -> None:
    """A line for people: fields that say nothing are left out."""
    said = {
        name: value
        for name, value in asdict(record).items()
        if value not in (None, False) and name not in ("timestamp", "level", "event")
    }
    log.info(record.event, **said)
