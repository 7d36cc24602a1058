"""A school that is made once, and copied for each test."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from models.database.embedded import pidfile
from tests.database.processes import make_open_folder, wait_until
from tests.outages.school import run_dev


@pytest.fixture(scope="session")
def example() -> Iterator[Path]:
    with make_open_folder() as folder:
        with run_dev(folder / ".gorod") as made:
            assert made.stop() == 0
        yield folder / ".gorod"


@pytest.fixture
def data_dir(example: Path) -> Iterator[Path]:
    with make_open_folder() as folder:
        subprocess.run(["cp", "-a", example, folder], check=True)
        yield folder / ".gorod"
        wait_until(lambda: not pidfile.find_members(folder / ".gorod" / "postgres"))
