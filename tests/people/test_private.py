"""Private data: masked or in full by role, each reading recorded, nothing betrayed."""

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from models.access.roles import Role
from tests.conftest import SignIn

MASKED = """query ($id: ID!) { student(by: {id: $id}) { identity {
  id documentMasked snilsMasked } } }"""
FULL = """query ($id: ID!) { student(by: {id: $id}) { identity {
  snils snilsMasked documentNumber documentMasked } } }"""
HEALTH = "query ($id: ID!) { student(by: {id: $id}) { health { physicalEducation } } }"
NODE = "query ($id: ID!) { node(id: $id) { id } }"
READINGS = text("SELECT details -> 0 ->> 'name' FROM audit_events WHERE action = 'read'")
MASHA = "Student:1-1"


async def test_the_secretary_reads_in_full_what_others_see_masked(api: SignIn) -> None:
    full = (await api("secretary")(FULL, id=MASHA))["student"]["identity"]
    assert full["snils"].replace(" ", "").endswith(full["snilsMasked"][-2:])
    assert "*" in full["snilsMasked"]
    assert "*" not in full["snils"] + full["documentNumber"]
    for login, role in (
        ("teacher.belova", Role.CLASS_TEACHER),
        ("parent.ivanova", None),
        ("student.ivanova", None),
    ):
        seen = (await api(login, role)(MASKED, id=MASHA))["student"]["identity"]
        assert seen["snilsMasked"] == full["snilsMasked"]


@pytest.mark.parametrize("login", ["parent.ivanova", "student.ivanova"])
async def test_the_full_number_is_refused_and_the_masked_one_shown(api: SignIn, login: str) -> None:
    reply = await api(login).reply(FULL, id=MASHA)
    assert {(e.extensions or {})["coordinate"] for e in reply.errors or []} == {
        "StudentIdentity.snils",
        "StudentIdentity.documentNumber",
    }
    identity = (reply.data or {})["student"]["identity"]
    assert (identity["snils"], identity["documentNumber"]) == (None, None)
    assert identity["snilsMasked"]


async def test_every_reading_is_recorded_without_what_was_read(
    api: SignIn, sql: AsyncConnection
) -> None:
    await api("secretary")(FULL, id=MASHA)
    await api("director")(MASKED, id=MASHA)
    await api("zavuch")("{ students { nodes { fullName } } }")
    assert (await sql.scalars(READINGS)).all() == ["StudentIdentity"] * 2


async def test_reading_nothing_is_not_recorded(api: SignIn, sql: AsyncConnection) -> None:
    assert await api("parent.sokolov")(MASKED, id=MASHA) == {"student": None}
    assert (await sql.scalars(READINGS)).all() == []


async def test_that_there_is_something_is_not_disclosed(api: SignIn, sql: AsyncConnection) -> None:
    """Another family's, another school's, and what never was, look the same."""
    identity = (await api("secretary")(MASKED, id=MASHA))["student"]["identity"]["id"]
    father = api("parent.sokolov")
    for hidden in (identity, "StudentIdentity:1-999999", "StudentIdentity:2-91"):
        assert await father(NODE, id=hidden) == {"node": None}
    assert await api("parent.ivanova")(NODE, id=identity) == {"node": {"id": identity}}


@pytest.mark.parametrize("login", ["admin", "teacher.gusev", "psychologist", "social", "zavuch"])
async def test_documents_are_refused_to_those_without_the_right(api: SignIn, login: str) -> None:
    assert await api(login).expect_code("{ students { nodes { identity { id } } } }") == "FORBIDDEN"


async def test_health_is_read_by_those_who_must_mind_it(api: SignIn, sql: AsyncConnection) -> None:
    student = await sql.scalar(text("SELECT min(student_id) FROM student_health"))
    there = f"Student:1-{student}"
    assert (await api("psychologist")(HEALTH, id=there))["student"]["health"]
    assert (await sql.scalars(READINGS)).all() == ["StudentHealth"]
    assert await api("admin").expect_code(HEALTH, id=there) == "FORBIDDEN"
