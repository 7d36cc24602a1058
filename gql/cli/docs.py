"""`gorod docs`: the reference of the API."""

from pathlib import Path
from typing import Annotated

import typer

from gql.cli.console import amount, say

app = typer.Typer(help="The reference of the API as pages to read.", no_args_is_help=True)


@app.callback()
def docs() -> None:
    """The reference of the API as pages to read."""


@app.command()
def build(
    directory: Annotated[Path, typer.Argument(help="Where to write it; made if missing.")],
) -> None:
    """Write the reference into a directory; open index.html, no server is needed."""
    from gql.reference.book.pages import build as make

    files = make()
    for name, text in files.items():
        file = directory / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    say(f"{amount(len(files), 'file')} in {directory}; begin with {directory / 'index.html'}.")
