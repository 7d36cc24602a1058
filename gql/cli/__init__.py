"""`gorod`, the command line. Its modules import what is heavy only inside of commands."""

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

# Help with rich would cost twice as much time as all the rest of it.
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
    """Exit codes: 0 done, 1 failed, 2 asked wrongly."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal of few letters shows "?" for others
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
        said = str(problem).partition("\n")[0]  # a driver's further lines quote people's data
        name = type(problem).__name__
        _end(f"unexpected {name}: {said}. GOROD_LOG_LEVEL=debug shows where it comes from.", 1)


def _end(text: str, code: int) -> NoReturn:
    sys.stderr.write(f"gorod: {text}\n")
    sys.exit(code)


def _is_told(problem: Exception) -> bool:
    """Whether its text is meant for people. Whoever raised it has imported the module it is of;
    to import that here would cost a second."""
    kinds = [getattr(sys.modules[m], name) for m, name in _TOLD.items() if m in sys.modules]
    return isinstance(problem, tuple(kinds))
