"""Typing commands at the database of a test."""

import gc
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from gql import cli, logs
from gql.cli import app
from tests.clones import Clones
from tests.conftest import KEY
from tests.postgres import Server

Run = Callable[..., Result]


@pytest.fixture
def typed(postgres: Server, database: str, kept: Clones, monkeypatch: pytest.MonkeyPatch) -> Run:
    """`typed("user", "reset-password", "director")`."""
    monkeypatch.setenv("DATABASE_URL", postgres.url("postgres", database))
    monkeypatch.setenv("GOROD_SECRET_KEY", KEY.decode())
    monkeypatch.setenv("COLUMNS", "400")

    def run(*words: str) -> Result:
        kept.written = True  # by connections of its own, which nobody watches
        return CliRunner().invoke(app, [*words])

    return run


MACHINE = ("PG", "GOROD_", "DATABASE_URL", "PORT")


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    said: str


OnBareMachine = Callable[..., Ended]


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Iterator[OnBareMachine]:
    """`run("serve", PORT="eighty")`: the command line, in this process, on a bare machine."""
    for name in [name for name in os.environ if name.startswith(MACHINE)]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GOROD_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("PORT", "0")

    def typed(*words: str, **environment: str) -> Ended:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(sys, "argv", ["gorod", *words])
        with pytest.raises(SystemExit) as end:
            cli.main()
        said = capsys.readouterr()
        return Ended(int(end.value.code or 0), said.err + said.out)

    yield typed
    logs.configure()
    gc.enable()
