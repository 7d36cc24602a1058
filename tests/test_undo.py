"""The rows that a test writes are gone in the next, though both work in one database."""

from typing import Any

import pytest
from asyncpg import InterfaceError, PostgresError
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from models.base import Record
from models.database.address import open_session
from tests.clones import Clones
from tests.conftest import SignIn
from tests.people.test_students import ENROL, NEW
from tests.undo import MOST

TABLES = [table.name for table in Record.metadata.sorted_tables]
ROWS = "SELECT '{0}', count(*), sum(hashtextextended(r::text, 0)) FROM {0} r"
ALL_ROWS = text(" UNION ALL ".join(map(ROWS.format, TABLES)))
NUMBERS = text(
    "SELECT sequencename, coalesce(last_value, 0) FROM pg_sequences WHERE schemaname = 'public'"
)
EVENTS = """INSERT INTO events (school_id, seq, topic, kind, entity, at, student_id)
    SELECT 1, 100000 + n, 'JOURNAL', 'MARK_SET', 'Mark:1-1', now(), 1
    FROM generate_series(1, {}) n"""

WRITTEN = {
    "a new row": "INSERT INTO rooms (school_id, number) VALUES (1, 'Чердак')",
    "a changed row": "UPDATE persons SET family_name = 'Х' WHERE school_id = 1 AND id = 1",
    "all the rows of a table": "UPDATE schools SET version = version + 1",
    "a row changed twice": """UPDATE persons SET family_name = 'Х' WHERE id = 1;
        UPDATE persons SET family_name = 'У' WHERE id = 1""",
    "rows that are gone": "DELETE FROM notice_receipts",
    "a row with what hung on it": """DELETE FROM mark_revisions WHERE mark_id IN (1, 2);
        DELETE FROM marks WHERE id IN (1, 2)""",
    "a row that came and went": """INSERT INTO rooms (school_id, number) VALUES (1, 'Чердак');
        UPDATE rooms SET number = 'Подвал' WHERE number = 'Чердак';
        DELETE FROM rooms WHERE number = 'Подвал'""",
    "a row that went and came back another": """WITH gone AS
        (DELETE FROM notice_receipts RETURNING *) SELECT count(*) FROM gone;
        INSERT INTO rooms (school_id, number) VALUES (1, 'Чердак')""",
    "a row under another number": """INSERT INTO rooms (school_id, number) VALUES (1, 'Чердак');
        UPDATE rooms SET id = id + 1000 WHERE number = 'Чердак'""",
    "an inserted row that was there": """INSERT INTO rooms (school_id, id, number)
        OVERRIDING SYSTEM VALUE VALUES (1, 1, '?') ON CONFLICT (school_id, id)
        DO UPDATE SET version = 77""",
    "what was written without the rules": """BEGIN; SET LOCAL session_replication_role = replica;
        DELETE FROM persons WHERE id = 1; COMMIT""",
    "some hundreds of rows": EVENTS.format(700),
}
NOT_UNDONE = {
    "a table that was altered": "ALTER TABLE rooms ADD COLUMN colour text",
    "a table that was made": "CREATE TABLE extra (id int)",
    "a right that was given": "GRANT SELECT ON rooms TO PUBLIC",
    "a wall that was taken down": "ALTER TABLE rooms DISABLE ROW LEVEL SECURITY",
    "a table that was emptied": "TRUNCATE notice_receipts",
    "thousands of rows": EVENTS.format(MOST + 1),
    "a lock that was not given back": "SELECT pg_advisory_lock(1)",
}


async def everything(sql: AsyncConnection) -> list[Any]:
    return [sorted((await sql.execute(every)).all()) for every in (ALL_ROWS, NUMBERS)]


@pytest.fixture(scope="module")
async def before(clones: Clones) -> list[Any]:
    await clones.get_fresh()
    async with clones.operators.connect() as sql:
        return await everything(sql)


async def run(connection: AsyncConnection, script: str) -> None:
    for statement in script.split(";"):
        await connection.execute(text(statement))


@pytest.mark.parametrize("what", WRITTEN)
async def test_what_was_written_is_undone_where_it_was_written(
    clones: Clones, before: list[Any], sql: AsyncConnection, what: str
) -> None:
    made = clones.made
    await run(sql, WRITTEN[what])
    assert await sql.scalar(text("SELECT count(*) FROM undo.notes")) > 0
    await clones.get_fresh()
    assert clones.made == made
    assert await everything(sql) == before


async def test_what_the_product_wrote_behind_its_wall_is_undone(
    clones: Clones, before: list[Any], api: SignIn, sql: AsyncConnection
) -> None:
    made = clones.made
    await api("secretary")(ENROL, input=NEW)
    changed = {*(await everything(sql))[0]} - {*before[0]}
    assert {name for name, *_ in changed} >= {"students", "enrollments", "persons", "audit_events"}
    await clones.get_fresh()
    assert clones.made == made
    assert await everything(sql) == before


async def test_a_number_that_a_failed_statement_took_is_given_again(
    clones: Clones, before: list[Any], sql: AsyncConnection
) -> None:
    twice = "INSERT INTO rooms (school_id, number) VALUES (1, 'Чердак'), (-1, 'Чердак')"
    with pytest.raises(IntegrityError):
        await sql.execute(text(twice))
    assert (await everything(sql))[1] != before[1]
    await clones.get_fresh()
    assert await everything(sql) == before


@pytest.mark.parametrize("what", NOT_UNDONE)
async def test_what_cannot_be_undone_is_cloned_anew(
    clones: Clones, before: list[Any], what: str
) -> None:
    await clones.get_fresh()
    made = clones.made
    async with clones.operators.connect() as sql:
        await run(sql, NOT_UNDONE[what])
    clones.written = True
    await clones.get_fresh()
    assert clones.made == made + 1
    async with clones.operators.connect() as sql:
        assert await everything(sql) == before


async def test_a_transaction_left_open_does_not_reach_the_next_test(clones: Clones) -> None:
    await clones.get_fresh()
    made, left = clones.made, await open_session(clones.url)
    await left.execute("BEGIN; INSERT INTO rooms (school_id, number) VALUES (1, 'Чердак')")
    clones.written = True
    await clones.get_fresh()
    assert clones.made == made + 1
    with pytest.raises((InterfaceError, PostgresError)):
        await left.execute("COMMIT")


async def test_every_table_and_every_sequence_is_watched(sql: AsyncConnection) -> None:
    watched = await sql.scalars(text("SELECT tab::regclass::text FROM undo.tables"))
    assert {*watched} == {*TABLES, "alembic_version"}
    numbered = await sql.scalars(text("SELECT seq::text FROM undo.sequences"))
    assert {*numbered} == {name for name, _ in (await everything(sql))[1]}
