"""What a new version gives to the roles of schools that are there already."""

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from auth.matrix import default_rights
from models.database import migrate, roles
from tests.postgres import Server

FOUND = """INSERT INTO schools (full_name, short_name, time_zone) VALUES ('Школа', '1', 'Asia/Omsk')
    RETURNING id"""
HELD = "SELECT role || ' ' || permission || ' ' || scope FROM role_rights WHERE school_id = :school"
BEFORE = {
    "SCHOOL_ADMINISTRATOR contacts:read SCHOOL",
    "PSYCHOLOGIST guardians:read-legal-status SCHOOL",
    "STUDENT health:read-special-needs SELF",
    "CLASS_TEACHER marks:read CLASS",
}


@pytest.fixture
async def url(postgres: Server) -> str:
    await roles.prepare(postgres.url("postgres", "postgres"), "with_rights")
    return postgres.url("postgres", "with_rights")


async def test_an_older_school_gets_the_rights_of_a_new_one_and_can_go_back(url: str) -> None:
    engine = create_async_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    await migrate.upgrade(url, "0001")
    async with engine.connect() as sql:
        school = await sql.scalar(text(FOUND))

        async def held() -> set[str]:
            return set((await sql.scalars(text(HELD), {"school": school})).all())

        for one in BEFORE:
            role, permission, scope = one.split()
            await sql.execute(
                text("""INSERT INTO role_rights (school_id, role, permission, scope)
                    VALUES (:school, :role, :permission, :scope)"""),
                {"school": school, "role": role, "permission": permission, "scope": scope},
            )
        await migrate.upgrade(url)
        now = await held()
        new = {f"{role.name} {right} {scope.name}" for role, right, scope in default_rights()}
        assert now & BEFORE == {"CLASS_TEACHER marks:read CLASS"}
        assert "PARENT guardians:read-details SELF" in now
        assert now <= new, "a right that no new school has"
        await migrate.downgrade(url, "0001")
        assert await held() == BEFORE | {
            "SCHOOL_ADMINISTRATOR guardians:read-contacts SCHOOL",
            "CLASS_TEACHER health:read-special-needs CLASS",
            "SOCIAL_PEDAGOGUE identity:read SCHOOL",
            "DEPUTY_DIRECTOR identity:read SCHOOL",
            "SECRETARY attendance:read SCHOOL",
        }
    await engine.dispose()
