"""A school that was made once, to be copied."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from models.database.embedded import pidfile
from tests.database.processes import passable, until
from tests.outages.school import running


@pytest.fixture(scope="session")
def example() -> Iterator[Path]:
    with passable() as folder:
        with running(folder / ".gorod") as made:
            assert made.stop() == 0
        yield folder / ".gorod"


@pytest.fixture
def data_dir(example: Path) -> Iterator[Path]:
    with passable() as folder:
        subprocess.run(["cp", "-a", example, folder], check=True)
        yield folder / ".gorod"
        until(lambda: not pidfile.find_members(folder / ".gorod" / "postgres"))
