"""Data directories, and programs that use them until they are killed."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from models.database.embedded import pidfile
from models.database.embedded.server import Embedded
from tests.database.processes import Start, line, passable, until


@pytest.fixture(scope="module")
def example() -> Iterator[Path]:
    """A data directory after a first start and a stop: to make one takes a second each."""
    with passable() as folder:
        with Embedded(folder / ".gorod"):
            pass
        yield folder / ".gorod"


@pytest.fixture
def folder() -> Iterator[Path]:
    with passable() as folder:
        yield folder


@pytest.fixture
def data_dir(folder: Path, example: Path) -> Path:
    """Started and stopped once before."""
    subprocess.run(["cp", "-a", example, folder], check=True)
    return folder / ".gorod"


@pytest.fixture
def writer(folder: Path) -> Iterator[Start]:
    """Starts programs that write; whatever is left of them afterwards is killed."""
    started: list[subprocess.Popen[str]] = []

    def start() -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "tests.database.writer", str(folder / ".gorod")]
        program = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        started.append(program)
        assert line(program) == ["begins"]
        return program

    yield start
    for program in started:
        with program:  # closes its pipe and waits for it
            program.kill()
    until(lambda: not pidfile.find_members(folder / ".gorod" / "postgres"))
