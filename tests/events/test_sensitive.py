"""An event whose fields include special categories of data is a read of them: the audit log names
the student, as after any query (domain.md c.1, audit log)."""

from dataclasses import replace

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from resolvers.core.context import Services
from tests.access.logbook import fetch_last, read_details
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
    await api(desk.login)(SET_MARK, input=desk.make_input(MASHA, value=4))
    event = await stream.next_event()
    assert event["node"]["student"]["health"]
    read = {"StudentHealth": [MASHA], "StudentIdentity": [MASHA]}
    assert read_details(await fetch_last(api("director"), "read")) == read
    rows = await sql.execute(text("SELECT record_type, student_id, role FROM sensitive_reads"))
    assert sorted(map(tuple, rows)) == [
        ("StudentHealth", 1, "PARENT"),
        ("StudentIdentity", 1, "PARENT"),
    ]


async def test_each_event_is_a_read_of_its_own(
    api: SignIn, mother: Api, listen: Listen, desk: Desk, sql: AsyncConnection
) -> None:
    stream = await listen(mother, HEALTH, id=MASHA)
    done = await api(desk.login)(SET_MARK, input=desk.make_input(MASHA, value=4))
    await stream.next_event()
    version = done["setMark"]["mark"]["version"]
    await api(desk.login)(SET_MARK, input=desk.make_input(MASHA, value=3, expectedVersion=version))
    await stream.next_event()
    assert await sql.scalar(text("SELECT count(*) FROM sensitive_reads")) == 4


async def test_fields_that_the_listener_may_not_read_are_not_logged(
    api: SignIn, listen: Listen, desk: Desk, sql: AsyncConnection
) -> None:
    """A subject teacher may read the accommodations of a health record, and no documents."""
    stream = await listen(api(desk.login), HEALTH, id=MASHA)
    await api(desk.login)(SET_MARK, input=desk.make_input(MASHA, value=4))
    reply = await stream.reply()
    assert reply.data["journalEvents"]["node"]["student"]["identity"] is None
    types = await sql.scalars(text("SELECT DISTINCT record_type FROM sensitive_reads"))
    assert set(types) == {"StudentHealth"}


async def test_an_event_without_special_data_is_not_logged(
    api: SignIn, mother: Api, listen: Listen, desk: Desk, sql: AsyncConnection
) -> None:
    stream = await listen(mother, NO_HEALTH, id=MASHA)
    await api(desk.login)(SET_MARK, input=desk.make_input(MASHA, value=4))
    assert (await stream.next_event())["node"]["student"]["fullName"]
    assert await sql.scalar(text("SELECT count(*) FROM sensitive_reads")) == 0
