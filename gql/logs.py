"""The log: one line per event.

An error is logged with its traceback, never with its message: messages contain values (a
statement's parameters, the row that violates a constraint, the text that is no number), and those
are people's marks, letters and tokens.
"""

import logging
import re
import sys
import traceback
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, TextIO, cast

import orjson
import structlog
from structlog.typing import ExcInfo

from models.database.problems import DatabaseProblem

WITHOUT_VALUES = (DatabaseProblem,)
"""Our own errors about the server's set-up, whose messages contain no data of a school."""
QUOTED = re.compile("[(<]")
TOLD_BY_DATABASE = ("sqlstate", "constraint_name", "table_name", "column_name")


class Stderr:
    """The current `sys.stderr`. If the disk is full, lines are lost and no request fails."""

    def write(self, text: str) -> None:
        with suppress(OSError):
            sys.stderr.write(text)

    def flush(self) -> None:
        with suppress(OSError):
            sys.stderr.flush()


def configure(*, as_json: bool = False, level: str = "info") -> None:
    """Configure logging: JSON for programs, or text for people.

    level: Of our own messages. Libraries log warnings and errors only.
    """
    named = logging.getLevelNamesMapping()
    root = logging.getLogger()
    root.setLevel(max(named["WARNING"], named[level.upper()]))
    handler = next(
        (one for one in root.handlers if isinstance(one.formatter, ValueFreeFormatter)), None
    )
    if handler is None:
        handler = logging.StreamHandler(cast("TextIO", Stderr()))
        root.addHandler(handler)
    handler.setFormatter(JsonFormatter() if as_json else ValueFreeFormatter())
    console = structlog.dev.ConsoleRenderer(
        colors=sys.stderr.isatty(), exception_formatter=write_error
    )
    told = structlog.processors.ExceptionRenderer(describe_error)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *([told, structlog.processors.JSONRenderer()] if as_json else [console]),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_: structlog.PrintLogger(cast("TextIO", Stderr())),
        cache_logger_on_first_use=False,
    )


def describe_error(exc_info: Any) -> str:
    """Return an error and its causes: types, tracebacks, names of the database; no values."""
    return "\n".join(lines_of(exc_info[1])) if exc_info and exc_info[1] else ""


def lines_of(error: BaseException, *after: BaseException) -> Iterator[str]:
    """Yield the lines of an error that caused those `after` it. These are skipped as causes:
    `raise error from error` makes an error its own cause."""
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None and not any(cause is one for one in (error, *after)):
        yield from lines_of(cause, error, *after)
    yield "".join(traceback.format_tb(error.__traceback__)).rstrip()
    details = [
        f"{name}={value}" for name in TOLD_BY_DATABASE if (value := getattr(error, name, None))
    ]
    if isinstance(error, WITHOUT_VALUES):
        details.append(str(error))
    yield " ".join([f"{type(error).__module__}.{type(error).__qualname__}", *details])


def write_error(output: TextIO, exc_info: ExcInfo) -> None:
    output.write("\n" + describe_error(exc_info))


class ValueFreeFormatter(logging.Formatter):
    """Formats the messages of libraries as text. asyncio quotes the error of a failed task and the
    arguments of a callback, so its messages are cut before the first of them.
    """

    def cut_message(self, record: logging.LogRecord) -> str:
        line = record.getMessage().partition("\n")[0]
        return QUOTED.split(line)[0].rstrip() if record.name == "asyncio" else line

    def format(self, record: logging.LogRecord) -> str:
        line = f"{record.levelname} {record.name}: {self.cut_message(record)}"
        told = describe_error(record.exc_info)
        return f"{line}\n{told}" if told else line


class JsonFormatter(ValueFreeFormatter):
    """Formats the messages of libraries as JSON in the form of our own."""

    def format(self, record: logging.LogRecord) -> str:
        said = {
            "event": self.cut_message(record),
            "logger": record.name,
            "level": record.levelname.lower(),
            "timestamp": datetime.fromtimestamp(record.created, UTC),
        }
        if told := describe_error(record.exc_info):
            said["exception"] = told
        return orjson.dumps(said, option=orjson.OPT_UTC_Z).decode()


configure()
log = structlog.get_logger("gorod")
