"""A migration gives new default rights to the roles of existing schools."""

import pytest

from auth.matrix import default_rights
from models.database import migrate, roles
from models.database.address import open_session
from tests.postgres import Server

FOUND = """INSERT INTO schools (full_name, short_name, time_zone)
    VALUES ('Школа', 'Школа', 'Asia/Omsk') RETURNING id"""
HELD = """SELECT role || ' ' || permission || ' ' || scope AS held FROM role_rights
    WHERE school_id = $1"""
GIVEN = "INSERT INTO role_rights (school_id, role, permission, scope) VALUES ($1, $2, $3, $4)"
BEFORE = {
    "SCHOOL_ADMINISTRATOR contacts:read SCHOOL",
    "PSYCHOLOGIST guardians:read-legal-status SCHOOL",
    "STUDENT health:read-special-needs SELF",
    "CLASS_TEACHER marks:read CLASS",
}
BACK = {
    "SCHOOL_ADMINISTRATOR guardians:read-contacts SCHOOL",
    "CLASS_TEACHER health:read-special-needs CLASS",
    "SOCIAL_PEDAGOGUE identity:read SCHOOL",
    "DEPUTY_DIRECTOR identity:read SCHOOL",
    "SECRETARY attendance:read SCHOOL",
}


@pytest.fixture
async def url(postgres: Server) -> str:
    await roles.prepare(postgres.url("postgres", "postgres"), "with_rights")
    return postgres.url("postgres", "with_rights")


async def test_an_older_school_gets_the_rights_of_a_new_one_and_can_go_back(url: str) -> None:
    await migrate.upgrade(url, "0001")
    operator = await open_session(url)
    school = await operator.fetchval(FOUND)

    async def fetch_rights() -> set[str]:
        return {line["held"] for line in await operator.fetch(HELD, school)}

    for one in BEFORE:
        await operator.execute(GIVEN, school, *one.split())
    await migrate.upgrade(url)
    now = await fetch_rights()
    new = {f"{role.name} {right} {scope.name}" for role, right, scope in default_rights()}
    assert now & BEFORE == {"CLASS_TEACHER marks:read CLASS"}
    assert "PARENT guardians:read-details SELF" in now
    assert now <= new, "a right that no new school has"
    await migrate.downgrade(url, "0001")
    assert await fetch_rights() >= BEFORE | BACK
    assert "PARENT guardians:read-details SELF" not in await fetch_rights()
    await operator.close()
