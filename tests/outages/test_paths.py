"""Every path to the database gives the same answer during an outage, and gives it at once."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from httpx2 import ASGITransport, AsyncClient
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.applications import Starlette

from gql.app import language_of
from gql.engine.run import Engine
from gql.schema import schema
from gql.transport import file_transfer
from gql.transport.http import GraphQLOverHTTP
from models.database.address import open_session
from models.database.availability import Availability, Trouble
from models.database.embedded.server import socket_url
from models.database.engine import connect
from models.database.readers import Readers
from models.database.space import Space
from models.database.writers import Writers
from models.problems import ServiceUnavailable
from resolvers.core.context import Services
from tests.conftest import Api, SignIn
from tests.door import AtDoor
from tests.events.listening import PUBLISH
from tests.files.conftest import http  # noqa: F401  # a fixture
from tests.files.sending import PDF, announce
from tests.journal.desk import SET, Desk, cell
from tests.outages.school import EVERYONE, SIGN_IN, UNAVAILABLE
from tests.postgres import Server

READ = "{ school { shortName } }"
"""A query that the engine compiles."""
ASK = "{ viewer { fullName } }"
NOTICE = {"title": "Собрание", "body": "…", "targets": [EVERYONE]}
WRITING = ("a compiled command", "a command", "signing in", "an upload")
READING = ("a compiled query", "a query", "a download")


@asynccontextmanager
async def make_services(
    services: Services, url: str, space: Space | None = None
) -> AsyncIterator[Services]:
    """Yield the services of a process that works with the database at the address."""
    known = Availability(url, space)
    pool: dict[str, Any] = {"size": 2, "availability": known}
    readers, writers = Readers(url, **pool), Writers(url, **pool)
    engine = connect(url, availability=known, pool_size=2, max_overflow=0)
    yield replace(services, engine=engine, availability=known, readers=readers, writers=writers)
    await known.close()
    await readers.close()
    await writers.close()
    await engine.dispose()


@pytest.fixture
def paths(desk: Desk, api: SignIn, services: Services) -> Callable[[Services], Any]:
    """The actions of people, each with its path to the database; they return the code and the
    header `Retry-After` of the response."""

    async def prepare(broken: Services) -> Any:
        director, teacher, mother = api("director"), api(desk.teacher), api("parent.ivanova")
        up = (await announce(director))["url"]
        here = await announce(director)
        async with make_client(services) as healthy:
            assert (await healthy.put(here["url"], content=PDF)).status_code == 204
        down = (await director("query ($id: ID!) { node(id: $id) { ... on File { url } } }",
                               id=here["file"]["id"]))["node"]["url"]  # fmt: skip

        async def go(path: str, client: AsyncClient) -> Any:
            asked: dict[str, Any] = {
                "a compiled query": (mother, READ, {}),
                "a query": (mother, ASK, {}),
                "a compiled command": (teacher, SET, cell(desk)),
                "a command": (director, PUBLISH, NOTICE),
                "signing in": (None, SIGN_IN, {"login": "director", "password": "wrong"}),
            }
            if path == "an upload":
                return await client.put(up, content=PDF)
            if path == "a download":
                return await client.get(down)
            who, query, given = asked[path]
            headers = {"Authorization": f"Bearer {who.caller.token}"} if who else {}
            body = {"query": query, "variables": {"input": given} if given else {}}
            return await client.post("/graphql", json=body, headers=headers)

        return go

    return prepare


def make_client(services: Services) -> AsyncClient:
    app = Starlette(routes=file_transfer.routes(services, language_of))
    door = GraphQLOverHTTP(app, Engine(schema, services))
    return AsyncClient(transport=ASGITransport(door), base_url="http://gorod.test")


def get_code(reply: Any) -> str:
    """Return the code of the first error; `OK` if there is none."""
    errors = reply.json().get("errors") if "json" in reply.headers.get("content-type", "") else None
    if not errors:
        return "OK"
    extensions = errors[0]["extensions"]
    if extensions["code"] == UNAVAILABLE:
        assert str(extensions["retryAfter"]) == reply.headers["retry-after"]
        is_file = "/files/" in str(reply.request.url)
        assert reply.status_code == (503 if is_file else 200)
    return str(extensions["code"])


@pytest.mark.parametrize("path", [*READING, *WRITING])
@pytest.mark.parametrize("where", ["nobody listens", "no socket"])
async def test_while_the_database_is_away_everything_is_refused(
    services: Services, paths: Any, tmp_path: Path, path: str, where: str, capfd: Any
) -> None:
    urls = {
        "nobody listens": "postgresql://gorod_app@127.0.0.1:1/gorod",
        "no socket": socket_url(tmp_path, "gorod_app", "gorod"),
    }
    async with make_services(services, urls[where]) as broken, make_client(broken) as client:
        go = await paths(broken)
        assert [get_code(await go(path, client)) for _ in range(5)] == [UNAVAILABLE] * 5
    log = capfd.readouterr().err
    assert log.count("the database is away") == 1, log
    assert "Traceback" not in log


@pytest.mark.parametrize("path", [*READING, *WRITING])
async def test_while_the_database_is_read_only_reading_goes_on(
    services: Services,
    paths: Any,
    postgres: Server,
    database: str,
    sql: AsyncConnection,
    path: str,
    capfd: Any,
) -> None:
    url = postgres.url("gorod_app", database)
    async with make_services(services, url) as broken, make_client(broken) as client:
        go = await paths(broken)
        await sql.execute(text(f"ALTER DATABASE {database} SET default_transaction_read_only = on"))
        try:
            told = [get_code(await go(path, client)) for _ in range(3)]
            assert told == [UNAVAILABLE if path in WRITING else "OK"] * 3
        finally:
            await sql.execute(
                text(f"ALTER DATABASE {database} RESET default_transaction_read_only")
            )
        if path in WRITING:
            await broken.availability.outages[Trouble.UNWRITABLE].over.wait()
        assert get_code(await go(path, client)) == "OK", "without a restart"
    log = capfd.readouterr().err
    assert "Traceback" not in log
    lines = ("cannot be written to", "can be written to again")
    assert [log.count(line) for line in lines] == [int(path in WRITING)] * 2, log


@pytest.mark.parametrize("path", [*READING, *WRITING])
async def test_with_less_than_the_minimum_of_free_space_nothing_is_written(
    services: Services,
    paths: Any,
    postgres: Server,
    database: str,
    tmp_path: Path,
    path: str,
    capfd: Any,
) -> None:
    """The minimum is set higher than the space of any disk, so that no disk need be filled."""
    space, url = Space([tmp_path], minimum=1 << 60), postgres.url("gorod_app", database)
    async with make_services(services, url, space) as broken, make_client(broken) as client:
        go = await paths(broken)
        broken.storage.minimum = space.minimum
        told = [get_code(await go(path, client)) for _ in range(3)]
        refused = {"an upload": "STORAGE_FULL"}.get(path, UNAVAILABLE)
        assert told == ["OK" if path in READING else refused] * 3
        space.minimum = broken.storage.minimum = 1
        if outage := broken.availability.outages.get(Trouble.UNWRITABLE):
            await outage.over.wait()
        assert get_code(await go(path, client)) in ("OK", "WRONG_CREDENTIALS")
    log = capfd.readouterr().err
    noticed = int(path in WRITING and path != "an upload")
    assert log.count("GOROD_DISK_MINIMUM_MB: free some space") == noticed
    assert log.count("can be written to again") == noticed


@pytest.mark.parametrize("path", [*READING, *WRITING])
async def test_without_a_free_connection_a_request_is_refused(
    services: Services,
    paths: Any,
    postgres: Server,
    database: str,
    sql: AsyncConnection,
    path: str,
) -> None:
    url = postgres.url("gorod_app", database)
    async with make_services(services, url) as broken, make_client(broken) as client:
        go = await paths(broken)
        await sql.execute(text(f"ALTER DATABASE {database} CONNECTION LIMIT 0"))
        try:
            assert get_code(await go(path, client)) == UNAVAILABLE
        finally:
            await sql.execute(text(f"ALTER DATABASE {database} CONNECTION LIMIT -1"))
        assert get_code(await go(path, client)) == "OK", "nobody is refused for others' sake"


async def test_nobody_waits_for_a_server_that_is_known_to_be_silent(
    services: Services, paths: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It accepts connections and never answers: the first client finds out, the others need not
    wait."""
    for module in ("engine", "readers"):
        monkeypatch.setattr(f"models.database.{module}.CONNECT_SECONDS", 0.5)
    taken: list[asyncio.StreamWriter] = []

    async def be_silent(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        taken.append(writer)

    server = await asyncio.start_server(be_silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    url = f"postgresql://gorod_app@127.0.0.1:{port}/gorod?sslmode=disable"
    async with make_services(services, url) as broken, make_client(broken) as client:
        go = await paths(broken)
        assert get_code(await go("a query", client)) == UNAVAILABLE
        before = len(taken)
        told = [
            get_code(await go(path, client)) for path in (*READING, *WRITING) for _ in range(20)
        ]
        assert told == [UNAVAILABLE] * len(told)
        assert len(taken) - before < 10, "only probes asked the server"
    for writer in taken:
        writer.close()
    server.close()


async def test_a_request_that_waits_too_long_for_a_connection_is_refused(
    services: Services,
    paths: Any,
    postgres: Server,
    database: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("models.database.readers.POOL_SECONDS", 0.1)
    monkeypatch.setattr("models.database.engine.POOL_SECONDS", 0.1)
    url = postgres.url("gorod_app", database)
    async with make_services(services, url) as broken, make_client(broken) as client:
        go = await paths(broken)
        assert broken.readers
        kept = [await broken.engine.connect() for _ in range(2)]
        taken = [await broken.readers.take(1) for _ in range(2)]
        assert get_code(await go("a compiled query", client)) == UNAVAILABLE
        assert get_code(await go("signing in", client)) == UNAVAILABLE
        for one in taken:
            broken.readers.give_back(1, one)
        for connection in kept:
            await connection.close()
        assert get_code(await go("a compiled query", client)) == "OK"
        assert get_code(await go("a query", client)) == "OK"


# -- commands ------------------------------------------------------------------------


COUNT = text("SELECT count(*) FROM notices WHERE title = 'Собрание'")


async def test_a_commit_that_was_lost_is_done_once_when_it_is_repeated(
    services: Services,
    paths: Any,
    api: SignIn,
    postgres: Server,
    database: str,
    sql: AsyncConnection,
) -> None:
    """The session is ended while the database synchronizes the transaction to the disk."""
    url, given = postgres.url("gorod_app", database), {**NOTICE, "idempotencyKey": str(uuid4())}
    for statement in SLOW_COMMIT:
        await sql.execute(text(statement))
    async with make_services(services, url) as broken:
        director = Api(replace(api("director").caller, services=broken))
        asked = asyncio.create_task(director.reply(PUBLISH, input=given))
        await end_session(sql, "wait_event = 'PgSleep'")
        [error] = (await asked).errors or []
        assert error.extensions == {"code": UNAVAILABLE, "retryAfter": 1, "outcomeUnknown": True}
        assert "idempotencyKey" in error.message
        await sql.execute(text("DROP TRIGGER slow ON notices"))
        for _ in range(2):
            assert (await director(PUBLISH, input=given))["publishNotice"]["notice"]["id"]
    assert await sql.scalar(COUNT) == 1


SLOW_COMMIT = (
    """CREATE OR REPLACE FUNCTION slowly() RETURNS trigger LANGUAGE plpgsql
    AS 'BEGIN PERFORM pg_sleep(60); RETURN NULL; END'""",
    """CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON notices DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION slowly()""",
)


async def test_a_command_that_was_lost_before_its_commit_is_reported_as_not_done(
    services: Services, api: SignIn, postgres: Server, database: str, sql: AsyncConnection
) -> None:
    operator = await open_session(postgres.url("postgres", database))
    async with make_services(services, postgres.url("gorod_app", database)) as broken:
        director = Api(replace(api("director").caller, services=broken))
        async with operator.transaction():
            await operator.execute("LOCK TABLE notices IN ACCESS EXCLUSIVE MODE")
            asked = asyncio.create_task(director.reply(PUBLISH, input=NOTICE))
            await end_session(sql, "wait_event_type = 'Lock'")
            [error] = (await asked).errors or []
    await operator.close()
    assert error.extensions == {"code": UNAVAILABLE, "retryAfter": 1}
    assert await sql.scalar(COUNT) == 0


async def test_a_compiled_command_that_was_lost_may_be_done(
    services: Services,
    api: SignIn,
    desk: Desk,
    postgres: Server,
    database: str,
    sql: AsyncConnection,
) -> None:
    """It is one statement, so nobody knows whether it was committed; repeated, it is done once."""
    operator = await open_session(postgres.url("postgres", database))
    token = api(desk.teacher).caller.token
    url = postgres.url("gorod_app", database)
    async with make_services(services, url) as broken, make_client(broken) as client:

        async def ask(**more: Any) -> Any:
            body = {"query": SET, "variables": {"input": cell(desk, **more)}}
            headers = {"Authorization": f"Bearer {token}"}
            return (await client.post("/graphql", json=body, headers=headers)).json()

        assert broken.writers
        broken.writers.settings["lock_timeout"] = "0"
        other, mine = str(uuid4()), str(uuid4())
        await ask(studentId=desk.others[0], idempotencyKey=other)  # the statement is prepared
        async with operator.transaction():
            await operator.execute("LOCK TABLE marks IN ACCESS EXCLUSIVE MODE")
            asked = asyncio.create_task(ask(idempotencyKey=mine))
            await end_session(sql, "wait_event_type = 'Lock'")
            [error] = (await asked)["errors"]
        assert error["extensions"]["outcomeUnknown"] is True
        done = [(await ask(idempotencyKey=mine))["data"]["setMark"] for _ in range(2)]
        assert [one["userErrors"] for one in done] == [[], []]
        assert done[0]["mark"]["id"] == done[1]["mark"]["id"]
    await operator.close()


EDIT = """mutation ($id: ID!) { editNotice(input: {noticeId: $id, expectedVersion: 1,
    body: "Перенесено"}) { notice { body } userErrors { code } } }"""


async def test_a_command_that_is_done_and_cannot_be_shown_is_not_reported_as_not_done(
    services: Services, api: SignIn, postgres: Server, database: str, sql: AsyncConnection
) -> None:
    """The database fails between the commit and the reading of the fields that the client asked
    for."""
    notice = (await api("director")(PUBLISH, input=NOTICE))["publishNotice"]["notice"]["id"]
    async with make_services(services, postgres.url("gorod_app", database)) as broken:
        caller = replace(api("director").caller, services=broken)
        director = AtDoor(caller, Engine(schema, broken))
        await director(ASK)

        async def fail(*_: Any) -> Any:
            raise ServiceUnavailable

        broken.readers.fetch = fail  # type: ignore[method-assign, union-attr]
        [error] = (await director.reply(EDIT, id=notice)).errors or []
    assert error.extensions == {"code": UNAVAILABLE, "retryAfter": 1, "outcomeUnknown": True}
    assert (
        await sql.scalar(text("SELECT body FROM notices ORDER BY id DESC LIMIT 1")) == "Перенесено"
    )


async def end_session(sql: AsyncConnection, which: str) -> None:
    """End the session of this database that waits in this way, as soon as there is one."""
    end = text(f"""SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
        WHERE datname = current_database() AND usename = 'gorod_app' AND {which}""")
    while not await sql.scalar(end):  # noqa: ASYNC110  # only a look tells
        await asyncio.sleep(0.01)


# -- kinds of errors -------------------------------------------------------------------
