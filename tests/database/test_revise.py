"""`gorod db revise`, and the drift that `gorod db status` reports."""

import asyncio
import sys
from asyncio.subprocess import PIPE
from pathlib import Path
from shutil import copytree

import pytest
from alembic.config import Config
from asyncpg import CheckViolationError

from auth.matrix import default_rights
from models.database import migrate
from models.database.address import open_session
from models.database.constraints import find_constraint_changes
from models.database.problems import DatabaseProblem
from models.database.revising import RIGHTS, NothingToRevise, revise
from tests.database.conftest import Upgraded

FOUND = """INSERT INTO schools (full_name, short_name, time_zone)
    VALUES ('Школа', 'Школа', 'Asia/Omsk') RETURNING id"""
HELD = "SELECT role || ' ' || permission || ' ' || scope FROM role_rights WHERE school_id = $1"
ROOM = "INSERT INTO rooms (school_id, number, floor) VALUES ($1, '1', $2)"
GIVE = "INSERT INTO role_rights (school_id, role, permission, scope) VALUES ($1, $2, $3, $4)"


def test_every_default_right_reaches_the_schools_that_exist() -> None:
    """A developer who changes the matrix has a migration written, which gives it to existing
    schools."""
    now = sorted(f"{role.name} {right} {scope.name}" for role, right, scope in default_rights())
    written = (migrate.SCRIPTS / RIGHTS).read_text().splitlines()
    assert written == now, "run `gorod db revise`"


async def test_no_constraint_differs_from_the_models(make_upgraded: Upgraded) -> None:
    """Alembic does not compare constraints: a range that is only in a model has no effect."""
    url = await make_upgraded("constrained")
    assert await find_constraint_changes(url, "constrained") == []


async def test_nothing_is_written_where_nothing_changed(make_upgraded: Upgraded) -> None:
    url = await make_upgraded("unchanged")
    versions = sorted((migrate.SCRIPTS / "versions").glob("*.py"))
    rights = (migrate.SCRIPTS / RIGHTS).read_text().splitlines()
    with pytest.raises(NothingToRevise):
        await revise(url, "nothing", rights)
    assert sorted((migrate.SCRIPTS / "versions").glob("*.py")) == versions


async def test_a_new_table_stands_behind_its_wall_and_a_new_right_reaches_every_school(
    make_upgraded: Upgraded, tmp_path: Path
) -> None:
    url = await make_upgraded("revised")
    operator = await open_session(url)
    schools = [await operator.fetchval(FOUND) for _ in range(2)]
    taken, new = (migrate.SCRIPTS / RIGHTS).read_text().splitlines()[0], "PARENT gardens:read CHILD"
    for school in schools:
        await operator.execute(GIVE, school, *taken.split())
    await operator.close()  # a database can be copied only while nobody uses it
    scripts = copytree(migrate.SCRIPTS, tmp_path / "migrations")
    asked = [sys.executable, "-m", "tests.database.revised", url, str(scripts), new]
    process = await asyncio.create_subprocess_exec(*asked, stdout=PIPE)
    told, _ = await process.communicate()
    file, *drift = told.decode().splitlines()
    assert drift == []
    assert file.endswith("_gardens_of_a_school.py")
    operator = await open_session(url)
    for school in schools:
        held = {line[0] for line in await operator.fetch(HELD, school)}
        assert new in held
        assert taken not in held
    # Only this version has the table and the column: for all others they are a drift.
    known = ("gardens", "floor")
    assert [
        line for line in await migrate.report_drift(url) if not any(n in line for n in known)
    ] == []
    with pytest.raises(CheckViolationError):
        await operator.execute(ROOM, schools[0], 101)
    await operator.execute(ROOM, schools[0], 100)
    await operator.close()


async def test_an_operator_whose_school_is_at_work_is_told_to_come_back_later(
    drifting: str,
) -> None:
    def wait(config: Config) -> None:
        sync = config.attributes["connection"]
        sync.exec_driver_sql("SET LOCAL lock_timeout = '10ms'")
        sync.exec_driver_sql("LOCK TABLE marks")

    busy = await open_session(drifting)
    async with busy.transaction():
        await busy.execute("LOCK TABLE marks IN ACCESS SHARE MODE")
        with pytest.raises(DatabaseProblem, match="nothing was changed"):
            await migrate.run_alembic(drifting, wait)
    await busy.close()
    await migrate.run_alembic(drifting, wait)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("ALTER TABLE marks DISABLE ROW LEVEL SECURITY", "marks: row-level security must be"),
        ("ALTER TABLE marks NO FORCE ROW LEVEL SECURITY", "marks: row-level security must be"),
        ("DROP POLICY school ON marks", "marks: policy school is missing"),
        ("ALTER POLICY school ON marks USING (true)", "marks: policy school says"),
        ("CREATE POLICY all_of_them ON marks USING (true)", "marks: policy all_of_them must not"),
        ("REVOKE INSERT ON marks FROM gorod_app", "marks: gorod_app lacks INSERT"),
        ("GRANT UPDATE ON events TO gorod_app", "events: gorod_app must not have UPDATE"),
        ("ALTER TABLE marks ADD COLUMN note text", "marks"),
    ],
)  # fmt: skip
async def test_an_operator_is_told_what_somebody_changed_by_hand(
    drifting: str, change: str, told: str
) -> None:
    inside = await open_session(drifting)
    async with inside.transaction():
        await inside.execute(change)
    found = await migrate.report_drift(drifting)
    await inside.close()
    assert len(found) == 1
    assert told in found[0]


@pytest.fixture
async def drifting(make_upgraded: Upgraded) -> str:
    return await make_upgraded("changed_by_hand")
