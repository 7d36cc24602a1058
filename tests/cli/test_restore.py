"""A restore is refused where it must be, and undone where it was interrupted."""

import subprocess
import sys
import tarfile
from pathlib import Path

from models.database import dump
from tests.cli.conftest import OnBareMachine
from tests.cli.saving import (
    School,
    fetch_value,
    hash_tables,
    read_manifest,
    rewrite_manifest,
    run_in_thread,
)
from tests.database.processes import wait_until


def test_a_damaged_backup_is_refused_before_anything_is_done(
    run: OnBareMachine, empty_place: School, backup: Path, tmp_path: Path
) -> None:
    whole = backup.read_bytes()
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
        refused = run("restore", str(tmp_path / name), **empty_place.make_environment())
        assert (refused.code, says in refused.said) == (1, True), (name, refused)
    assert not empty_place.folder.exists()
    assert (
        run_in_thread(
            fetch_value(empty_place.url, "SELECT count(*) FROM pg_class WHERE relname = 'marks'")
        )
        == 0
    )


def test_rows_that_differ_from_the_saved_ones_undo_the_restore(
    run: OnBareMachine, empty_place: School, backup: Path, tmp_path: Path
) -> None:
    rows = read_manifest(backup)["rows"] | {"marks": "1 1"}
    false = rewrite_manifest(backup, tmp_path / "false.tar", rows=rows)
    refused = run("restore", str(false), **empty_place.make_environment())
    assert (refused.code, "the rows of marks are not those" in refused.said) == (1, True), refused
    assert (
        run_in_thread(
            fetch_value(empty_place.url, "SELECT count(*) FROM pg_class WHERE relname = 'marks'")
        )
        == 0
    )
    for words in ("serve", "db status", "dev", "demo logins"):
        cut_off = run(*words.split(), **empty_place.make_environment())
        assert (cut_off.code, "`gorod restore` again" in cut_off.said) == (2, True), cut_off
    left = empty_place.folder / "files" / "9" / "9" / "x"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"of another attempt")
    assert run("restore", str(backup), **empty_place.make_environment()).code == 0
    assert set(empty_place.read_files()) == {"1/1/AbC_-12"}


def test_a_backup_of_a_newer_gorod_asks_for_it(
    run: OnBareMachine, empty_place: School, backup: Path, tmp_path: Path
) -> None:
    newer = rewrite_manifest(backup, tmp_path / "newer.tar", tables="9999")
    refused = run("restore", str(newer), **empty_place.make_environment())
    assert (refused.code, "Install the newer Gorod" in refused.said) == (1, True), refused


def test_a_place_that_is_not_empty_is_refused_and_stays_as_it_is(
    run: OnBareMachine, empty_place: School, backup: Path
) -> None:
    theirs = empty_place.folder / "files" / "theirs"
    theirs.parent.mkdir(parents=True)
    theirs.write_bytes(b"theirs")
    refused = run("restore", str(backup), **empty_place.make_environment())
    assert (refused.code, "files already" in refused.said) == (1, True), refused
    assert [file.name for file in empty_place.folder.rglob("*")] == ["files", "theirs"]


LOADING = """
import os, sys
from pathlib import Path
from models.database import dump
url, folder = sys.argv[1:]
dump.load(url, os.fdopen(0, "rb"), Path(folder), "SELECT 1;", old_server=False)
"""


def test_a_killed_restore_leaves_the_database_empty(
    empty_place: School, backup: Path, tmp_path: Path
) -> None:
    with tarfile.open(backup) as tar:
        content = tar.extractfile("database.dump")
        assert content
        dumped = content.read()
    major = int(
        str(run_in_thread(fetch_value(empty_place.url, "SHOW server_version"))).split(".")[0]
    )
    command = [sys.executable, "-c", LOADING, empty_place.url, str(dump.find_programs(major))]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as program:
        assert program.stdin
        program.stdin.write(dumped[: len(dumped) * 2 // 3])
        program.stdin.flush()  # and no more: it waits in the middle of its transaction
        working = (
            "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database"
            " WHERE d.datname = current_database() AND mode = 'AccessExclusiveLock'"
        )
        wait_until(lambda: run_in_thread(fetch_value(empty_place.url, working)))
        program.kill()
    others = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND pid <> pg_backend_pid()"
    )
    wait_until(lambda: not run_in_thread(fetch_value(empty_place.url, others)))
    tables = "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace"
    assert run_in_thread(fetch_value(empty_place.url, f"{tables} AND relkind = 'r'")) == 0


def test_tables_from_before_the_key_was_known_are_saved_as_they_are(
    run: OnBareMachine, school: School, empty_place: School, tmp_path: Path
) -> None:
    """To save changes no table: an operator saves before an upgrade."""
    run_in_thread(fetch_value(school.url, "DROP TABLE secret_keys"))
    made = run("backup", str(tmp_path / "old.tar"), **school.make_environment())
    assert made.code == 0, made
    assert run_in_thread(fetch_value(school.url, "SELECT to_regclass('secret_keys') IS NULL"))
    assert read_manifest(tmp_path / "old.tar")["keyCheck"] is None
    assert run("restore", str(tmp_path / "old.tar"), **empty_place.make_environment()).code == 0
    assert run_in_thread(hash_tables(empty_place.url)) == run_in_thread(hash_tables(school.url))
