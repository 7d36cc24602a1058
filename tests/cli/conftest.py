"""Typing commands at the database of a test."""

from collections.abc import Callable

import pytest
from typer.testing import CliRunner, Result

from gql.cli import app
from tests.clones import Clones
from tests.postgres import Server

Run = Callable[..., Result]


@pytest.fixture
def typed(postgres: Server, database: str, kept: Clones, monkeypatch: pytest.MonkeyPatch) -> Run:
    """`typed("user", "reset-password", "director")`."""
    monkeypatch.setenv("DATABASE_URL", postgres.url("postgres", database))
    monkeypatch.setenv("COLUMNS", "400")

    def run(*words: str) -> Result:
        kept.written = True  # by connections of its own, which nobody watches
        return CliRunner().invoke(app, [*words])

    return run
