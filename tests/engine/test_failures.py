"""The answers while the database does not answer: a code, and nothing about the cause."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from gql.engine.run import Engine
from gql.schema import schema
from models.database.address import open_session
from models.database.readers import Readers
from models.database.writers import Writers
from resolvers.core.context import Services
from tests.conftest import SignIn
from tests.engine.conftest import make_asker
from tests.journal.desk import SET, Desk, cell
from tests.postgres import Server

SCHOOL = "{ school { shortName } }"
SOON = 100
"""The milliseconds after which a statement is too long here."""


@pytest.fixture
async def services(services: Services, postgres: Server, database: str) -> AsyncIterator[Services]:
    url = postgres.url("gorod_app", database)
    readers = Readers(url, size=2, statement_timeout_ms=SOON)
    writers = Writers(
        url, size=2, statement_timeout_ms=SOON // 5
    )  # before the statement timeout of the readers
    yield replace(services, readers=readers, writers=writers)
    await readers.close()
    await writers.close()


@asynccontextmanager
async def lock_table(postgres: Server, database: str, table: str) -> AsyncIterator[None]:
    """Lock the table, so that nobody reads it meanwhile."""
    operator = await open_session(postgres.url("postgres", database))
    async with operator.transaction():
        await operator.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
        yield
    await operator.close()


async def test_a_client_that_waits_too_long_is_told_so(
    api: SignIn, services: Services, postgres: Server, database: str
) -> None:
    engine, mother = Engine(schema, services), make_asker(api("parent.ivanova"))
    assert await engine.answer(mother, SCHOOL, {}, None)
    async with lock_table(postgres, database, "schools"):
        answer = await engine.answer(mother, SCHOOL, {}, None)
    assert answer
    said = json.loads(answer.body)
    assert said["data"] == {"school": None}
    [error] = said["errors"]
    assert error["path"] == ["school"]
    assert error["extensions"] == {"code": "OPERATION_TIMEOUT"}
    assert await engine.answer(mother, SCHOOL, {}, None) != answer, "the next is answered"


async def test_a_mark_that_took_too_long_is_not_set(
    api: SignIn,
    desk: Desk,
    services: Services,
    sql: AsyncConnection,
    postgres: Server,
    database: str,
) -> None:
    engine, teacher = Engine(schema, services), make_asker(api(desk.teacher))
    async with lock_table(postgres, database, "marks"):
        answer = await engine.answer(teacher, SET, {"input": cell(desk)}, None)
    assert answer
    [error] = json.loads(answer.body)["errors"]
    assert error["extensions"] == {"code": "OPERATION_TIMEOUT"}
    assert await sql.scalar(text("SELECT count(*) FROM audit_events")) == 0


async def test_the_error_of_a_lost_connection_tells_nothing_about_it(
    api: SignIn, services: Services, sql: AsyncConnection, postgres: Server, database: str
) -> None:
    services = replace(services, readers=Readers(postgres.url("gorod_app", database), size=1))
    engine, mother = Engine(schema, services), make_asker(api("parent.ivanova"))
    assert await engine.answer(mother, SCHOOL, {}, None)
    end = text("""SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'""")

    async def end_session() -> None:
        while not await sql.scalar(end):  # noqa: ASYNC110  # only a look tells
            await asyncio.sleep(0.01)

    async with lock_table(postgres, database, "schools"):
        asked: Any = asyncio.create_task(engine.answer(mother, SCHOOL, {}, None))
        await end_session()
        answer = await asked
    [error] = json.loads(answer.body)["errors"]
    assert error["extensions"] == {"code": "SERVICE_UNAVAILABLE", "retryAfter": 1}
    again = await engine.answer(mother, SCHOOL, {}, None)
    assert again
    assert "errors" not in json.loads(again.body)
    assert services.readers
    await services.readers.close()
