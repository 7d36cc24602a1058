"""`gorod`, the command line. Its modules import heavy modules inside of commands only."""

import io
import os
import sys
from typing import NoReturn

import typer

from gql.cli import (
    backup,
    data,
    developing,
    docs,
    doctor,
    documents,
    exchange,
    explain,
    keys,
    schema,
    serving,
    tables,
    users,
)

_TOLD = {"models.operator": "OperatorProblem", "models.problems": "Problem"}
_STRIPPED = (
    "Python runs without docstrings here (PYTHONOPTIMIZE=2 or -OO), and Gorod's messages and "
    "descriptions are docstrings. Unset PYTHONOPTIMIZE, or set it to 1."
)

# With rich, `--help` would take three times as long.
app = typer.Typer(
    name="gorod",
    help="Gorod: a school's information system as one GraphQL API.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
serving.register(app)
app.add_typer(tables.app, name="db")
app.add_typer(data.app, name="demo")
app.add_typer(users.app, name="user")
app.add_typer(keys.app, name="key")
app.add_typer(exchange.app, name="import")
app.add_typer(schema.app, name="schema")
app.add_typer(docs.app, name="docs")
app.add_typer(documents.app, name="documents")
doctor.register(app)
backup.register(app)
explain.register(app)
developing.register(app)


def main() -> None:
    """Run a command. Exit codes: 0 done, 1 failed, 2 wrong arguments."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(
            stream, io.TextIOWrapper
        ):  # "?" for characters that the terminal does not have
            stream.reconfigure(errors="replace")
    if sys.flags.optimize > 1:
        _end(_STRIPPED, 2)
    try:
        app()
    except Exception as problem:
        if os.environ.get("GOROD_LOG_LEVEL", "").lower() == "debug":
            raise
        if _is_told(problem):
            blamed = f" ({field})" if (field := getattr(problem, "field", None)) else ""
            _end(f"{problem}{blamed}", getattr(problem, "exit_code", 1))
        if isinstance(problem, OSError):
            _end(f"{problem}", 1)
        said = str(problem).partition("\n")[0]  # further lines of a driver's error quote rows
        name = type(problem).__name__
        _end(f"unexpected {name}: {said}. GOROD_LOG_LEVEL=debug shows where it comes from.", 1)


def _end(text: str, code: int) -> NoReturn:
    sys.stderr.write(f"gorod: {text}\n")
    sys.exit(code)


def _is_told(problem: Exception) -> bool:
    """Whether the text of an exception is meant for people. Its module has been imported by the
    code that raised it; to import it here would take a second."""
    kinds = [getattr(sys.modules[m], name) for m, name in _TOLD.items() if m in sys.modules]
    return isinstance(problem, tuple(kinds))
