"""Databases with a demo. Tests here only read, so that one load serves them all."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import asyncpg
import pytest

from models.database.address import open_session
from resolvers import demo
from tests.clones import clone, make_once
from tests.conftest import DEMO, KEY, TABLES, TODAY, Template
from tests.postgres import Server
from tests.undo import Operator

Row = dict[str, Any]
TWO = "made_two"


@dataclass(frozen=True)
class Loaded:
    """A database with demo schools, as a superuser sees it.

    main, neighbour: Ids of the schools.
    told: The progress that was reported while loading.
    first: The logins that existed before a second demo was loaded.
    """

    url: str
    connection: "asyncpg.Connection[asyncpg.Record]"
    main: int = 1
    neighbour: int = 2
    told: list[tuple[str, float]] = field(default_factory=list)
    first: list[str] = field(default_factory=list)

    async def fetch_rows(self, sql: str, *values: object) -> list[Row]:
        return [dict(row) for row in await self.connection.fetch(sql, *values)]

    async def fetch_value(self, sql: str, *values: object) -> Any:
        """Fetch the only column of the only row."""
        [row] = await self.fetch_rows(sql, *values)
        [value] = row.values()
        return value

    async def find_person(self, login: str, school: int | None = None) -> Row:
        """Find a person of the main school by their login."""
        [row] = await self.fetch_rows(
            "SELECT p.* FROM credentials c JOIN accounts a ON a.credential_id = c.id"
            " JOIN persons p ON (p.school_id, p.id) = (a.school_id, a.person_id)"
            " WHERE c.login = $1 AND p.school_id = $2",
            login,
            school or self.main,
        )
        return row

    async def find_student(self, login: str) -> Row:
        person = await self.find_person(login)
        [row] = await self.fetch_rows("SELECT * FROM students WHERE person_id = $1", person["id"])
        return row


Fresh = Callable[[str], Awaitable[str]]


@pytest.fixture
async def fresh(postgres: Server, template: Template, worker_id: str) -> AsyncIterator[Fresh]:
    """Make an empty database with all tables; return its address for a superuser: `await
    fresh("early")`."""
    operator = await open_session(postgres.url("postgres", "postgres"))
    made = []

    async def make(name: str) -> str:
        made.append(f"{name}_{worker_id}")
        await clone(operator, TABLES, made[-1])
        return postgres.url("postgres", made[-1])

    yield make
    for name in made:
        await operator.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await operator.close()


Told = list[tuple[str, float]]


async def load(url: str, size: str = "small", seed: int = 7, today: date = TODAY) -> Told:
    """Load a demo; return the progress that was reported."""
    told: Told = []
    await demo.load(url, size, seed, KEY, lambda *step: told.append(step), today)
    return told


@asynccontextmanager
async def open_loaded(url: str) -> AsyncIterator[Loaded]:
    connection = await open_session(url)
    try:
        yield Loaded(url, connection)
    finally:
        await connection.close()


@pytest.fixture(scope="session")
async def small(postgres: Server, template: Template) -> AsyncIterator[Loaded]:
    """The small demo, as it was made for all tests."""
    async with open_loaded(postgres.url("postgres", DEMO)) as loaded:
        loaded.told.extend(template.told)
        yield loaded


@pytest.fixture
async def two(postgres: Server, template: Template) -> AsyncIterator[Loaded]:
    """Two demos with other people in one database, made once a run.

    One was loaded on each side of the summer's end, and both before the first lesson.
    """

    async def make(operator: Operator) -> str:
        await clone(operator, TABLES, TWO)
        await load(url, seed=8, today=date(2026, 9, 1))
        first = [repr(known) for known in await demo.logins(url)]
        await load(url, today=date(2026, 7, 15))
        return json.dumps(first)

    url = postgres.url("postgres", TWO)
    first = json.loads(await make_once(postgres, TWO, make))
    async with open_loaded(url) as loaded:
        yield replace(loaded, first=first)
