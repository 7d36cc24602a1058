"""The place where commands look for the database: a wrong GOROD_DATA_DIR is an error, and never
makes a second database."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from gql.cli import app
from tests.cli.conftest import OnBareMachine
from tests.exchange.rosters import FIXTURES

MAKE_ONE = {"dev", "serve", "db upgrade"}
NEED_NONE = {
    "version", "doctor", "restore", "docs build", "new", "db revise",
    "schema print", "schema check", "schema breaking", "schema build", "schema list",
    "schema release",
}  # fmt: skip
TYPED = {
    "documents add": "QUERY",
    "documents remove": "sha256:00",
    "documents retire": "sha256:00",
    "db downgrade": "base --yes",
    "demo load": "--yes",
    "backup": "NEW",
    "explain": "QUERY --as director",
    "import oneroster": "FOLDER",
    "key reset": "--yes",
    "user create-admin": "first.admin --name NAME --school 1",
    "user create-director": "first.director --name NAME --new-school Школа",
    "user reset-password": "director",
}
"""The arguments that a command requires. A new command that requires some needs a line here."""


def list_commands(group: Any, *path: str) -> Iterator[str]:
    """Yield all commands that can be typed after `gorod`."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from list_commands(command, *path, name)
        else:
            yield " ".join([*path, name])


ALL = sorted(list_commands(typer.main.get_command(app)))


def make_words(command: str, folder: Path) -> list[str]:
    query = folder / "query.graphql"
    query.write_text("{ school { id } }")
    known = {
        "QUERY": str(query),
        "NEW": str(folder / "new.tar"),
        "FOLDER": str(FIXTURES / "v1p1"),
        "NAME": "Седов Илья",
    }
    typed = f"{command} {TYPED.get(command, '')}".split()
    return [known.get(word, word) for word in typed]


@pytest.mark.parametrize("command", sorted(set(ALL) - MAKE_ONE - NEED_NONE))
def test_a_command_at_the_wrong_place_says_there_is_no_database(
    run: OnBareMachine, tmp_path: Path, command: str
) -> None:
    ended = run(*make_words(command, tmp_path))
    assert ended.code == 2, ended
    assert f"There is no database in {tmp_path}/data" in ended.said
    assert "GOROD_DATA_DIR" in ended.said
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("command", sorted(NEED_NONE))
def test_a_command_that_needs_no_database_makes_none(
    run: OnBareMachine, tmp_path: Path, command: str
) -> None:
    assert "There is no database in" not in run(*command.split()).said
    assert not (tmp_path / "data").exists()


def test_every_command_was_listed() -> None:
    assert set(ALL) >= MAKE_ONE | NEED_NONE | TYPED.keys()
