"""The audit log records commands and special reads, and nobody can change its entries."""

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession

from models.access.roles import Role
from resolvers.access.audit import verify_chain
from tests.access.asking import CHANGE, get_code
from tests.conftest import Api, SignIn, Template

EVENTS = """query ($filter: AuditEventFilter, $first: Int) {
    auditEvents(first: $first, filter: $filter) {
        totalCount
        nodes { id seq at role action entity details { name values } requestId actor { fullName } }
    }
}"""
HEALTH = "{ students(first: 3) { nodes { health { physicalEducation } } } }"
RENAME = """mutation ($id: ID!, $version: Int!, $phone: String!) {
    updateSchool(input: {schoolId: $id, expectedVersion: $version, phone: $phone}) {
        school { id version } userErrors { code }
    }
}"""


async def fetch_events(api: Api, **filter: Any) -> list[Any]:
    found = await api(EVENTS, filter={name: {"eq": value} for name, value in filter.items()})
    return list(found["auditEvents"]["nodes"])


def details_of(event: Any) -> dict[str, Any]:
    """Return the details of an entry, by their names."""
    return {detail["name"]: detail["values"] for detail in event["details"]}


async def change_phone(director: Api, *phones: str) -> str:
    """Change the school's phone to each of the given ones; return the id of the school."""
    for phone in phones:
        school = (await director("{ school { id version } }"))["school"]
        await director(RENAME, id=school["id"], version=school["version"], phone=phone)
    return str(school["id"])


async def verify(engine: AsyncEngine, school: str) -> int | None:
    async with AsyncSession(engine) as session:
        return await verify_chain(session, int(school.partition("-")[2]))


# -- entries --------------------------------------------------------------------------


async def test_a_command_is_recorded(api: SignIn) -> None:
    school = await change_phone(api("director"), "8 (38500) 00-1-28")
    [event] = await fetch_events(api("director"), action="updateSchool")
    assert event["actor"] == {"fullName": "Воронцова Елена Викторовна"}
    assert event["role"] == "DIRECTOR"
    assert event["entity"] == school
    assert details_of(event) == {"schoolId": [school], "phone": ["8 (38500) 00-1-28"]}
    assert event["at"] == "2026-11-23T05:00:00Z"


async def test_the_newest_come_first_without_gaps(api: SignIn) -> None:
    await change_phone(api("director"), "1", "2", "3")
    numbers = [event["seq"] for event in await fetch_events(api("director"))]
    assert numbers == list(range(numbers[0], 0, -1))


async def test_a_refused_command_is_not_recorded(api: SignIn) -> None:
    director = api("director")
    school = await change_phone(director, "1")
    refused = await director.expect_code(RENAME, id=school, version=99, phone="2")
    assert refused == "CONFLICT"
    assert len(await fetch_events(director, action="updateSchool")) == 1


async def test_a_special_read_is_recorded(api: SignIn) -> None:
    await api("psychologist")(HEALTH)
    [event] = await fetch_events(api("director"), action="read")
    assert event["role"] == "PSYCHOLOGIST"
    [(kind, whose)] = details_of(event).items()
    assert kind == "StudentHealth"
    assert {one.partition(":")[0] for one in whose} == {"Student"}


async def test_a_change_of_password_is_recorded_without_the_password(api: SignIn) -> None:
    await api("parent.ivanova")(CHANGE, old="gorod-demo-2026", new="никому не скажу")
    [event] = await fetch_events(api("director"), role="PARENT")
    assert event["action"] == "changePassword"
    assert event["details"] == []


# -- readers --------------------------------------------------------------------------


@pytest.mark.parametrize("login", ["director", "zavuch", "admin"])
async def test_people_with_the_right_read_the_log(api: SignIn, login: str) -> None:
    assert await get_code(api(login), EVENTS) is None


@pytest.mark.parametrize(
    "login", ["parent.ivanova", "student.ivanova", "teacher.belova", "secretary", "hr", "social"]
)
async def test_people_without_the_right_do_not_read_the_log(api: SignIn, login: str) -> None:
    assert await get_code(api(login), EVENTS) == "FORBIDDEN"


async def test_nobody_reads_the_log_of_another_school(api: SignIn, template: Template) -> None:
    [other] = [login for login, held in template.roles.items()
               if held[0][0] is Role.DIRECTOR and login != "director"]  # fmt: skip
    await change_phone(api("director"), "1")
    [event] = await fetch_events(api("director"))
    assert await fetch_events(api(other)) == []
    node = await api(other)("query ($id: ID!) { node(id: $id) { id } }", id=event["id"])
    assert node == {"node": None}


# -- the chain ------------------------------------------------------------------------


async def test_a_log_that_nobody_touched_is_whole(api: SignIn, engine: AsyncEngine) -> None:
    director = api("director")
    school = (await director("{ school { id } }"))["school"]["id"]
    assert await verify(engine, school) is None
    await change_phone(director, "1", "2", "3")
    await api("psychologist")(HEALTH)
    assert await verify(engine, school) is None


TAMPERING = {
    "a word": (
        """UPDATE audit_events SET details = '[{"name": "phone", "values": ["0"]}]'
        WHERE seq = 2""",
        2,
    ),
    "who it was": ("UPDATE audit_events SET actor_id = actor_id + 1 WHERE seq = 1", 1),
    "the role": ("UPDATE audit_events SET role = 'SECRETARY' WHERE seq = 3", 3),
    "the time": ("UPDATE audit_events SET at = at + interval '1 microsecond' WHERE seq = 2", 2),
    "an entry gone": ("DELETE FROM audit_events WHERE seq = 2", 2),
    "the first gone": ("DELETE FROM audit_events WHERE seq = 1", 1),
    "the last gone": ("DELETE FROM audit_events WHERE seq = 4", 4),
    "all gone": ("DELETE FROM audit_events", 1),
    "two changed places": (
        "UPDATE audit_events SET seq = CASE seq WHEN 2 THEN -3 ELSE -2 END WHERE seq IN (2, 3);"
        "UPDATE audit_events SET seq = -seq WHERE seq < 0",
        2,
    ),
    "hashes made to fit the change, but for those that follow": (
        "UPDATE audit_events SET hash = sha256(hash) WHERE seq = 4",
        4,
    ),
}


@pytest.mark.parametrize("deed", TAMPERING)
async def test_a_change_of_the_log_is_detected(
    api: SignIn, engine: AsyncEngine, sql: AsyncConnection, deed: str
) -> None:
    school = await change_phone(api("director"), "1", "2", "3", "4")
    statements, broken = TAMPERING[deed]
    for statement in statements.split(";"):
        await sql.execute(text(statement))
    assert await verify(engine, school) == broken


async def test_even_the_product_cannot_change_the_log(engine: AsyncEngine) -> None:
    for deed in ("UPDATE audit_events SET seq = seq", "DELETE FROM audit_events"):
        async with engine.connect() as connection:
            with pytest.raises(Exception, match="permission denied"):
                await connection.execute(text(deed))
