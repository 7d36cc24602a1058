"""What is logged, and how: one line an event; a bug with its traceback but never with the values
of its variables, for those are people's marks and tokens."""

import logging
import sys

import structlog


def configure(*, as_json: bool = False, level: str = "info") -> None:
    """JSON for machines in production, words for people elsewhere.

    level: Of our own messages; of libraries only what is a warning at least.
    """
    named = logging.getLevelNamesMapping()
    logging.getLogger().setLevel(max(named["WARNING"], named[level.upper()]))
    plain = structlog.dev.ConsoleRenderer(
        colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
    )
    shown = [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *(shown if as_json else [plain]),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),  # whatever that is then
        cache_logger_on_first_use=False,
    )


configure()
log = structlog.get_logger("gorod")
