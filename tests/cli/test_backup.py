"""A backup holds everything as of one moment, and restoring it gives back exactly that."""

import asyncio
import hashlib
import io
import json
import shutil
import subprocess
import sys
import tarfile
import threading
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest

from gql.settings import Settings
from models.database import dump, keys, roles
from models.database.address import session
from models.database.embedded import Embedded
from models.database.engine import connect
from models.keyfile import KeyFile
from models.secrets import Secrets
from resolvers.context import Caller, Services
from resolvers.files.storage import Storage
from tests.cli.conftest import OnBareMachine
from tests.clones import clone
from tests.conftest import KEY, Api, Template
from tests.database.processes import passable, until
from tests.files.sending import PDF
from tests.postgres import Server

SIGN_IN = """mutation { signIn(input: {login: "director", password: "gorod-demo-2026"}) {
  viewer { fullName } userErrors { code } } }"""
UPLOADED = """
    INSERT INTO files (school_id, version, owner_id, name, media_type, size, sha256, status,
        created_at, uploaded_at, storage_key)
    SELECT 1, 1, min(id), 'Реферат.pdf', 'application/pdf', $1, $2, 'READY', now(), now(), $3
    FROM persons WHERE school_id = 1
"""


def done(work: Coroutine[Any, Any, Any]) -> Any:
    """Its result, whatever loop is running here."""
    result: list[Any] = []
    thread = threading.Thread(target=lambda: result.append(asyncio.run(work)))
    thread.start()
    thread.join()
    return result[0]


async def asked(url: str, query: str, *values: Any) -> Any:
    connection = await session(url)
    try:
        return await connection.fetchval(query, *values)
    finally:
        await connection.close()


async def hashed(url: str) -> dict[str, str]:
    connection = await dump.seeing_all(url)
    try:
        return await dump.hashes(connection)
    finally:
        await connection.close()


class School:
    """The demo school in a database of its own, with a file that was uploaded to it."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url, self.folder = url, folder
        self.key = KeyFile(folder / "secret.key")

    def environment(self) -> dict[str, str]:
        return {"DATABASE_URL": self.url, "GOROD_DATA_DIR": str(self.folder)}

    def files(self) -> dict[str, bytes]:
        stored = self.folder / "files"
        return {
            str(file.relative_to(stored)): file.read_bytes()
            for file in stored.rglob("*")
            if file.is_file()
        }


@pytest.fixture
async def school(postgres: Server, template: Template, tmp_path: Path, worker_id: str) -> School:
    name = f"saved_{worker_id}"
    operator = await session(postgres.url("postgres", "postgres"))
    await clone(operator, template.name, name)
    await operator.close()
    school = School(postgres.url("postgres", name), tmp_path / "school")
    school.key.keep(KEY)
    file = school.folder / "files" / "1" / "1" / "AbC_-12"
    file.parent.mkdir(parents=True)
    file.write_bytes(PDF)
    digest = hashlib.sha256(PDF).digest()
    await asked(school.url, UPLOADED, len(PDF), digest, "1/1/AbC_-12")
    return school


@pytest.fixture
async def elsewhere(postgres: Server, tmp_path: Path, worker_id: str) -> School:
    """An empty database, and no data directory."""
    name = f"restored_{worker_id}"
    operator = await session(postgres.url("postgres", "postgres"))
    await operator.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    await operator.close()
    await roles.prepare(postgres.url("postgres", "postgres"), name)
    return School(postgres.url("postgres", name), tmp_path / "elsewhere")


@pytest.fixture
def saved(run: OnBareMachine, school: School, tmp_path: Path) -> Path:
    file = tmp_path / "school.tar"
    made = run("backup", str(file), **school.environment())
    assert (made.code, "It holds the secret key" in made.said) == (0, True), made
    return file


def services(url: str, key: bytes, folder: Path) -> Services:
    return Services(
        connect(url.replace("postgres@", "gorod_app@")),
        Secrets(key),
        Storage((folder / "files").as_uri()),
        made_up=True,
    )


async def signed_in(url: str, key: bytes, folder: Path) -> str:
    here = services(url, key, folder)
    data = await Api(Caller(services=here, language="en"))(SIGN_IN)
    await here.engine.dispose()
    return str(data["signIn"]["viewer"]["fullName"])


def test_what_is_restored_is_what_was_saved(
    run: OnBareMachine, school: School, elsewhere: School, saved: Path
) -> None:
    """Every row of every table, every file, and the key; somebody of it signs in."""
    assert saved.stat().st_mode & 0o777 == 0o600
    before = done(hashed(school.url))
    assert len(before) > 50
    assert not [table for table in ("persons", "marks", "files") if before[table] == "0 0"]
    restored = run("restore", str(saved), **elsewhere.environment())
    assert restored.code == 0, restored
    assert done(hashed(elsewhere.url)) == before
    assert elsewhere.files() == school.files() != {}
    assert elsewhere.key.read() == KEY
    assert elsewhere.key.path.stat().st_mode & 0o777 == 0o600
    assert done(signed_in(elsewhere.url, KEY, elsewhere.folder))
    assert done(keys.prove(elsewhere.url, [KEY])) == KEY
    walls = "SELECT count(*) FROM pg_policies"
    assert done(asked(elsewhere.url, walls)) == done(asked(school.url, walls)) > 30
    grants = "SELECT count(*) FROM information_schema.role_table_grants WHERE grantee = 'gorod_app'"
    assert done(asked(elsewhere.url, grants)) == done(asked(school.url, grants)) > 100
    refused = run("restore", str(saved), **elsewhere.environment())
    assert (refused.code, "already" in refused.said) == (1, True), refused


@pytest.mark.embedded_only
@pytest.mark.lengthy
def test_an_embedded_database_is_restored_and_saved_again(
    run: OnBareMachine, school: School, saved: Path, tmp_path: Path
) -> None:
    with passable() as folder:
        there = {"DATABASE_URL": "", "GOROD_DATA_DIR": str(folder / ".gorod")}
        restored = run("restore", str(saved), **there)
        assert restored.code == 0, restored
        again = tmp_path / "again.tar"
        with Embedded(folder / ".gorod") as embedded:  # a server that is running
            url = embedded.url("postgres", "gorod")
            assert done(hashed(url)) == done(hashed(school.url))
            assert done(signed_in(url, KEY, folder / ".gorod"))
            second = run("serve", **there)
            assert (second.code, "is in use by process" in second.said) == (1, True), second
            made = run("backup", str(again), **there)
            assert made.code == 0, made
            assert manifest(again)["rows"] == done(hashed(url)) != manifest(saved)["rows"]
        refused = run("restore", str(saved), **there)
        assert (refused.code, "There is a database in" in refused.said) == (1, True), refused


def manifest(file: Path) -> dict[str, Any]:
    with tarfile.open(file) as tar:
        content = tar.extractfile("manifest.json")
        assert content
        found: dict[str, Any] = json.load(content)
        return found


async def test_what_happens_meanwhile_is_not_in_it(school: School, tmp_path: Path) -> None:
    """One moment for the tables, their hashes and the files, though people go on working."""
    from resolvers.backup.making import make

    before = await hashed(school.url)
    at_work: list[str] = []

    def work_goes_on(step: str, _: float) -> None:
        at_work.append(step)
        done(asked(school.url, "UPDATE schools SET phone = coalesce(phone, '') || '1'"))
        done(asked(school.url, "DELETE FROM files"))

    storage = Storage((school.folder / "files").as_uri())
    made = await make(school.url, tmp_path / "busy.tar", storage, KEY, work_goes_on)
    assert len(at_work) >= 3
    assert manifest(made.file)["rows"] == before
    assert made.files == 1


def test_the_key_is_left_out_when_asked_and_must_be_there_to_restore(
    run: OnBareMachine, school: School, elsewhere: School, tmp_path: Path
) -> None:
    file = tmp_path / "keyless.tar"
    made = run("backup", str(file), "--without-key", **school.environment())
    assert (made.code, "does not hold the secret key" in made.said) == (0, True), made
    assert KEY not in file.read_bytes()
    missing = run("restore", str(file), **elsewhere.environment())
    assert (missing.code, "Put it back first" in missing.said) == (1, True), missing
    assert not elsewhere.folder.exists()
    other = "another key that is long enough to be one"
    wrong = run("restore", str(file), **elsewhere.environment(), GOROD_SECRET_KEY=other)
    assert (wrong.code, "not that of the backup" in wrong.said) == (1, True), wrong
    right = run("restore", str(file), **elsewhere.environment(), GOROD_SECRET_KEY=KEY.decode())
    assert right.code == 0, right
    assert elsewhere.key.read() is None


def test_a_wrong_key_is_not_saved_with_data_it_does_not_open(
    run: OnBareMachine, school: School, tmp_path: Path
) -> None:
    school.key.path.write_text("another key that is long enough to be one")
    refused = run("backup", str(tmp_path / "x.tar"), **school.environment())
    assert (refused.code, "is not the one" in refused.said) == (1, True), refused
    assert list(tmp_path.glob("*.tar")) == []


def test_a_folder_gets_a_file_of_its_own_name_each_time(
    run: OnBareMachine, school: School, tmp_path: Path
) -> None:
    (tmp_path / "kept").mkdir()
    told = run(
        "backup", str(tmp_path / "kept"), "--json", "--without-files", **school.environment()
    )
    facts = json.loads(told.said)
    assert (facts["key"], facts["files"]) == (True, 0)
    assert [str(file) for file in (tmp_path / "kept").iterdir()] == [facts["file"]]
    again = run("backup", facts["file"], **school.environment())
    assert (again.code, "is there already" in again.said) == (1, True), again


def test_a_file_that_is_missing_is_told_and_the_rest_is_saved(
    run: OnBareMachine, school: School, elsewhere: School, tmp_path: Path
) -> None:
    shutil.rmtree(school.folder / "files")
    told = run("backup", str(tmp_path / "x.tar"), **school.environment())
    assert (told.code, "1/1/AbC_-12" in told.said) == (1, True), told
    assert run("restore", str(tmp_path / "x.tar"), **elsewhere.environment()).code == 0


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


def rewritten(file: Path, target: Path, **facts: Any) -> Path:
    """The same backup with other facts in its manifest."""
    with tarfile.open(file) as tar, tarfile.open(target, "w") as out:
        for member in tar.getmembers():
            content: Any = tar.extractfile(member)
            if member.name == "manifest.json":
                data = json.dumps({**manifest(file), **facts}).encode()
                member.size = len(data)
                content = io.BytesIO(data)
            out.addfile(member, content)
    return target


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


HALF = """
import sys
from pathlib import Path
from resolvers.backup.archive import writing
with writing(Path(sys.argv[1])) as archive, archive.part("x") as content:
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
        other = run("backup", str(target.with_name("other.tar")), **school.environment())
        assert other.code == 0, "two at once do not mind each other"
        assert len(list(target.parent.iterdir())) == 2
        program.kill()
    assert not target.exists()
    assert run("backup", str(target), **school.environment()).code == 0
    assert sorted(file.name for file in target.parent.iterdir()) == ["other.tar", "x.tar"]


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
    command = [sys.executable, "-c", LOADING, elsewhere.url, str(dump.programs(major))]
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


def test_a_user_behind_the_walls_cannot_save_half_of_it(
    run: OnBareMachine, school: School, tmp_path: Path
) -> None:
    behind = {**school.environment(), "DATABASE_URL": school.url.replace("postgres@", "gorod_app@")}
    refused = run("backup", str(tmp_path / "x.tar"), **behind)
    assert (refused.code, "BYPASSRLS" in refused.said) == (1, True), refused
    assert not (tmp_path / "x.tar").exists()


def test_no_password_stands_among_a_programs_arguments() -> None:
    url = "postgresql://u:topsecret@h:5/db?sslmode=require"
    told = dump.target(url)
    assert told == "--dbname=postgresql://u@h:5/db?sslmode=require&application_name=gorod"
    assert "topsecret" not in dump.target("postgresql://u@h/db?password=topsecret")


def test_the_default_place_of_files_is_the_same_with_letters_of_any_alphabet(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "данные школы"
    Storage(Settings(data_dir=folder).storage)
    assert [made.name for made in tmp_path.iterdir()] == ["данные школы"]
    assert (folder / "files").is_dir()


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
