"""The demo school in a fresh database per test, and people of it who speak the real schema."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool
from strawberry.types import ExecutionResult

from gql.schema import schema
from models.access.roles import Role
from models.base import Id
from models.database import migrate, roles
from models.database.engine import connect
from models.secrets import Secrets
from resolvers import demo
from resolvers.context import Caller, Services
from resolvers.files.storage import Storage
from tests.postgres import Server
from tests.signed_in import sign_everyone_in, token_of

pytest_plugins = ["tests.plugin_postgres"]

TODAY = date(2026, 11, 23)
NOON = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
"""Monday noon in the demo school: the clock stands still in tests, unless a test moves it."""
KEY = b"a key that only the tests know, 32 bytes and more"
clones = count(1)


@dataclass(frozen=True)
class Template:
    """A database of this worker that holds the small demo school; tests get clones of it.

    roles: By login, the roles and schools people can work in.
    """

    name: str
    roles: dict[str, list[tuple[Role, int]]]


@pytest.fixture(scope="session")
def template(postgres: Server, worker_id: str) -> Template:
    name = f"template_{worker_id}"

    async def furnish() -> dict[str, list[tuple[Role, int]]]:
        await roles.prepare(postgres.url("postgres", "postgres"), name)
        url = postgres.url("postgres", name)
        await migrate.upgrade(url)
        await demo.load(url, "small", 7, KEY, lambda *_: None, TODAY)
        return await sign_everyone_in(url, NOON)

    return Template(name, asyncio.run(furnish()))


@dataclass
class Clones:
    """Clones of the template, one at a time. One that nobody wrote to serves the next test too."""

    template: str
    operator: AsyncEngine
    name: str | None = None
    written: bool = False

    async def fresh(self) -> str:
        if self.name is None or self.written:
            await self.drop()
            self.name, self.written = f"{self.template}_{next(clones)}", False
            await self.run(f"CREATE DATABASE {self.name} TEMPLATE {self.template}")
        return self.name

    async def drop(self) -> None:
        if self.name is not None:
            await self.run(f"DROP DATABASE {self.name} WITH (FORCE)")

    async def run(self, statement: str) -> None:
        async with self.operator.connect() as connection:
            await connection.execute(text(statement))

    def watch(self, engine: AsyncEngine) -> None:
        """Notice what writes: whatever is no plain reading."""

        def note(_c: Any, _cur: Any, statement: str, *_: Any) -> None:
            words = statement.lstrip().upper()
            reads = words.startswith(("SELECT", "SET LOCAL", "SHOW")) and "FOR UPDATE" not in words
            self.written = self.written or not reads

        event.listen(engine.sync_engine, "before_cursor_execute", note)


@pytest.fixture(scope="session")
async def kept(postgres: Server, template: Template) -> AsyncIterator[Clones]:
    operator = create_async_engine(
        postgres.url("postgres", "postgres"), poolclass=NullPool, isolation_level="AUTOCOMMIT"
    )
    kept = Clones(template.name, operator)
    yield kept
    await kept.drop()
    await operator.dispose()


@pytest.fixture
async def database(kept: Clones) -> str:
    """The name of a clone of the template as good as fresh."""
    return await kept.fresh()


@pytest.fixture
async def engine(postgres: Server, database: str, kept: Clones) -> AsyncIterator[AsyncEngine]:
    """The product's, with as many connections as a test may want at once."""
    engine = connect(postgres.url("gorod_app", database), pool_size=20)
    kept.watch(engine)
    yield engine
    await engine.dispose()


@pytest.fixture
async def sql(postgres: Server, database: str, kept: Clones) -> AsyncIterator[AsyncConnection]:
    """The operator's, whom no wall holds: for looking at what a test did. Commits by itself."""
    engine = create_async_engine(
        postgres.url("postgres", database), poolclass=NullPool, isolation_level="AUTOCOMMIT"
    )
    kept.watch(engine)
    async with engine.connect() as connection:
        yield connection
    await engine.dispose()


@pytest.fixture(autouse=True)
def others_write(request: pytest.FixtureRequest) -> Iterator[None]:
    """A test in a file that finds its own way to the database is taken to have written to it."""
    yield
    if "kept" in request.fixturenames and re.search(r"\bdatabase\b", source(request.module)):
        request.getfixturevalue("kept").written = True


@cache
def source(module: Any) -> str:
    return Path(module.__file__).read_text()


@dataclass
class Clock:
    """The time as the product sees it."""

    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def services(engine: AsyncEngine, clock: Clock, tmp_path: Path) -> Services:
    return Services(engine, Secrets(KEY), Storage(f"file://{tmp_path}/files"), clock)


@dataclass
class Api:
    """One person's view of the schema."""

    caller: Caller

    async def reply(self, document: str, **variables: Any) -> ExecutionResult:
        """Run an operation and return all of the answer."""
        given = {name: plain(value) for name, value in variables.items()}
        result = await schema.execute(document, given, context_value=replace(self.caller))
        assert isinstance(result, ExecutionResult)
        return result

    async def __call__(self, document: str, **variables: Any) -> Any:
        """Run an operation and return its data; any error or refusal fails the test."""
        reply = await self.reply(document, **variables)
        assert not reply.errors, reply.errors
        assert not refusals(reply), refusals(reply)
        return reply.data

    async def refused(self, document: str, **variables: Any) -> dict[str, Any]:
        """Run an operation that must be refused; the one refusal: its code, field and message."""
        reply = await self.reply(document, **variables)
        told = [{"message": e.message, **(e.extensions or {})} for e in reply.errors or []]
        [refusal] = told + refusals(reply)
        return refusal

    async def refusal(self, document: str, **variables: Any) -> str:
        """Run an operation that must be refused; the code."""
        return str((await self.refused(document, **variables))["code"])

    async def listen(self, document: str, **variables: Any) -> Any:
        """The stream of a subscription."""
        given = {name: plain(value) for name, value in variables.items()}
        return await schema.subscribe(document, given, context_value=replace(self.caller))


def refusals(reply: ExecutionResult) -> list[dict[str, Any]]:
    """User errors of all the mutations in a reply."""
    payloads = [p for p in (reply.data or {}).values() if isinstance(p, dict)]
    return [error for payload in payloads for error in payload.get("userErrors", [])]


def plain(value: Any) -> Any:
    """A variable as JSON has it."""
    if isinstance(value, dict):
        return {name: plain(one) for name, one in value.items()}
    if isinstance(value, list):
        return [plain(one) for one in value]
    return str(value) if isinstance(value, Id | UUID | date | Decimal) else value


SignIn = Callable[..., Api]


@pytest.fixture
def api(services: Services, template: Template) -> SignIn:
    """`api("parent.ivanova")`, `api("teacher", Role.PARENT)`: someone signed in, in the first of
    their roles or the one named; `school` where they have several."""

    def sign_in(login: str, role: Role | None = None, school: int | None = None) -> Api:
        held = template.roles[login]
        chosen, there = next((r, s) for r, s in held if role in (None, r) and school in (None, s))
        token = token_of(login, chosen, there)
        return Api(Caller(services=services, token=token, language="en"))

    return sign_in


@pytest.fixture
def stranger(services: Services) -> Api:
    """Someone who has not signed in."""
    return Api(Caller(services=services, language="en"))


@pytest.fixture
def statements(engine: AsyncEngine) -> Callable[[], Any]:
    """`with statements() as sql:` collects all the statements sent meanwhile."""

    @contextmanager
    def collect() -> Iterator[list[str]]:
        sent: list[str] = []

        def note(_c: Any, _cur: Any, statement: str, *_: Any) -> None:
            sent.append(statement)

        event.listen(engine.sync_engine, "before_cursor_execute", note)
        yield sent
        event.remove(engine.sync_engine, "before_cursor_execute", note)

    return collect
