"""`gorod schema`: the printed contract."""

import sys
from difflib import unified_diff
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer

from gql.cli.console import fail, say

app = typer.Typer(help="The schema of the API.", no_args_is_help=True)

FILE = Path(__file__).parents[2] / "schema.graphql"
_SHOWN = 60


@app.command("print")
def show() -> None:
    """Print the schema."""
    sys.stdout.write(_printed())


@app.command()
def check(
    file: Annotated[Path, typer.Argument(help="The file that should be the schema.")] = FILE,
) -> None:
    """Fail unless the file is what `print` prints."""
    written = file.read_text(encoding="utf-8") if file.exists() else ""
    printed = _printed()
    if written == printed:
        say(f"{file.name} is up to date.")
        return
    difference = unified_diff(
        written.splitlines(), printed.splitlines(), file.name, "the code", lineterm="", n=1
    )
    for line in islice(difference, _SHOWN):
        say(line)
    fail(f"{file.name} is not what the code says. Run `make schema`.")


def _printed() -> str:
    from gql.schema import schema

    return f"{schema.as_str().rstrip()}\n"
