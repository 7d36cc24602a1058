"""The secret key: recognized, never replaced unnoticed, and changed without loss."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag

from models.base import Record
from models.database import keys, migrate, roles
from models.database.address import open_session
from models.keyfile import KeyFile, KeyProblem
from models.sealed import find_sealed_columns
from models.secrets import Secrets
from resolvers.access.keys import reset, rotate
from tests.cli.conftest import OnBareMachine
from tests.clones import clone
from tests.conftest import KEY, Template
from tests.postgres import Server

OTHER = b"another key that only the tests know, and long enough"
Ask = Callable[..., Awaitable[Any]]
SHOWN = "SELECT id, snils_masked, document_masked, version FROM student_identities ORDER BY id"


@pytest.fixture
async def url(postgres: Server, template: Template, worker_id: str) -> str:
    """The demo school in a database where nobody else works."""
    name = f"under_key_{worker_id}"
    operator = await open_session(postgres.url("postgres", "postgres"))
    await clone(operator, template.name, name)
    await operator.close()
    return postgres.url("postgres", name)


@pytest.fixture
async def empty(postgres: Server, worker_id: str) -> str:
    """Tables, and nothing in them."""
    name = f"keyless_{worker_id}"
    operator = await open_session(postgres.url("postgres", "postgres"))
    await operator.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    await operator.close()
    await roles.prepare(postgres.url("postgres", "postgres"), name)
    await migrate.upgrade(postgres.url("postgres", name))
    return postgres.url("postgres", name)


@pytest.fixture
def ask(url: str) -> Ask:
    """Fetch rows as an operator, who sees behind all walls: `await ask("SELECT …")`."""

    async def fetch(query: str) -> list[Any]:
        # A session for each query: the key changes only while nobody else is connected.
        operator = await open_session(url)
        try:
            return [tuple(row) for row in await operator.fetch(query)]
        finally:
            await operator.close()

    return fetch


async def decrypt_all(ask: Ask, key: bytes) -> dict[tuple[Any, ...], str]:
    """Decrypt every encrypted value, by its place. Raises InvalidTag for a wrong key."""
    vault, found = Secrets(key), {}
    for column in find_sealed_columns():
        names = f"school_id, {column.owner}, {column.column}"
        for school, owner, value in await ask(f"SELECT {names} FROM {column.table.name}"):
            if value is not None:
                place = column.place(school, owner)
                found[place] = vault.open(value, *place)
    return found


def test_every_encrypted_column_is_declared_so() -> None:
    declared = {(column.table.name, column.column) for column in find_sealed_columns()}
    named = {
        (table.name, column.name)
        for table in Record.metadata.sorted_tables
        for column in table.columns
        if column.name.endswith("_encrypted")
    }
    assert named == declared
    assert len(declared) >= 6
    indexed = {column.index for column in find_sealed_columns() if column.index}
    assert indexed == {"snils_index"}


async def test_the_right_key_is_known_and_every_other_refused(url: str) -> None:
    assert await keys.prove(url, [KEY]) == KEY
    assert await keys.prove(url, [OTHER, KEY]) == KEY
    with pytest.raises(KeyProblem, match="is not the one"):
        await keys.prove(url, [OTHER], lambda: KEY)
    with pytest.raises(KeyProblem, match="There is no secret key here"):
        await keys.prove(url, [], lambda: KEY)
    looks_only = url.replace("postgres@", "gorod_app@")
    assert await keys.prove(looks_only, [KEY]) == KEY
    with pytest.raises(KeyProblem, match="is not the one"):
        await keys.prove(looks_only, [OTHER])


async def test_a_database_from_before_check_values_believes_only_what_opens_its_data(
    url: str, ask: Ask
) -> None:
    await ask("DELETE FROM secret_keys")
    with pytest.raises(KeyProblem, match="db upgrade"):
        await keys.prove(url.replace("postgres@", "gorod_app@"), [KEY])
    for wrong in ([OTHER], []):
        with pytest.raises(KeyProblem):
            await keys.prove(url, wrong, lambda: OTHER)
    assert await ask("SELECT count(*) FROM secret_keys") == [(0,)]
    assert await keys.prove(url, [KEY]) == KEY
    [(value,)] = await ask("SELECT sealed FROM secret_keys")
    assert Secrets(KEY).opens_check(value)


async def test_an_empty_database_takes_the_first_key_and_keeps_to_it(
    empty: str, tmp_path: Path
) -> None:
    with pytest.raises(KeyProblem, match="no secret key yet"):
        await keys.prove(empty, [])
    files = [KeyFile(tmp_path / name / "secret.key") for name in ("one", "two")]
    starts = (keys.prove(empty, [], file.make) for file in files)
    ended = await asyncio.gather(*starts, return_exceptions=True)
    [key] = [end for end in ended if isinstance(end, bytes)]
    assert len([end for end in ended if isinstance(end, KeyProblem)]) == 1, "two first starts"
    assert sorted(file.read() is None for file in files) == [False, True]
    with pytest.raises(KeyProblem):
        await keys.prove(empty, [KEY])
    assert await keys.prove(empty, [key]) == key


async def test_a_changed_key_opens_everything_and_the_old_one_nothing(url: str, ask: Ask) -> None:
    before = await decrypt_all(ask, KEY)
    masked = await ask(SHOWN)
    assert len(before) > 300
    assert await rotate(url, KEY, OTHER) == len(before)
    assert await decrypt_all(ask, OTHER) == before
    with pytest.raises(InvalidTag):
        await decrypt_all(ask, KEY)
    assert await ask(SHOWN) == masked
    vault = Secrets(OTHER)
    for table in ("student_identities", "staff_identities"):
        owner = "student_id" if table.startswith("student") else "staff_id"
        found = await ask(f"SELECT school_id, {owner}, snils_index FROM {table}")
        for school, whose, index in found:
            assert index == vault.index(before[table, "snils", school, whose])
    assert await keys.prove(url, [KEY, OTHER]) == OTHER
    told = await ask(
        "SELECT school_id, details FROM audit_events WHERE action = 'gorod key rotate'"
    )
    assert {school for school, _ in told} == {place[2] for place in before}


async def test_a_value_that_does_not_open_stops_the_change_before_anything_is_changed(
    url: str, ask: Ask
) -> None:
    damage = "UPDATE staff_identities SET snils_encrypted = '\\x01' || snils_encrypted"
    await ask(f"{damage} WHERE id = (SELECT max(id) FROM staff_identities)")
    before = await ask("SELECT * FROM student_identities ORDER BY id")
    with pytest.raises(KeyProblem, match=r"staff_identities\.snils_encrypted"):
        await rotate(url, KEY, OTHER)
    assert await ask("SELECT * FROM student_identities ORDER BY id") == before
    assert await keys.prove(url, [KEY]) == KEY


async def test_the_key_does_not_change_under_a_running_server(url: str, ask: Ask) -> None:
    running = await open_session(url)
    with pytest.raises(KeyProblem, match="Stop it"):
        await rotate(url, KEY, OTHER)
    await running.close()
    with pytest.raises(KeyProblem, match="not the one"):
        await rotate(url, OTHER, KEY)
    assert await decrypt_all(ask, KEY)


async def test_a_lost_key_is_given_up_with_what_it_had_encrypted(url: str, ask: Ask) -> None:
    masked = await ask(SHOWN)
    assert await reset(url, OTHER) > 300
    assert await decrypt_all(ask, OTHER) == {}
    assert await ask("SELECT count(snils_index) FROM student_identities") == [(0,)]
    assert await ask(SHOWN) == masked
    assert await keys.prove(url, [OTHER]) == OTHER


def key_of(folder: Path) -> KeyFile:
    return KeyFile(folder / "data" / "secret.key")


def test_an_operator_changes_the_key_file_even_after_being_cut_off(
    run: OnBareMachine,
    url: str,
    tmp_path: Path,
) -> None:
    file = key_of(tmp_path)
    assert "There is no secret key here" in run("serve", DATABASE_URL=url).said
    assert file.read() is None, "it was not made anew"
    assert "There is no secret key here" in run("dev").said
    assert run("db", "upgrade").code == 0, "another machine may have the key"
    file.keep(OTHER)
    assert "is not the one" in run("serve").said
    file.path.unlink()
    file.keep(KEY)
    unused = file.begin_change()  # interrupted before anything was encrypted anew
    rotated = run("key", "rotate")
    assert (rotated.code, "Re-encrypted" in rotated.said) == (0, True), rotated
    second = file.read()
    assert second not in (None, KEY, unused)
    assert file.previous.read_bytes() == KEY
    assert file.path.stat().st_mode & 0o777 == 0o600
    third = file.begin_change()
    asyncio.run(rotate(url, second or b"", third))  # interrupted before the file took its place
    saved = run(
        "backup", str(tmp_path / "saved.tar")
    )  # any command that needs the key ends the change
    assert saved.code == 0, saved
    assert (file.read(), file.previous.read_bytes()) == (third, second)
    assert not file.next.exists()


def test_a_key_of_the_environment_is_changed_there(
    run: OnBareMachine,
    url: str,
) -> None:
    known = {"DATABASE_URL": url, "GOROD_SECRET_KEY": KEY.decode()}
    refused = run("key", "rotate", **known)
    assert (refused.code, "GOROD_NEW_SECRET_KEY" in refused.said) == (1, True)
    changed = run("key", "rotate", GOROD_NEW_SECRET_KEY=OTHER.decode())
    assert (changed.code, "Now set GOROD_SECRET_KEY" in changed.said) == (0, True), changed
    assert "is not the one" in run("serve").said
    assert run("db", "upgrade", GOROD_SECRET_KEY=OTHER.decode()).code == 0


def test_a_right_key_is_not_given_up(
    run: OnBareMachine,
    url: str,
) -> None:
    known = {"DATABASE_URL": url, "GOROD_SECRET_KEY": KEY.decode()}
    refused = run("key", "reset", "--yes", **known)
    assert (refused.code, "key rotate" in refused.said) == (1, True)
    given_up = run("key", "reset", "--yes", GOROD_SECRET_KEY=OTHER.decode())
    assert (given_up.code, "Deleted" in given_up.said) == (0, True), given_up
