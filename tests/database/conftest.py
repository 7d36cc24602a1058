"""Data directories, and programs that use them until they are killed."""

import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from models.database.address import open_session
from models.database.embedded import pidfile
from models.database.embedded.server import Embedded
from models.database.roles import OWNER
from tests.clones import clone, make_empty_database, make_once
from tests.conftest import TABLES
from tests.database.processes import Start, make_open_folder, read_line, wait_until
from tests.postgres import Server
from tests.undo import Operator

Upgraded = Callable[[str], Awaitable[str]]


@pytest.fixture
def make_upgraded(postgres: Server) -> Upgraded:
    """`await upgraded("revised")`: the superuser's address of a new database with all tables, a
    copy of one that was upgraded once a run."""

    async def make(operator: Operator) -> str:
        await make_empty_database(postgres, operator, TABLES)
        return ""

    async def copy(name: str) -> str:
        await make_once(postgres, TABLES, make)
        operator = await open_session(postgres.url("postgres", "postgres"))
        await clone(operator, TABLES, name)
        await operator.execute(f"ALTER DATABASE {name} OWNER TO {OWNER}")
        await operator.close()
        return postgres.url("postgres", name)

    return copy


@pytest.fixture(scope="module")
def example() -> Iterator[Path]:
    """A data directory after a first start and a stop; it takes a second to make one."""
    with make_open_folder() as folder:
        with Embedded(folder / ".gorod"):
            pass
        yield folder / ".gorod"


@pytest.fixture
def folder() -> Iterator[Path]:
    with make_open_folder() as folder:
        yield folder


@pytest.fixture
def data_dir(folder: Path, example: Path) -> Path:
    """A data directory of a server that was started and stopped once before."""
    subprocess.run(["cp", "-a", example, folder], check=True)
    return folder / ".gorod"


@pytest.fixture
def writer(folder: Path) -> Iterator[Start]:
    """Start programs that write; those that still run after the test are killed."""
    started: list[subprocess.Popen[str]] = []

    def start() -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "tests.database.writer", str(folder / ".gorod")]
        program = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        started.append(program)
        assert read_line(program) == ["begins"]
        return program

    yield start
    for program in started:
        with program:  # closes its pipe and waits for it
            program.kill()
    wait_until(lambda: not pidfile.find_members(folder / ".gorod" / "postgres"))
