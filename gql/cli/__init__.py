"""`gorod`, the command line. Its modules import what is heavy only inside of commands."""

import sys

import typer

from gql.cli import data, doctor, exchange, explain, schema, serving, tables, users

_TOLD = {"models.database.problems": "DatabaseProblem", "models.problems": "Problem"}

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
app.add_typer(exchange.app, name="import")
app.add_typer(schema.app, name="schema")
doctor.register(app)
explain.register(app)


def main() -> None:
    """Exit codes: 0 done, 1 failed, 2 asked wrongly."""
    try:
        app()
    except Exception as problem:
        if not _is_told(problem):
            raise
        blamed = f" ({field})" if (field := getattr(problem, "field", None)) else ""
        sys.stderr.write(f"gorod: {problem}{blamed}\n")
        sys.exit(1)


def _is_told(problem: Exception) -> bool:
    """Whether its text is meant for people. Whoever raised it has imported the module it is of;
    to import that here would cost a second."""
    kinds = [getattr(sys.modules[m], name) for m, name in _TOLD.items() if m in sys.modules]
    return isinstance(problem, tuple(kinds))
