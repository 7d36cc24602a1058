"""Commands that are sent together: the failure of one does not affect the others."""

import asyncio

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from models.database.writers import Writers
from tests.postgres import Server

ADD = """UPDATE school_heads SET event_seq = event_seq + $1::bigint WHERE school_id = 1
    RETURNING event_seq"""
DIVIDE = ADD.replace("$1::bigint", "1 / $1::bigint")


@pytest.mark.parametrize(
    ("sql", "wrong"),
    [(ADD, "no number"), (ADD, 2**63), (DIVIDE, 0)],
    ids=["what cannot be sent", "what is too much", "what the database refuses"],
)
async def test_one_that_is_refused_is_not_done_and_the_others_are_done_once(
    postgres: Server, database: str, sql: str, wrong: object
) -> None:
    writers = Writers(postgres.url("gorod_app", database), size=1)
    given = [1, 1, wrong, 1]
    sent = (writers.write(1, sql, [value]) for value in given)
    told = await asyncio.gather(*sent, return_exceptions=True)
    assert isinstance(told.pop(2), asyncpg.PostgresError)
    assert [row[0] for row in told if not isinstance(row, BaseException)] == [1, 2, 3]
    assert await writers.write(1, sql, [1]), "and the next is done"
    await writers.close()


async def test_the_command_of_a_client_that_went_away_is_done(
    postgres: Server, database: str, sql: AsyncConnection
) -> None:
    writers = Writers(postgres.url("gorod_app", database), size=1)
    tasks = [asyncio.create_task(writers.write(1, ADD, [1])) for _ in range(3)]
    await asyncio.sleep(0)  # both commands are queued
    tasks[1].cancel()
    rows = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(rows[1], asyncio.CancelledError)
    assert await sql.scalar(text("SELECT event_seq FROM school_heads WHERE school_id = 1")) == 3
    await writers.close()
