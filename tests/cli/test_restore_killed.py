"""A killed restore leaves nothing that is taken for a school, and can be repeated."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from models.database.address import parse_address
from resolvers.backup.unfinished import Place
from tests.cli.conftest import OnBareMachine
from tests.cli.saving import School, fetch_value, hash_tables, run_in_thread
from tests.database.processes import wait_until
from tests.files.bucket import NEVER, Bucket, open_bucket
from tests.files.sending import PDF

PATIENT = 90.0
"""The seconds to wait for a step; loading takes long on a busy machine."""
UNFINISHED = "`gorod restore` again"
TABLES = "SELECT count(*) FROM pg_class WHERE relname = 'marks' AND relkind = 'r'"
LOADING = """SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database
    WHERE d.datname = current_database() AND mode = 'AccessExclusiveLock'"""
WAITING = """SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND query = 'ANALYZE' AND wait_event_type = 'Lock'"""
OTHERS = """SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND backend_type LIKE 'client%'
    AND pid <> pg_backend_pid()"""


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    with open_bucket() as bucket:
        for name, value in bucket.settings.items():
            monkeypatch.setenv(name, value)
        yield bucket


@contextmanager
def start_restore(saved: Path, environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """Start a process that restores, and kill it at the end of the block at the latest."""
    command = [sys.executable, "-c", "from gql.cli import main; main()", "restore", str(saved)]
    with subprocess.Popen(
        command, env=os.environ | environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as program:
        try:
            yield program
        finally:
            program.kill()


def assert_refused_everywhere(
    run: OnBareMachine, environment: dict[str, str], target: Path
) -> None:
    for words in ("serve", "db status", "dev", "demo logins", f"backup {target / 'half.tar'}"):
        ended = run(*words.split(), **environment)
        assert (ended.code, UNFINISHED in ended.said) == (2, True), (words, ended)


@pytest.mark.endurance
@pytest.mark.lengthy
def test_one_that_is_killed_at_any_moment_can_be_repeated(
    run: OnBareMachine,
    school: School,
    empty_place: School,
    backup: Path,
    bucket: Bucket,
    tmp_path: Path,
) -> None:
    """The restore is killed later each time: before the first byte of a file, in the middle, when
    all bytes are written but not marked as complete, while rows are loaded, and when all are
    there."""
    environment = {**empty_place.make_environment(), "GOROD_STORAGE_URL": bucket.url}
    for answered in (1, 2, 3):
        bucket.asked, bucket.silent_after = 0, answered
        with start_restore(backup, environment) as first:
            wait_until(lambda: bucket.asked > answered, PATIENT)  # noqa: B023  # it ends in this turn
            if answered == 1:
                second = run("restore", str(backup), **environment)
                assert (second.code, "is under way" in second.said) == (1, True), second
            assert first.poll() is None
    assert_refused_everywhere(run, environment, tmp_path)
    bucket.silent_after = NEVER
    with start_restore(backup, environment):
        wait_until(lambda: run_in_thread(fetch_value(empty_place.url, LOADING)), PATIENT)
    wait_until(lambda: not run_in_thread(fetch_value(empty_place.url, OTHERS)), PATIENT)
    assert run_in_thread(fetch_value(empty_place.url, TABLES)) == 0
    holder = [sys.executable, "-c", HOLDING, empty_place.url]
    with subprocess.Popen(holder, stderr=subprocess.DEVNULL) as holding:
        with start_restore(backup, environment) as program:
            wait_until(lambda: run_in_thread(fetch_value(empty_place.url, WAITING)), PATIENT)
            assert program.poll() is None
        holding.kill()
    run_in_thread(fetch_value(empty_place.url, END_OTHERS))
    wait_until(lambda: not run_in_thread(fetch_value(empty_place.url, OTHERS)), PATIENT)
    assert_refused_everywhere(run, environment, tmp_path)
    made = "SELECT oid::int FROM pg_class WHERE relname = 'marks' AND relkind = 'r'"
    before = run_in_thread(fetch_value(empty_place.url, made))
    again = run("restore", str(backup), **environment)
    assert again.code == 0, again
    assert run_in_thread(fetch_value(empty_place.url, made)) == before, (
        "what was whole is not begun anew"
    )
    assert bucket.objects == {"gorod/1/1/AbC_-12": PDF}
    assert run_in_thread(hash_tables(empty_place.url)) == run_in_thread(hash_tables(school.url))
    assert not (empty_place.folder / "restore.unfinished").exists()
    assert run("db", "status", **environment).code == 0


HOLDING = """
import asyncio, sys
from models.database.address import open_session
async def hold(url):
    connection = await open_session(url)
    while not await connection.fetchval("SELECT to_regclass('public.marks') IS NOT NULL"):
        await asyncio.sleep(0.001)
    await connection.execute("BEGIN; LOCK TABLE marks IN SHARE UPDATE EXCLUSIVE MODE")
    await asyncio.Event().wait()
asyncio.run(hold(sys.argv[1]))
"""
"""A program that locks a table as soon as it exists: computing its statistics waits for the
lock."""
END_OTHERS = OTHERS.replace("count(*)", "count(pg_terminate_backend(pid))")


def test_one_that_is_repeated_elsewhere_touches_nothing(
    run: OnBareMachine, school: School, backup: Path
) -> None:
    """There may be another school at the place, and to begin again removes it."""
    here = Place(place_of(school), files_of(school))
    others = (
        replace(here, database="db.example/gorod"),
        replace(here, database="of the data directory"),
        replace(here, files="s3://other/uploads"),
    )
    before = run_in_thread(hash_tables(school.url))
    for other in others:
        (school.folder / "restore.unfinished").write_text(json.dumps(asdict(other)))
        refused = run("restore", str(backup), **school.make_environment())
        assert (refused.code, "cut off here that wrote to" in refused.said) == (1, True), refused
    (school.folder / "restore.unfinished").write_text("half a no")
    refused = run("restore", str(backup), **school.make_environment())
    assert (refused.code, "cannot be read" in refused.said) == (1, True), refused
    assert school.read_files() == {"1/1/AbC_-12": PDF}
    assert run_in_thread(hash_tables(school.url)) == before


def test_tables_that_are_not_of_the_backup_are_left_alone(
    run: OnBareMachine, school: School, backup: Path
) -> None:
    """The files stay, too, though a note says that a restore was interrupted."""
    place = Place(place_of(school), files_of(school))
    (school.folder / "restore.unfinished").write_text(json.dumps(asdict(place)))
    run_in_thread(fetch_value(school.url, "UPDATE schools SET phone = '1'"))
    refused = run("restore", str(backup), **school.make_environment())
    assert (refused.code, "holds tables already" in refused.said) == (1, True), refused
    assert school.read_files() == {"1/1/AbC_-12": PDF}


def place_of(school: School) -> str:
    address = parse_address(school.url)
    return f"{address.place or address.words['host']}/{address.database}"


def files_of(school: School) -> str:
    return (school.folder.resolve() / "files").as_uri()
