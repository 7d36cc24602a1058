"""`gorod schema`: the printed contract."""

import sys
from datetime import UTC, datetime
from difflib import unified_diff
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer

from gql.cli.console import amount, fail, say

app = typer.Typer(help="The schema of the API, and files for client tools.", no_args_is_help=True)

ROOT = Path(__file__).parents[2]
FILE = ROOT / "schema.graphql"
RELEASED = ROOT / ".ci" / "schema" / "released.graphql"
CHANGELOG = ROOT / "CHANGELOG.md"
_SHOWN = 60


@app.command("print")
def show(
    name: Annotated[str, typer.Argument(help="One of the files that `list` names.")] = FILE.name,
) -> None:
    """Print the schema, or another file of the contract."""
    if name == FILE.name:
        sys.stdout.write(_print_schema())
        return
    from gql.reference.contract import contract_files

    files = contract_files()
    if name not in files:
        fail(f"There is no file {name!r}; choose one of {', '.join(files)}.")
    sys.stdout.write(files[name].stored.content.decode())


@app.command("list")
def names() -> None:
    """List the files of the contract, which a server has at /schema/."""
    from gql.reference.contract import contract_files

    files = contract_files()
    wide = max(map(len, files))
    for name, file in files.items():
        say(f"{name:{wide}}  {file.english}")


@app.command()
def build(
    directory: Annotated[Path, typer.Argument(help="Where to write them; made if missing.")],
) -> None:
    """Write all files of the contract into a directory."""
    from gql.reference.contract import contract_files

    directory.mkdir(parents=True, exist_ok=True)
    files = contract_files()
    for name, file in files.items():
        (directory / name).write_bytes(file.stored.content)
    say(f"{amount(len(files), 'file')} in {directory}.")


@app.command()
def check(
    file: Annotated[Path, typer.Argument(help="The file that should be the schema.")] = FILE,
) -> None:
    """Fail unless the file is what `print` prints."""
    written = file.read_text(encoding="utf-8") if file.exists() else ""
    printed = _print_schema()
    if written == printed:
        say(f"{file.name} is up to date.")
        return
    difference = unified_diff(
        written.splitlines(), printed.splitlines(), file.name, "the code", lineterm="", n=1
    )
    for line in islice(difference, _SHOWN):
        say(line)
    fail(f"{file.name} is not what the code says. Run `make schema`.")


@app.command()
def breaking(
    released: Annotated[
        Path, typer.Argument(help="The schema that clients use now; unset: of the last release.")
    ] = RELEASED,
    changelog: Annotated[
        Path, typer.Option(help="Where `- Breaking:` items name the changes.")
    ] = CHANGELOG,
) -> None:
    """Fail if the schema breaks clients and the changelog does not tell them."""
    from gql.reference.breaking import TOLD, find_dangerous, find_unmentioned, is_of_last_release

    old, told = (file.read_text(encoding="utf-8") for file in (released, changelog))
    new = _print_schema()
    if not is_of_last_release(old, told):
        fail(
            f"{released.name} is not the schema of the newest release in {changelog.name}. "
            "`gorod schema release VERSION` writes both."
        )
    for change in find_dangerous(old, new):
        say(f"May break clients: {change.description}")
    found = find_unmentioned(old, new, told)
    for change in found:
        say(f"{change.coordinate}: {change.description}")
    if found:
        fail(
            f"These changes break clients. Undo them, or tell of each in {changelog.name} in an "
            f"item of its own: {TOLD} `{found[0].coordinate}` …"
        )
    say("Every change that breaks clients is told.")


@app.command()
def release(
    version: Annotated[str, typer.Argument(help="Version of the release, as in 1.2.0.")],
    released: Annotated[Path, typer.Option(help="The file for the schema.")] = RELEASED,
    changelog: Annotated[Path, typer.Option(help="Its `Unreleased` is closed.")] = CHANGELOG,
) -> None:
    """Keep the schema as the one that clients use from now on, when Gorod is released."""
    from gql.reference.breaking import release

    day = f"{datetime.now(UTC):%Y-%m-%d}"
    schema, told = release(_print_schema(), changelog.read_text(encoding="utf-8"), version, day)
    released.write_text(schema, encoding="utf-8")
    changelog.write_text(told, encoding="utf-8")
    say(f"{released.name} and {changelog.name} are those of {version}.")


def _print_schema() -> str:
    from gql.schema import schema

    return f"{schema.as_str().rstrip()}\n"
