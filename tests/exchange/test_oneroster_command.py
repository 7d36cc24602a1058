"""`gorod import oneroster`, as an operator types it."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from gql.cli import app
from tests.exchange.rosters import FIXTURES, copy_school, read_text
from tests.postgres import Server

Run = Callable[..., Result]
SET = FIXTURES / "v1p1"
KINDS = ("academicSessions", "classes", "enrollments", "users")


def move_to_this_year() -> dict[str, str]:
    """Return the files of the set, moved to the current school year: the command uses today's
    date."""
    today = datetime.now(UTC).date()
    year = today.year - (today.month < 9)
    moved = {"2026-": f"{year + 1}-", "2025-": f"{year}-"}
    files = {kind: read_text(kind) for kind in KINDS}
    for before, after in moved.items() if year > 2025 else ():
        files = {kind: content.replace(before, after) for kind, content in files.items()}
    return files


@pytest.fixture
def gorod(postgres: Server, database: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("DATABASE_URL", postgres.url("postgres", database))
    monkeypatch.setenv("GOROD_SECRET_KEY", "a key that only the tests know, 32 bytes and more")
    monkeypatch.setenv("COLUMNS", "200")

    def run(*words: object) -> Result:
        return CliRunner().invoke(app, ["import", "oneroster", *map(str, words)])

    return run


@pytest.fixture
def moved(tmp_path: Path) -> Path:
    """The set after Maria has moved to 7Б."""
    files = move_to_this_year()
    files["classes"] += "cls-7b,active,,7Б,07,,,homeroom,,sch-1,y-2025,,,\n"
    lists = files["enrollments"].replace("cls-7a,sch-1,masha", "cls-7b,sch-1,masha")
    return copy_school(tmp_path / "moved", "v1p1", **files | {"enrollments": lists})


def parse_answer(result: Result) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_it_lists_the_changes_and_then_makes_them(gorod: Run) -> None:
    first = gorod(SET)
    assert (first.exit_code, "Student" in first.stdout) == (0, True), first.output
    assert "МБОУ «Гимназия № 1» (new)" in first.stdout
    assert "users.csv" in first.stdout
    assert "Nothing was written yet: say --apply." in first.stdout
    assert "(new)" in gorod(SET).stdout
    assert "Written:" in gorod(SET, "--apply").stdout
    again = gorod(SET, "--apply")
    assert (again.exit_code, "Nothing has changed." in again.stdout) == (0, True)


def test_it_ends_nothing_unless_it_is_told_to(gorod: Run, moved: Path, tmp_path: Path) -> None:
    before = copy_school(tmp_path / "before", "v1p1", **move_to_this_year())
    gorod(before, "--apply")
    asked = gorod(moved, "--apply")
    assert (asked.exit_code, "--yes" in asked.stderr) == (1, True)
    assert parse_answer(gorod(before, "--json"))["schools"][0]["entities"]["ClassMembership"] == {
        "created": 0,
        "updated": 0,
        "unchanged": 2,
        "ended": 0,
    }
    told = gorod(moved, "--apply", "--yes")
    assert (told.exit_code, "Written:" in told.stdout) == (0, True), told.output


def test_a_program_gets_everything_as_json(gorod: Run, tmp_path: Path) -> None:
    broken = read_text("users").replace("Мария,Петрова", ",Петрова")
    result = gorod(copy_school(tmp_path, "v1p1", users=broken), "--apply", "--json")
    assert result.exit_code == 1
    report = parse_answer(result)
    assert (report["applied"], report["errors"] > 0) == (False, True)
    [error] = [it for it in report["findings"] if it["code"] == "VALUE_MISSING"]
    assert (error["file"], error["row"], error["column"]) == ("users.csv", 4, "givenName")
    assert error["russian"] != error["english"]


def test_a_folder_without_a_set_is_refused(gorod: Run, tmp_path: Path) -> None:
    nothing = gorod(tmp_path)
    assert (nothing.exit_code, "There are no OneRoster files" in nothing.stderr) == (1, True)
    assert gorod(tmp_path / "absent").exit_code == 2
    assert gorod(SET, "--time-zone", "Nowhere").exit_code == 2
