"""Roles and databases: made once, by the first who comes, within the rights of that user."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from itertools import count

import pytest
from sqlalchemy.pool import NullPool

from models.database import fitness, migrate, roles
from models.database.address import open_session
from models.database.engine import connect
from models.database.problems import DatabaseProblem, Unfit
from tests.postgres import Server, server

numbers = count(1)


@pytest.fixture(scope="module")
def bare(postgres: Server) -> Iterator[Server]:
    """A server of its own, of the same kind: roles belong to a server, not to a database."""
    with server() as started:
        yield started


@pytest.fixture
async def owned_database(bare: Server) -> AsyncIterator[str]:
    """The address of a database whose owner may make roles, and little else."""
    name = f"theirs{next(numbers)}"
    await execute(
        bare.url("postgres", "postgres"),
        "DROP ROLE IF EXISTS gorod_app, gorod_owner",
        f"CREATE ROLE {name} LOGIN CREATEROLE",
        f"CREATE DATABASE {name} OWNER {name} TEMPLATE template0 ENCODING UTF8",
    )
    yield bare.url(name, name)
    await execute(
        bare.url("postgres", "postgres"),
        f"DROP DATABASE {name} WITH (FORCE)",
        "DROP ROLE IF EXISTS gorod_app, gorod_owner",
        f"DROP ROLE {name}",
    )


async def execute(url: str, *statements: str) -> None:
    connection = await open_session(url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


async def find_faults(url: str) -> list[str]:
    return await fitness.find_faults(connect(url, poolclass=NullPool))


async def test_several_starts_at_once_make_everything_once(postgres: Server) -> None:
    url = postgres.url("postgres", "postgres")
    await asyncio.gather(*(roles.prepare(url, "at_once") for _ in range(5)))
    await asyncio.gather(*(migrate.upgrade(postgres.url("postgres", "at_once")) for _ in range(2)))
    assert await find_faults(postgres.url("gorod_app", "at_once")) == []


async def test_a_user_who_may_make_roles_prepares_a_database_of_their_own(
    owned_database: str,
) -> None:
    for _ in range(2):
        await roles.prepare_existing(owned_database)
    await migrate.upgrade(owned_database)
    assert await find_faults(owned_database) == []


async def test_a_user_who_may_not_is_told_the_sql_to_ask_for(
    bare: Server, owned_database: str
) -> None:
    name = owned_database.partition("://")[2].partition("@")[0]
    await execute(bare.url("postgres", "postgres"), f"ALTER ROLE {name} NOCREATEROLE")
    with pytest.raises(Unfit, match="may not prepare") as told:
        await roles.prepare_existing(owned_database)
    asked = re.findall(r"^ {4}(.*);$", str(told.value), re.MULTILINE)
    await execute(bare.url("postgres", name), *asked)
    await roles.prepare_existing(owned_database)
    await migrate.upgrade(owned_database)
    assert await find_faults(owned_database) == []


async def test_the_products_own_role_prepares_nothing(postgres: Server) -> None:
    with pytest.raises(Unfit, match="a user who owns the database"):
        await roles.prepare_existing(postgres.url("gorod_app", "postgres"))


async def test_the_product_acts_as_its_role_under_any_user(owned_database: str) -> None:
    await roles.prepare_existing(owned_database)
    async with connect(
        owned_database, poolclass=NullPool, statement_timeout_ms=1234
    ).connect() as there:
        names = ("role", "timezone", "jit", "application_name", "statement_timeout")
        shown = [(await there.exec_driver_sql(f"SHOW {name}")).scalar() for name in names]
    assert shown == ["gorod_app", "UTC", "off", "gorod", "1234ms"]


async def test_a_superuser_is_no_user_for_the_product(postgres: Server) -> None:
    await roles.prepare(postgres.url("postgres", "postgres"), "above")
    engine = connect(postgres.url("postgres", "above"), role="postgres", poolclass=NullPool)
    assert any("above row-level security" in fault for fault in await fitness.find_faults(engine))


async def test_tables_of_another_version_are_told(postgres: Server) -> None:
    await roles.prepare(postgres.url("postgres", "postgres"), "behind")
    [fault] = await find_faults(postgres.url("gorod_app", "behind"))
    assert "gorod db upgrade" in fault


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("mysql://root@localhost/db", "must look like postgresql://"),
        ("postgresql://me@127.0.0.1:1/db", "No PostgreSQL answers"),
    ],
)
async def test_a_wrong_address_is_told_in_words(url: str, problem: str) -> None:
    with pytest.raises(DatabaseProblem, match=problem):
        await open_session(url)
