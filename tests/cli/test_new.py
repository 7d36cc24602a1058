"""`gorod new`: the files of a feature that works before anything is filled in."""

import subprocess
import sys
from pathlib import Path
from shutil import copy, copytree, ignore_patterns

import pytest

ROOT = Path(__file__).parents[2]
TREES = ("auth", "gql", "models", "resolvers")
GOROD = (sys.executable, "-c", "from gql.cli import main; main()")
ASK = """
from gql.schema import schema
told = schema.as_str()
assert "readingGroups(" in told
assert "createReadingGroup(" in told
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A source tree of one's own."""
    for name in TREES:
        copytree(ROOT / name, tmp_path / name, ignore=ignore_patterns("__pycache__", "static"))
    for folder in ("structure", "specimens"):
        (tmp_path / "tests" / folder).mkdir(parents=True)
    for name in ("schema.graphql", "pyproject.toml"):
        copy(ROOT / name, tmp_path / name)
    return tmp_path


def run_new(tree: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(words, cwd=tree, capture_output=True, text=True, check=False)


def test_a_new_feature_is_in_the_schema_and_in_good_order(tree: Path) -> None:
    made = run_new(tree, *GOROD, "new", "structure/reading_groups")
    assert made.returncode == 0, made.stderr
    files = made.stdout.partition("Next:")[0].split()
    assert len(files) == 6
    for words in (("check", "--ignore", "I001"), ("format", "--check")):
        found = run_new(tree, sys.executable, "-m", "ruff", *words, *files)
        assert found.returncode == 0, found.stdout
    found = run_new(tree, sys.executable, "-c", ASK)
    assert found.returncode == 0, found.stderr
    again = run_new(tree, *GOROD, "new", "structure/reading_groups")
    assert (again.returncode, "is there already" in again.stderr) == (2, True)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("clubs",), "it must be ROOM/FEATURE"),
        (("Structure/Clubs",), "it must be ROOM/FEATURE"),
        (("../clubs",), "it must be ROOM/FEATURE"),
        (("garden/clubs",), "the rooms are access, communication"),
        (("structure/staff",), "say what one of staff is called"),
        (("structure/clubs", "--row", "reading club"), "it must be like Club"),
    ],
)
def test_a_slip_is_told_and_nothing_is_written(
    tree: Path, words: tuple[str, ...], told: str
) -> None:
    before = sorted(tree.rglob("*.py"))
    refused = run_new(tree, *GOROD, "new", *words)
    assert (refused.returncode, told in " ".join(refused.stderr.split())) == (2, True), refused
    assert sorted(tree.rglob("*.py")) == before


def test_outside_of_a_source_tree_it_is_refused(tmp_path: Path) -> None:
    refused = run_new(tmp_path, *GOROD, "new", "structure/clubs")
    assert (refused.returncode, "root of the source tree" in refused.stderr) == (2, True)


def test_no_place_is_left_to_fill_in() -> None:
    found = [
        file
        for name in (*TREES, "tests")
        for file in (ROOT / name).rglob("*.py")
        if "FILL IN" in file.read_text() and file != Path(__file__) and file.stem != "developing"
    ]
    assert found == []
