"""What is logged, and how: one line an event.

An error is logged with the places it passed, never with its message: messages hold values (a
statement's parameters, the row that broke a constraint, the text that is no number), and those are
people's marks, letters and tokens.
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
"""Our own errors about the server's set-up. Their messages hold no data of a school."""
QUOTED = re.compile("[(<]")
TOLD_BY_DATABASE = ("sqlstate", "constraint_name", "table_name", "column_name")


class Stderr:
    """Whatever stderr is at the moment. A log on a full disk loses lines and stops nobody."""

    def write(self, text: str) -> None:
        with suppress(OSError):
            sys.stderr.write(text)

    def flush(self) -> None:
        with suppress(OSError):
            sys.stderr.flush()


def configure(*, as_json: bool = False, level: str = "info") -> None:
    """JSON for machines in production, words for people elsewhere.

    level: Of our own messages; of libraries only what is a warning at least.
    """
    named = logging.getLevelNamesMapping()
    root = logging.getLogger()
    root.setLevel(max(named["WARNING"], named[level.upper()]))
    handler = next((one for one in root.handlers if isinstance(one.formatter, WithoutValues)), None)
    if handler is None:
        handler = logging.StreamHandler(cast("TextIO", Stderr()))
        root.addHandler(handler)
    handler.setFormatter(AsJson() if as_json else WithoutValues())
    console = structlog.dev.ConsoleRenderer(
        colors=sys.stderr.isatty(), exception_formatter=write_error
    )
    told = structlog.processors.ExceptionRenderer(described)
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


def described(exc_info: Any) -> str:
    """An error and its causes: types, places, and what the database says apart from values."""
    return "\n".join(lines_of(exc_info[1])) if exc_info and exc_info[1] else ""


def lines_of(error: BaseException, *after: BaseException) -> Iterator[str]:
    """The lines of an error that led to those `after` it, which are not told twice: `raise error
    from error` makes an error its own cause."""
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
    output.write("\n" + described(exc_info))


class WithoutValues(logging.Formatter):
    """The messages of libraries, in words. asyncio quotes the error of a task that failed, and the
    arguments of a callback: of its messages only what stands before the first of them is kept.
    """

    def message(self, record: logging.LogRecord) -> str:
        line = record.getMessage().partition("\n")[0]
        return QUOTED.split(line)[0].rstrip() if record.name == "asyncio" else line

    def format(self, record: logging.LogRecord) -> str:
        line = f"{record.levelname} {record.name}: {self.message(record)}"
        told = described(record.exc_info)
        return f"{line}\n{told}" if told else line


class AsJson(WithoutValues):
    """The messages of libraries, in the form of our own."""

    def format(self, record: logging.LogRecord) -> str:
        said = {
            "event": self.message(record),
            "logger": record.name,
            "level": record.levelname.lower(),
            "timestamp": datetime.fromtimestamp(record.created, UTC),
        }
        if told := described(record.exc_info):
            said["exception"] = told
        return orjson.dumps(said, option=orjson.OPT_UTC_Z).decode()


configure()
log = structlog.get_logger("gorod")
