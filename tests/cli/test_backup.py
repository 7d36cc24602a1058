"""A backup holds everything as of one moment, and restoring it gives back exactly that."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from gql.settings import Settings
from models.database import dump, keys
from models.database.embedded.server import Embedded
from resolvers.services.storage import Storage
from tests.cli.conftest import OnBareMachine
from tests.cli.saving import School, fetch_value, hash_tables, read_manifest, run_in_thread, sign_in
from tests.conftest import KEY
from tests.database.processes import make_open_folder


def test_what_is_restored_is_what_was_saved(
    run: OnBareMachine, school: School, empty_place: School, backup: Path
) -> None:
    """Every row of every table, every file, and the key; somebody of it signs in."""
    assert backup.stat().st_mode & 0o777 == 0o600
    before = run_in_thread(hash_tables(school.url))
    assert len(before) > 50
    assert not [table for table in ("persons", "marks", "files") if before[table] == "0 0"]
    restored = run("restore", str(backup), **empty_place.make_environment())
    assert restored.code == 0, restored
    assert run_in_thread(hash_tables(empty_place.url)) == before
    assert empty_place.read_files() == school.read_files() != {}
    assert empty_place.key.read() == KEY
    assert empty_place.key.path.stat().st_mode & 0o777 == 0o600
    assert run_in_thread(sign_in(empty_place.url, KEY, empty_place.folder))
    assert run_in_thread(keys.prove(empty_place.url, [KEY])) == KEY
    walls = "SELECT count(*) FROM pg_policies"
    assert (
        run_in_thread(fetch_value(empty_place.url, walls))
        == run_in_thread(fetch_value(school.url, walls))
        > 30
    )
    grants = "SELECT count(*) FROM information_schema.role_table_grants WHERE grantee = 'gorod_app'"
    assert (
        run_in_thread(fetch_value(empty_place.url, grants))
        == run_in_thread(fetch_value(school.url, grants))
        > 100
    )
    refused = run("restore", str(backup), **empty_place.make_environment())
    assert (refused.code, "already" in refused.said) == (1, True), refused


@pytest.mark.embedded_only
@pytest.mark.lengthy
def test_an_embedded_database_is_restored_and_saved_again(
    run: OnBareMachine, school: School, backup: Path, tmp_path: Path
) -> None:
    with make_open_folder() as folder:
        there = {"DATABASE_URL": "", "GOROD_DATA_DIR": str(folder / ".gorod")}
        restored = run("restore", str(backup), **there)
        assert restored.code == 0, restored
        again = tmp_path / "again.tar"
        with Embedded(folder / ".gorod") as embedded:  # a server that is running
            url = embedded.url("postgres", "gorod")
            assert run_in_thread(hash_tables(url)) == run_in_thread(hash_tables(school.url))
            assert run_in_thread(sign_in(url, KEY, folder / ".gorod"))
            second = run("serve", **there)
            assert (second.code, "is in use by process" in second.said) == (1, True), second
            made = run("backup", str(again), **there)
            assert made.code == 0, made
            assert (
                read_manifest(again)["rows"]
                == run_in_thread(hash_tables(url))
                != read_manifest(backup)["rows"]
            )
        refused = run("restore", str(backup), **there)
        assert (refused.code, "There is a database in" in refused.said) == (1, True), refused


async def test_what_happens_meanwhile_is_not_in_it(school: School, tmp_path: Path) -> None:
    """One moment for the tables, their hashes and the files, though people go on working."""
    from resolvers.backup.making import make

    before = await hash_tables(school.url)
    at_work: list[str] = []

    def work_goes_on(step: str, _: float) -> None:
        at_work.append(step)
        run_in_thread(
            fetch_value(school.url, "UPDATE schools SET phone = coalesce(phone, '') || '1'")
        )
        run_in_thread(fetch_value(school.url, "DELETE FROM files"))

    storage = Storage((school.folder / "files").as_uri())
    made = await make(school.url, tmp_path / "busy.tar", storage, KEY, work_goes_on)
    assert len(at_work) >= 3
    assert read_manifest(made.file)["rows"] == before
    assert made.files == 1


def test_the_key_is_left_out_when_asked_and_must_be_there_to_restore(
    run: OnBareMachine, school: School, empty_place: School, tmp_path: Path
) -> None:
    file = tmp_path / "keyless.tar"
    made = run("backup", str(file), "--without-key", **school.make_environment())
    assert (made.code, "does not hold the secret key" in made.said) == (0, True), made
    assert KEY not in file.read_bytes()
    missing = run("restore", str(file), **empty_place.make_environment())
    assert (missing.code, "Put it back first" in missing.said) == (1, True), missing
    assert not empty_place.folder.exists()
    other = "another key that is long enough to be one"
    wrong = run("restore", str(file), **empty_place.make_environment(), GOROD_SECRET_KEY=other)
    assert (wrong.code, "not that of the backup" in wrong.said) == (1, True), wrong
    right = run(
        "restore", str(file), **empty_place.make_environment(), GOROD_SECRET_KEY=KEY.decode()
    )
    assert right.code == 0, right
    assert empty_place.key.read() is None


def test_a_wrong_key_is_not_saved_with_data_it_does_not_open(
    run: OnBareMachine, school: School, tmp_path: Path
) -> None:
    school.key.path.write_text("another key that is long enough to be one")
    refused = run("backup", str(tmp_path / "x.tar"), **school.make_environment())
    assert (refused.code, "is not the one" in refused.said) == (1, True), refused
    assert list(tmp_path.glob("*.tar")) == []


def test_a_folder_gets_a_file_of_its_own_name_each_time(
    run: OnBareMachine, school: School, tmp_path: Path
) -> None:
    (tmp_path / "kept").mkdir()
    told = run(
        "backup", str(tmp_path / "kept"), "--json", "--without-files", **school.make_environment()
    )
    facts = json.loads(told.said)
    assert (facts["key"], facts["files"]) == (True, 0)
    assert [str(file) for file in (tmp_path / "kept").iterdir()] == [facts["file"]]
    again = run("backup", facts["file"], **school.make_environment())
    assert (again.code, "is there already" in again.said) == (1, True), again


def test_a_file_that_is_missing_is_told_and_the_rest_is_saved(
    run: OnBareMachine, school: School, empty_place: School, tmp_path: Path
) -> None:
    shutil.rmtree(school.folder / "files")
    told = run("backup", str(tmp_path / "x.tar"), **school.make_environment())
    assert (told.code, "1/1/AbC_-12" in told.said) == (1, True), told
    assert run("restore", str(tmp_path / "x.tar"), **empty_place.make_environment()).code == 0


HALF = """
import sys
from pathlib import Path
from resolvers.backup.archive import write_archive
with write_archive(Path(sys.argv[1])) as archive, archive.part("x") as content:
    content.write(b"half")
    print("half", flush=True)
    sys.stdin.read()
"""


def test_a_killed_backup_leaves_nothing_that_looks_like_one(
    run: OnBareMachine, school: School, tmp_path: Path
) -> None:
    target = tmp_path / "kept" / "x.tar"
    target.parent.mkdir()
    command = [sys.executable, "-c", HALF, str(target)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, **pipes) as program:  # type: ignore[call-overload]
        assert program.stdout.readline() == b"half\n"
        assert len(list(target.parent.iterdir())) == 1, "its part, under another name"
        other = run("backup", str(target.with_name("other.tar")), **school.make_environment())
        assert other.code == 0, "two at once do not mind each other"
        assert len(list(target.parent.iterdir())) == 2
        program.kill()
    assert not target.exists()
    assert run("backup", str(target), **school.make_environment()).code == 0
    assert sorted(file.name for file in target.parent.iterdir()) == ["other.tar", "x.tar"]


def test_a_user_behind_the_walls_cannot_save_half_of_it(
    run: OnBareMachine, school: School, tmp_path: Path
) -> None:
    behind = {
        **school.make_environment(),
        "DATABASE_URL": school.url.replace("postgres@", "gorod_app@"),
    }
    refused = run("backup", str(tmp_path / "x.tar"), **behind)
    assert (refused.code, "BYPASSRLS" in refused.said) == (1, True), refused
    assert not (tmp_path / "x.tar").exists()


def test_no_password_stands_among_a_programs_arguments() -> None:
    url = "postgresql://u:topsecret@h:5/db?sslmode=require"
    told = dump.make_target(url)
    assert told == "--dbname=postgresql://u@h:5/db?sslmode=require&application_name=gorod"
    assert "topsecret" not in dump.make_target("postgresql://u@h/db?password=topsecret")


def test_the_default_place_of_files_is_the_same_with_letters_of_any_alphabet(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "данные школы"
    Storage(Settings(data_dir=folder).storage)
    assert [made.name for made in tmp_path.iterdir()] == ["данные школы"]
    assert (folder / "files").is_dir()
