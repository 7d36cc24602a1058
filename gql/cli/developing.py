"""`gorod new`: the files of a new feature, with their places to fill."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from gql.cli.console import say

_TEMPLATES = Path(__file__).parent / "feature"
_PLACES = {
    "models": "models/{room}/{feature}.py",
    "auth": "auth/{room}/{feature}.py",
    "resolvers": "resolvers/{room}/{feature}.py",
    "gql": "gql/{room}/{feature}.py",
    "specimens": "tests/specimens/{room}_{feature}.py",
    "tests": "tests/{room}/test_{feature}.py",
}
"""The file of each template, relative to the root of the source tree."""
_NAME = re.compile(r"([a-z]+)/([a-z][a-z0-9]*(?:_[a-z0-9]+)*)")
_ROW = re.compile(r"[A-Z][A-Za-z0-9]*")
_NEXT = """\
Next:
  1. Fill in what says FILL IN, row and rule first.
  2. {gorod} db revise "{things}", read the file, {gorod} db upgrade
  3. make schema
  4. .venv/bin/pytest {tests}
  5. make quick
CONTRIBUTING.md tells more."""


def register(app: typer.Typer) -> None:
    app.command("new")(new)


def new(
    name: Annotated[str, typer.Argument(help="ROOM/FEATURE, such as structure/clubs.")],
    row: Annotated[
        str | None,
        typer.Option(help="The name of the row, such as Club; else the feature without its s."),
    ] = None,
) -> None:
    """For developers: write the files of a new feature, with their places to fill. They work as
    they are: a list of rows with names, made and corrected by the director."""
    root = Path.cwd()
    room, feature = _parse_name(name, root)
    names = _name_all(room, feature, row or _guess_row(feature))
    files = {
        template: root / place.format(room=room, feature=feature)
        for template, place in _PLACES.items()
    }
    if there := [file for file in files.values() if file.exists()]:
        raise typer.BadParameter(f"{there[0]} is there already", param_hint="NAME")
    for template, file in files.items():
        file.parent.mkdir(exist_ok=True)
        file.write_text(_fill(template, names))
        say(str(file.relative_to(root)))
    # Long names make long lines, which a template cannot foresee.
    formatting = [sys.executable, "-m", "ruff", "format", "--quiet", *map(str, files.values())]
    subprocess.run(formatting, check=True)  # noqa: S603  # no word of it comes from outside
    say(
        _NEXT.format(
            gorod=".venv/bin/gorod", things=names["things"], tests=files["tests"].relative_to(root)
        )
    )


def _parse_name(name: str, root: Path) -> tuple[str, str]:
    """Return room and feature. Raises BadParameter."""
    if not (root / "schema.graphql").exists():
        raise typer.BadParameter("run it in the root of the source tree", param_hint="NAME")
    if (found := _NAME.fullmatch(name)) is None:
        raise typer.BadParameter(
            "it must be ROOM/FEATURE in small letters, such as structure/clubs", param_hint="NAME"
        )
    rooms = sorted(
        folder.name
        for folder in (root / "models").glob("[a-z]*")
        if all((root / tree / folder.name).is_dir() for tree in ("models", "auth", "gql"))
    )
    if found[1] not in rooms:
        raise typer.BadParameter(
            f"there is no room {found[1]}; the rooms are {', '.join(rooms)}", param_hint="NAME"
        )
    return found[1], found[2]


def _guess_row(feature: str) -> str:
    singular = feature.removesuffix("s")
    if singular == feature or singular.endswith("s"):
        raise typer.BadParameter(f"say what one of {feature} is called", param_hint="--row")
    return "".join(part.capitalize() for part in singular.split("_"))


def _name_all(room: str, feature: str, row: str) -> dict[str, str]:
    """Return all spellings of the names that the templates use. Raises BadParameter."""
    if _ROW.fullmatch(row) is None:
        raise typer.BadParameter("it must be like Club or ReadingGroup", param_hint="--row")
    words = [word.lower() for word in re.findall(r"[A-Z][a-z0-9]*", row)]
    things = feature.replace("_", " ")
    first, *rest = feature.split("_")
    return {
        "room": room,
        "feature": feature,
        "table": feature,
        "Row": row,
        "one": "_".join(words),
        "field": row[0].lower() + row[1:],
        "fields": first + "".join(part.capitalize() for part in rest),
        "thing": " ".join(words),
        "things": things,
        "Things": things.capitalize(),
    }


def _fill(template: str, names: dict[str, str]) -> str:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    place = Environment(  # noqa: S701  # Python, not HTML
        loader=FileSystemLoader(_TEMPLATES), undefined=StrictUndefined, keep_trailing_newline=True
    )
    return place.get_template(f"{template}.py.jinja").render(names)
