"""The demo school in a fresh database for each test, and people of it who send requests."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from argon2 import PasswordHasher
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from strawberry.types import ExecutionResult

from models.access.roles import Role
from models.base import Id
from models.database.address import open_session
from models.database.readers import Readers
from models.secrets import Secrets
from resolvers import demo
from resolvers.access import passwords
from resolvers.core.context import Caller, Services
from resolvers.services.storage import Storage
from tests import undo
from tests.clones import Clones, clone, make_empty_database, make_once
from tests.postgres import Server
from tests.signed_in import sign_everyone_in, token_of

pytest_plugins = [
    "tests.plugin_postgres",
    "tests.plugin_statements",
    "tests.plugin_skips",
    "tests.plugin_slowest",
    "tests.serving",
    "tests.journal.desk",
]

TODAY = date(2026, 11, 23)
NOON = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
"""Monday noon in the demo school: the clock stands still in tests, unless a test moves it."""
KEY = b"a key that only the tests know, 32 bytes and more"


TABLES, DEMO, SIGNED_IN = "made_tables", "made_demo", "made_signed_in"
"""Databases that are made once a run and cloned; no test works in them."""


@dataclass(frozen=True)
class Template:
    """A database that holds the small demo school, with everyone signed in.

    roles: By login, the roles and schools people can work in.
    told: The progress that was reported while the school was made.
    """

    name: str
    roles: dict[str, list[tuple[Role, int]]]
    told: list[tuple[str, float]]


@pytest.fixture(scope="session", autouse=True)
def real_hasher() -> Iterator[PasswordHasher]:
    """The hasher of the product, which the programs that tests start use. This process uses one
    that is as safe for tests at a hundredth of the cost."""
    real = passwords.HASHER
    hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "HASHER", hasher)
        patch.setattr(passwords, "NOBODYS", hasher.hash("a password of nobody"))
        yield real


@pytest.fixture(scope="session")
def template(postgres: Server) -> Template:
    async def make(operator: undo.Operator) -> str:
        school, signed_in = (postgres.url("postgres", name) for name in (DEMO, SIGNED_IN))
        await make_empty_database(postgres, operator, TABLES)
        await clone(operator, TABLES, DEMO)
        told: list[tuple[str, float]] = []
        await demo.load(school, "small", 7, KEY, lambda *step: told.append(step), TODAY)
        await vacuum(school)
        await clone(operator, DEMO, SIGNED_IN)
        held = await sign_everyone_in(signed_in, NOON)
        await undo.watch(signed_in)
        return json.dumps({"held": held, "told": told})

    known = json.loads(asyncio.run(make_once(postgres, SIGNED_IN, make)))
    held = {login: [(Role[role], s) for role, s in of] for login, of in known["held"].items()}
    return Template(SIGNED_IN, held, [(name, share) for name, share in known["told"]])


async def vacuum(url: str) -> None:
    """Vacuum and analyze the tables, or autovacuum would do it again in each clone."""
    inside = await open_session(url)
    await inside.execute("VACUUM (FREEZE, ANALYZE)")
    await inside.close()


@pytest.fixture(scope="session")
async def clones(postgres: Server, template: Template, worker_id: str) -> AsyncIterator[Clones]:
    operator = await open_session(postgres.url("postgres", "postgres"))
    clones = Clones(postgres, template.name, f"clone_{worker_id}", operator)
    yield clones
    await clones.close()
    await operator.close()


@pytest.fixture
async def database(clones: Clones) -> str:
    """The name of a clone of the template, as good as fresh."""
    return await clones.get_fresh()


@pytest.fixture
def engine(database: str, clones: Clones) -> AsyncEngine:
    """The product's engine, with as many connections as a test may want at once."""
    return clones.engine


@pytest.fixture
async def sql(database: str, clones: Clones) -> AsyncIterator[AsyncConnection]:
    """A connection of the operator, outside of all walls, for looking at the rows. Each statement
    is a transaction."""
    async with clones.operators.connect() as connection:
        yield connection


@pytest.fixture
async def readers(postgres: Server, database: str) -> AsyncIterator[Readers]:
    """The connections by which the engine reads."""
    readers = Readers(postgres.url("gorod_app", database), size=4)
    yield readers
    await readers.close()


@pytest.fixture(autouse=True)
def others_write(request: pytest.FixtureRequest) -> Iterator[None]:
    """Assume a write by each test in a file that opens its own connections to the database."""
    yield
    if "clones" in request.fixturenames and re.search(r"\bdatabase\b", source(request.module)):
        request.getfixturevalue("clones").written = True


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
    storage = Storage(f"file://{tmp_path}/files")
    return Services(engine, Secrets(KEY), storage, clock, made_up=True)


@dataclass
class Api:
    """One person's view of the schema."""

    caller: Caller

    async def reply(self, document: str, **variables: Any) -> ExecutionResult:
        """Run an operation and return all of the answer."""
        from gql.schema import schema  # not above: xdist's first process runs no test

        given = {name: to_json(value) for name, value in variables.items()}
        result = await schema.execute(document, given, context_value=replace(self.caller))
        assert isinstance(result, ExecutionResult)
        return result

    async def __call__(self, document: str, **variables: Any) -> Any:
        """Run an operation and return its data; any error or refusal fails the test."""
        reply = await self.reply(document, **variables)
        assert not reply.errors, reply.errors
        assert not refusals(reply), refusals(reply)
        return reply.data

    async def expect_refusal(self, document: str, **variables: Any) -> dict[str, Any]:
        """Run an operation that must be refused; return its one refusal: code, field and
        message."""
        reply = await self.reply(document, **variables)
        told = [{"message": e.message, **(e.extensions or {})} for e in reply.errors or []]
        [refusal] = told + refusals(reply)
        return refusal

    async def expect_code(self, document: str, **variables: Any) -> str:
        """Run an operation that must be refused; return the code."""
        return str((await self.expect_refusal(document, **variables))["code"])

    async def listen(self, document: str, **variables: Any) -> Any:
        """Return the stream of a subscription."""
        from gql.schema import schema

        given = {name: to_json(value) for name, value in variables.items()}
        return await schema.subscribe(document, given, context_value=replace(self.caller))


def refusals(reply: ExecutionResult) -> list[dict[str, Any]]:
    """Return the user errors of all mutations in a reply."""
    payloads = [p for p in (reply.data or {}).values() if isinstance(p, dict)]
    return [error for payload in payloads for error in payload.get("userErrors", [])]


def to_json(value: Any) -> Any:
    """Return a variable as JSON has it."""
    if isinstance(value, dict):
        return {name: to_json(one) for name, one in value.items()}
    if isinstance(value, list):
        return [to_json(one) for one in value]
    return str(value) if isinstance(value, Id | UUID | date | Decimal) else value


SignIn = Callable[..., Api]


@pytest.fixture
def api(services: Services, template: Template) -> SignIn:
    """Sign somebody in: `api("parent.ivanova")`, `api("teacher", Role.PARENT)`.

    The role is the first of theirs or the one named; `school` is needed where they have several.
    """

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
    """Collect all statements sent in a block: `with statements() as sql:`."""

    @contextmanager
    def collect() -> Iterator[list[str]]:
        sent: list[str] = []

        def note(_c: Any, _cur: Any, statement: str, *_: Any) -> None:
            sent.append(statement)

        event.listen(engine.sync_engine, "before_cursor_execute", note)
        yield sent
        event.remove(engine.sync_engine, "before_cursor_execute", note)

    return collect
