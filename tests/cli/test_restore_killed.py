"""A restore that is killed: nobody takes what it leaves for a school, and it can be repeated."""

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
from tests.cli.saving import School, asked, done, hashed
from tests.database.processes import until
from tests.files.bucket import NEVER, Bucket, open_bucket
from tests.files.sending import PDF

PATIENT = 90.0
"""Seconds: loading takes long where the machine has much else to do."""
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
def restoring(saved: Path, environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """A process that restores; killed at the latest at the end."""
    command = [sys.executable, "-c", "from gql.cli import main; main()", "restore", str(saved)]
    with subprocess.Popen(
        command, env=os.environ | environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as program:
        try:
            yield program
        finally:
            program.kill()


def refused_everywhere(run: OnBareMachine, environment: dict[str, str], target: Path) -> None:
    for words in ("serve", "db status", "dev", "demo logins", f"backup {target / 'half.tar'}"):
        ended = run(*words.split(), **environment)
        assert (ended.code, UNFINISHED in ended.said) == (2, True), (words, ended)


@pytest.mark.endurance
@pytest.mark.lengthy
def test_one_that_is_killed_at_any_moment_can_be_repeated(
    run: OnBareMachine,
    school: School,
    elsewhere: School,
    saved: Path,
    bucket: Bucket,
    tmp_path: Path,
) -> None:
    """Again and again, each time later: before the first byte of a file, in the middle, when all
    bytes are there and nothing says so, while rows come, and when all of them are there."""
    environment = {**elsewhere.environment(), "GOROD_STORAGE_URL": bucket.url}
    for answered in (1, 2, 3):
        bucket.asked, bucket.silent_after = 0, answered
        with restoring(saved, environment) as first:
            until(lambda: bucket.asked > answered, PATIENT)  # noqa: B023  # it ends in this turn
            if answered == 1:
                second = run("restore", str(saved), **environment)
                assert (second.code, "is under way" in second.said) == (1, True), second
            assert first.poll() is None
    refused_everywhere(run, environment, tmp_path)
    bucket.silent_after = NEVER
    with restoring(saved, environment):
        until(lambda: done(asked(elsewhere.url, LOADING)), PATIENT)
    until(lambda: not done(asked(elsewhere.url, OTHERS)), PATIENT)
    assert done(asked(elsewhere.url, TABLES)) == 0
    holder = [sys.executable, "-c", HOLDING, elsewhere.url]
    with subprocess.Popen(holder, stderr=subprocess.DEVNULL) as holding:
        with restoring(saved, environment) as program:
            until(lambda: done(asked(elsewhere.url, WAITING)), PATIENT)
            assert program.poll() is None
        holding.kill()
    done(asked(elsewhere.url, END_OTHERS))
    until(lambda: not done(asked(elsewhere.url, OTHERS)), PATIENT)
    refused_everywhere(run, environment, tmp_path)
    made = "SELECT oid::int FROM pg_class WHERE relname = 'marks' AND relkind = 'r'"
    before = done(asked(elsewhere.url, made))
    again = run("restore", str(saved), **environment)
    assert again.code == 0, again
    assert done(asked(elsewhere.url, made)) == before, "what was whole is not begun anew"
    assert bucket.objects == {"gorod/1/1/AbC_-12": PDF}
    assert done(hashed(elsewhere.url)) == done(hashed(school.url))
    assert not (elsewhere.folder / "restore.unfinished").exists()
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
"""Statistics of a table wait for this from the moment in which it is there."""
END_OTHERS = OTHERS.replace("count(*)", "count(pg_terminate_backend(pid))")


def test_one_that_is_repeated_elsewhere_touches_nothing(
    run: OnBareMachine, school: School, saved: Path
) -> None:
    """There may be somebody's school, and to begin anew is to remove what is there."""
    here = Place(place_of(school), files_of(school))
    others = (
        replace(here, database="db.example/gorod"),
        replace(here, database="of the data directory"),
        replace(here, files="s3://other/uploads"),
    )
    before = done(hashed(school.url))
    for other in others:
        (school.folder / "restore.unfinished").write_text(json.dumps(asdict(other)))
        refused = run("restore", str(saved), **school.environment())
        assert (refused.code, "cut off here that wrote to" in refused.said) == (1, True), refused
    (school.folder / "restore.unfinished").write_text("half a no")
    refused = run("restore", str(saved), **school.environment())
    assert (refused.code, "cannot be read" in refused.said) == (1, True), refused
    assert school.files() == {"1/1/AbC_-12": PDF}
    assert done(hashed(school.url)) == before


def test_tables_that_are_not_of_the_backup_are_left_alone(
    run: OnBareMachine, school: School, saved: Path
) -> None:
    """Though a note says that a restore was cut off: its files stay, too."""
    place = Place(place_of(school), files_of(school))
    (school.folder / "restore.unfinished").write_text(json.dumps(asdict(place)))
    done(asked(school.url, "UPDATE schools SET phone = '1'"))
    refused = run("restore", str(saved), **school.environment())
    assert (refused.code, "holds tables already" in refused.said) == (1, True), refused
    assert school.files() == {"1/1/AbC_-12": PDF}


def place_of(school: School) -> str:
    address = parse_address(school.url)
    return f"{address.place or address.words['host']}/{address.database}"


def files_of(school: School) -> str:
    return (school.folder.resolve() / "files").as_uri()
