"""An event that leads to a record of a special category is a reading of it: the audit log names the
student, as after any query (domain.md c.1, audit log)."""

from dataclasses import replace

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from resolvers.core.context import Services
from tests.access.logbook import details, last
from tests.conftest import Api, SignIn
from tests.events.listening import MASHA, SET_MARK, Desk, Listen

HEALTH = """subscription ($id: ID!, $after: String) { journalEvents(studentId: $id, after: $after) {
    ... on JournalEvent { node { ... on Mark { value student {
        health { accommodations } identity { snilsMasked } } } } } } }"""
NO_HEALTH = HEALTH.replace("health { accommodations } identity { snilsMasked }", "fullName")


@pytest.fixture(params=["by a plan", "by resolvers"], autouse=True)
def services(services: Services, request: pytest.FixtureRequest) -> Services:
    """Rows of an event are read by either executor."""
    return services if request.param == "by a plan" else replace(services, readers=None)


@pytest.fixture
def mother(api: SignIn) -> Api:
    return api("parent.ivanova")


async def test_health_read_through_an_event_names_the_student(
    api: SignIn, mother: Api, listen: Listen, desk: Desk, sql: AsyncConnection
) -> None:
    stream = await listen(mother, HEALTH, id=MASHA)
    await api(desk.login)(SET_MARK, input=desk.cell(MASHA, value=4))
    event = await stream.next()
    assert event["node"]["student"]["health"]
    read = {"StudentHealth": [MASHA], "StudentIdentity": [MASHA]}
    assert details(await last(api("director"), "read")) == read
    rows = await sql.execute(text("SELECT record_type, student_id, role FROM sensitive_reads"))
    assert sorted(map(tuple, rows)) == [
        ("StudentHealth", 1, "PARENT"),
        ("StudentIdentity", 1, "PARENT"),
    ]


async def test_each_event_is_a_reading_of_its_own(
    api: SignIn, mother: Api, listen: Listen, desk: Desk, sql: AsyncConnection
) -> None:
    stream = await listen(mother, HEALTH, id=MASHA)
    done = await api(desk.login)(SET_MARK, input=desk.cell(MASHA, value=4))
    await stream.next()
    version = done["setMark"]["mark"]["version"]
    await api(desk.login)(SET_MARK, input=desk.cell(MASHA, value=3, expectedVersion=version))
    await stream.next()
    assert await sql.scalar(text("SELECT count(*) FROM sensitive_reads")) == 4


async def test_what_the_listener_may_not_read_is_no_reading(
    api: SignIn, listen: Listen, desk: Desk, sql: AsyncConnection
) -> None:
    """A subject teacher reads of health the accommodations, of documents nothing."""
    stream = await listen(api(desk.login), HEALTH, id=MASHA)
    await api(desk.login)(SET_MARK, input=desk.cell(MASHA, value=4))
    reply = await stream.reply()
    assert reply.data["journalEvents"]["node"]["student"]["identity"] is None
    types = await sql.scalars(text("SELECT DISTINCT record_type FROM sensitive_reads"))
    assert set(types) == {"StudentHealth"}


async def test_an_event_without_special_data_is_no_reading(
    api: SignIn, mother: Api, listen: Listen, desk: Desk, sql: AsyncConnection
) -> None:
    stream = await listen(mother, NO_HEALTH, id=MASHA)
    await api(desk.login)(SET_MARK, input=desk.cell(MASHA, value=4))
    assert (await stream.next())["node"]["student"]["fullName"]
    assert await sql.scalar(text("SELECT count(*) FROM sensitive_reads")) == 0
