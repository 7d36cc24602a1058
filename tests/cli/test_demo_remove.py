"""Made-up schools are removed whole, and nothing else with them."""

import asyncio
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from models.database import dump
from resolvers.demo.locking import open_logins
from resolvers.demo.removing import TABLES
from tests.cli.conftest import OnBareMachine
from tests.cli.saving import School, fetch_value, hash_tables, run_in_thread
from tests.cli.test_commands import GOROD
from tests.database.processes import wait_until

FOUND = (
    "user",
    "create-director",
    "director.n",
    "--name",
    "Северова Нина",
    "--new-school",
    "Лицей",
)
GUEST = """
    WITH mother AS (
        SELECT credential_id FROM accounts JOIN credentials c ON c.id = credential_id
        WHERE school_id = 1 AND c.login = 'parent.ivanova'
    ), person AS (
        INSERT INTO persons (school_id, version, family_name, given_name)
        VALUES ($1, 1, 'Иванова', 'Мария') RETURNING school_id, id
    ), account AS (
        INSERT INTO accounts (school_id, version, person_id, credential_id, status)
        SELECT school_id, 1, id, credential_id, 'ACTIVE' FROM person, mother
    )
    INSERT INTO credential_schools (credential_id, school_id)
    SELECT credential_id, $1 FROM mother RETURNING credential_id
"""
"""A mother of the demo school, whose login opens another school, too."""
MADE_UP = (1, 2)


@pytest.fixture
def real_school(run: OnBareMachine, school: School) -> int:
    """The number of a real school in the same database."""
    made = run(*FOUND, **school.make_environment())
    assert made.code == 0, made
    number: int = run_in_thread(fetch_value(school.url, "SELECT max(id) FROM schools"))
    assert number not in MADE_UP
    return number


async def hash_rows(url: str, number: int) -> dict[str, str]:
    """Return a hash of the rows of a school, by table."""
    connection = await dump.open_unrestricted(url)
    try:
        return {
            table: await connection.fetchval(
                f"SELECT {dump.HASHED.format(table)} WHERE school_id = $1", number
            )
            for [table] in await connection.fetch(TABLES)
        }
    finally:
        await connection.close()


def remove(run: OnBareMachine, school: School, *words: str) -> Any:
    return run("demo", "remove", *words, **school.make_environment())


def test_made_up_schools_go_with_everything_and_the_real_one_stays(
    run: OnBareMachine, school: School, real_school: int
) -> None:
    mother = run_in_thread(fetch_value(school.url, GUEST, real_school))
    before = run_in_thread(hash_rows(school.url, real_school))
    assert school.read_files()
    ended = remove(run, school, "--yes")
    assert (ended.code, "Removed: 2 made-up schools" in ended.said) == (0, True), ended
    for number in MADE_UP:
        left = {
            name for name, of in run_in_thread(hash_rows(school.url, number)).items() if of != "0 0"
        }
        assert not left
    assert run_in_thread(hash_rows(school.url, real_school)) == before
    assert not school.read_files()
    logins = run_in_thread(
        fetch_value(school.url, "SELECT array_agg(login ORDER BY login) FROM credentials")
    )
    assert logins == ["director.n", "parent.ivanova"], mother
    assert run_in_thread(open_logins(school.url)) == 0
    looked = json.loads(run("doctor", "--json", **school.make_environment()).said)
    assert next(one["ok"] for one in looked if one["name"] == "made-up accounts")
    again = remove(run, school, "--yes")
    assert (again.code, "There is no made-up school here." in again.said) == (0, True), again
    assert run_in_thread(hash_rows(school.url, real_school)) == before


def test_one_made_up_school_is_removed_alone(run: OnBareMachine, school: School) -> None:
    other = run_in_thread(hash_rows(school.url, 1))
    assert remove(run, school, "--school", "2", "--yes").code == 0
    assert run_in_thread(fetch_value(school.url, "SELECT array_agg(id) FROM schools")) == [1]
    assert run_in_thread(hash_rows(school.url, 1)) == other


def test_a_real_school_is_not_removed_nor_one_that_is_not_there(
    run: OnBareMachine, school: School, real_school: int
) -> None:
    before = run_in_thread(hash_tables(school.url))
    for number, told in ((real_school, "not a made-up school"), (99, "no school with this number")):
        refused = remove(run, school, "--school", "1", "--school", str(number), "--yes")
        assert (refused.code, told in refused.said) == (2, True), refused
    assert run_in_thread(hash_tables(school.url)) == before


def test_nothing_is_removed_unless_somebody_says_so(
    run: OnBareMachine, school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = run_in_thread(hash_tables(school.url))
    with Path(os.devnull).open() as nobody:
        monkeypatch.setattr("sys.stdin", nobody)
        refused = remove(run, school)
    assert (refused.code, "Say --yes if you mean it" in refused.said) == (1, True), refused
    assert "everything that was entered there" in refused.said
    assert run_in_thread(hash_tables(school.url)) == before
    assert school.read_files()


async def test_killed_half_way_it_has_removed_nothing_and_can_begin_again(
    run: OnBareMachine, school: School
) -> None:
    """The command is killed at the last rows, which another session has locked."""
    before = await hash_tables(school.url)
    other = await dump.open_unrestricted(school.url)
    holding = other.transaction()
    await holding.start()
    await other.execute(
        "SELECT FROM credentials WHERE id = (SELECT max(id) FROM credentials) FOR UPDATE"
    )
    environment = {**os.environ, **school.make_environment()}
    command = [*GOROD, "demo", "remove", "--yes"]
    with subprocess.Popen(command, env=environment) as program:  # noqa: ASYNC220  # nothing else runs here
        waiting = (
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        await asyncio.to_thread(
            wait_until, lambda: run_in_thread(fetch_value(school.url, waiting)), 120
        )
        program.kill()
    await holding.rollback()
    await other.close()
    others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    await asyncio.to_thread(
        wait_until, lambda: run_in_thread(fetch_value(school.url, others)) == 1, 120
    )
    assert await hash_tables(school.url) == before
    assert school.read_files()
    assert (await asyncio.to_thread(remove, run, school, "--yes")).code == 0
    assert not await fetch_value(school.url, "SELECT count(*) FROM schools")
