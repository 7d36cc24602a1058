"""Commands of the command line, run on the database of a test."""

import hashlib
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from gql import cli, logs
from gql.cli import app
from models.database import roles
from models.database.address import open_session
from tests.cli.saving import UPLOADED, School, fetch_value
from tests.clones import Clones, clone
from tests.conftest import KEY, Template
from tests.files.sending import PDF
from tests.garbage import thresholds_kept
from tests.postgres import Server

Run = Callable[..., Result]


@pytest.fixture
def type_command(
    postgres: Server, database: str, clones: Clones, monkeypatch: pytest.MonkeyPatch
) -> Run:
    """Run a command on the database of the test: `type_command("user", "reset-password",
    "director")`."""
    monkeypatch.setenv("DATABASE_URL", postgres.url("postgres", database))
    monkeypatch.setenv("GOROD_SECRET_KEY", KEY.decode())
    monkeypatch.setenv("COLUMNS", "400")

    def run(*words: str) -> Result:
        clones.written = True  # by connections of its own, which nobody watches
        return CliRunner().invoke(app, [*words])

    return run


MACHINE = ("PG", "GOROD_", "DATABASE_URL", "PORT")


@dataclass(frozen=True)
class Outcome:
    """The exit code and the output of a command."""

    code: int
    said: str


OnBareMachine = Callable[..., Outcome]


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Iterator[OnBareMachine]:
    """Run a command in this process on a bare machine: `run("serve", PORT="eighty")`."""
    for name in [name for name in os.environ if name.startswith(MACHINE)]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GOROD_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("PORT", "0")

    def run_command(*words: str, **environment: str) -> Outcome:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(sys, "argv", ["gorod", *words])
        with pytest.raises(SystemExit) as end:
            cli.main()
        said = capsys.readouterr()
        return Outcome(int(end.value.code or 0), said.err + said.out)

    with thresholds_kept():
        yield run_command
    logs.configure()


@pytest.fixture
async def school(postgres: Server, template: Template, tmp_path: Path, worker_id: str) -> School:
    name = f"saved_{worker_id}"
    operator = await open_session(postgres.url("postgres", "postgres"))
    await clone(operator, template.name, name)
    await operator.close()
    school = School(postgres.url("postgres", name), tmp_path / "school")
    school.key.keep(KEY)
    file = school.folder / "files" / "1" / "1" / "AbC_-12"
    file.parent.mkdir(parents=True)
    file.write_bytes(PDF)
    digest = hashlib.sha256(PDF).digest()
    await fetch_value(school.url, UPLOADED, len(PDF), digest, "1/1/AbC_-12")
    return school


@pytest.fixture
async def empty_place(postgres: Server, tmp_path: Path, worker_id: str) -> School:
    """An empty database and no data directory."""
    name = f"restored_{worker_id}"
    operator = await open_session(postgres.url("postgres", "postgres"))
    await operator.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    await operator.close()
    await roles.prepare(postgres.url("postgres", "postgres"), name)
    return School(postgres.url("postgres", name), tmp_path / "elsewhere")


@pytest.fixture
def backup(run: OnBareMachine, school: School, tmp_path: Path) -> Path:
    file = tmp_path / "school.tar"
    made = run("backup", str(file), **school.make_environment())
    assert (made.code, "It holds the secret key" in made.said) == (0, True), made
    return file
