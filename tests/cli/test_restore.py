"""Restoring: refused where it must be, and undone where it was cut off."""

import subprocess
import sys
import tarfile
from pathlib import Path

from models.database import dump
from tests.cli.conftest import OnBareMachine
from tests.cli.saving import School, asked, done, hashed, manifest, rewritten
from tests.database.processes import until


def test_a_damaged_backup_is_refused_before_anything_is_done(
    run: OnBareMachine, elsewhere: School, saved: Path, tmp_path: Path
) -> None:
    whole = saved.read_bytes()
    damaged = bytearray(whole)
    damaged[len(whole) // 3] ^= 1
    wrong = {
        "damaged.tar": (bytes(damaged), "is damaged: database.dump"),
        "half.tar": (whole[: len(whole) // 2], "or not all of one"),
        "empty.tar": (b"", "or not all of one"),
        "other.tar": (b"no tar at all" * 100, "or not all of one"),
    }
    for name, (content, says) in wrong.items():
        (tmp_path / name).write_bytes(content)
        refused = run("restore", str(tmp_path / name), **elsewhere.environment())
        assert (refused.code, says in refused.said) == (1, True), (name, refused)
    assert not elsewhere.folder.exists()
    assert done(asked(elsewhere.url, "SELECT count(*) FROM pg_class WHERE relname = 'marks'")) == 0


def test_rows_that_are_not_those_that_were_saved_undo_the_restore(
    run: OnBareMachine, elsewhere: School, saved: Path, tmp_path: Path
) -> None:
    rows = manifest(saved)["rows"] | {"marks": "1 1"}
    false = rewritten(saved, tmp_path / "false.tar", rows=rows)
    refused = run("restore", str(false), **elsewhere.environment())
    assert (refused.code, "the rows of marks are not those" in refused.said) == (1, True), refused
    assert done(asked(elsewhere.url, "SELECT count(*) FROM pg_class WHERE relname = 'marks'")) == 0
    for words in ("serve", "db status", "dev", "demo logins"):
        cut_off = run(*words.split(), **elsewhere.environment())
        assert (cut_off.code, "`gorod restore` again" in cut_off.said) == (2, True), cut_off
    left = elsewhere.folder / "files" / "9" / "9" / "x"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"of another attempt")
    assert run("restore", str(saved), **elsewhere.environment()).code == 0
    assert set(elsewhere.files()) == {"1/1/AbC_-12"}


def test_a_backup_of_a_newer_gorod_asks_for_it(
    run: OnBareMachine, elsewhere: School, saved: Path, tmp_path: Path
) -> None:
    newer = rewritten(saved, tmp_path / "newer.tar", tables="9999")
    refused = run("restore", str(newer), **elsewhere.environment())
    assert (refused.code, "Install the newer Gorod" in refused.said) == (1, True), refused


def test_a_place_that_is_not_empty_is_refused_and_stays_as_it_is(
    run: OnBareMachine, elsewhere: School, saved: Path
) -> None:
    theirs = elsewhere.folder / "files" / "theirs"
    theirs.parent.mkdir(parents=True)
    theirs.write_bytes(b"theirs")
    refused = run("restore", str(saved), **elsewhere.environment())
    assert (refused.code, "files already" in refused.said) == (1, True), refused
    assert [file.name for file in elsewhere.folder.rglob("*")] == ["files", "theirs"]


LOADING = """
import os, sys
from pathlib import Path
from models.database import dump
url, folder = sys.argv[1:]
dump.load(url, os.fdopen(0, "rb"), Path(folder), "SELECT 1;", old_server=False)
"""


def test_a_killed_restore_leaves_the_database_empty(
    elsewhere: School, saved: Path, tmp_path: Path
) -> None:
    with tarfile.open(saved) as tar:
        content = tar.extractfile("database.dump")
        assert content
        dumped = content.read()
    major = int(str(done(asked(elsewhere.url, "SHOW server_version"))).split(".")[0])
    command = [sys.executable, "-c", LOADING, elsewhere.url, str(dump.find_programs(major))]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as program:
        assert program.stdin
        program.stdin.write(dumped[: len(dumped) * 2 // 3])
        program.stdin.flush()  # and no more: it waits in the middle of its transaction
        working = (
            "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database"
            " WHERE d.datname = current_database() AND mode = 'AccessExclusiveLock'"
        )
        until(lambda: done(asked(elsewhere.url, working)))
        program.kill()
    others = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND pid <> pg_backend_pid()"
    )
    until(lambda: not done(asked(elsewhere.url, others)))
    tables = "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace"
    assert done(asked(elsewhere.url, f"{tables} AND relkind = 'r'")) == 0


def test_tables_from_before_the_key_was_known_are_saved_as_they_are(
    run: OnBareMachine, school: School, elsewhere: School, tmp_path: Path
) -> None:
    """As an operator does before an upgrade: to save changes no table."""
    done(asked(school.url, "DROP TABLE secret_keys"))
    made = run("backup", str(tmp_path / "old.tar"), **school.environment())
    assert made.code == 0, made
    assert done(asked(school.url, "SELECT to_regclass('secret_keys') IS NULL"))
    assert manifest(tmp_path / "old.tar")["keyCheck"] is None
    assert run("restore", str(tmp_path / "old.tar"), **elsewhere.environment()).code == 0
    assert done(hashed(elsewhere.url)) == done(hashed(school.url))
