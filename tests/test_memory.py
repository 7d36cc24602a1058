"""Clients can fill only a limited part of a server's memory, whatever they send."""

import subprocess
import sys
from pathlib import Path

import pytest

MOST = 30
"""Megabytes. With 16 of them the store of documents fills itself in this test."""
HERE = Path(__file__).parents[1]


@pytest.mark.parametrize(
    ("documents", "shapes"), [(700, 15), pytest.param(2000, 40, marks=pytest.mark.endurance)]
)
def test_a_storm_of_documents_nobody_sends_twice_leaves_the_memory_as_it_was(
    documents: int, shapes: int
) -> None:
    run = [sys.executable, "-m", "tests.storm", str(documents), str(shapes)]
    found = subprocess.run(run, cwd=HERE, capture_output=True, text=True, check=True)
    before, after = map(int, found.stdout.split())
    assert after - before <= MOST
