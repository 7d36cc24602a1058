"""Clients that leave before they are answered: their SQL ends within a second."""

import asyncio
import gc
import json
import logging
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from hashlib import sha256
from pathlib import Path
from secrets import token_hex
from time import monotonic
from typing import Any
from urllib.parse import quote, urlsplit

import asyncpg
import pytest
from websockets.asyncio.client import connect as open_socket

from gql.admission import admission, gate
from gql.cli.server import _Server
from gql.settings import Settings
from gql.transport import connections
from models.database.address import dsn
from tests.conftest import SignIn
from tests.events.listening import PUBLISH
from tests.files.sending import FILE, PDF, REQUEST
from tests.postgres import Server
from tests.serving import settings_in
from tests.sockets import client as sockets
from tests.sockets.client import PROTOCOL, Client
from tests.sockets.test_leaving import NOTICE
from tests.transport.conftest import Raw

Running = tuple[_Server, tuple[str, int]]
Connect = Callable[[], Awaitable[Raw]]
MOST_SECONDS = 1.0
TRIES = 3
"""Of which the best counts: this machine may do something else meanwhile."""
ROOMS = "{ rooms { nodes { number } } }"
BY_ID = '{ nodes(ids: ["Room:1-1", "Room:1-2"]) { id ... on Room { number } } }'
STATEMENTS = """SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'"""


def limited(*limits: dict[str, Any]) -> pytest.MarkDecorator:
    """A test of a server with such settings, or once with each of several."""
    return pytest.mark.parametrize("given", limits, indirect=True, ids=str)


@pytest.fixture
def given(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Settings that are not the usual ones."""
    return dict(getattr(request, "param", {}))


@pytest.fixture(params=["auto", "standard"])
def settings(request: pytest.FixtureRequest, tmp_path: Path, given: dict[str, Any]) -> Settings:
    return settings_in(tmp_path, executor=request.param, **given)


class Database:
    """An operator who looks at the database of the server, and locks its tables."""

    def __init__(self, url: str) -> None:
        self.url = url

    async def open(self) -> "Database":
        self.looking = await asyncpg.connect(dsn(self.url))
        self.locking = await asyncpg.connect(dsn(self.url))
        return self

    async def close(self) -> None:
        await self.looking.close()
        await self.locking.close()

    async def running(self, number: int) -> float:
        """The time when so many statements wait for a lock."""
        async with asyncio.timeout(30):
            while await self.looking.fetchval(STATEMENTS) != number:
                pass
        return monotonic()

    async def published(self) -> int:
        """How many notices there are of the tests'."""
        number = "SELECT count(*) FROM notices WHERE title = $1"
        return int(await self.looking.fetchval(number, NOTICE["title"]))

    @asynccontextmanager
    async def locked(self, table: str) -> AsyncIterator[None]:
        """Nobody reads or writes a table meanwhile."""
        async with self.locking.transaction():
            await self.locking.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
            yield


@pytest.fixture
async def watched(postgres: Server, database: str) -> AsyncIterator[Database]:
    opened = await Database(postgres.url("postgres", database)).open()
    yield opened
    await opened.close()


@pytest.fixture
def token(api: SignIn) -> str:
    return str(api("zavuch").caller.token)


# -- ways to ask --------------------------------------------------------------------------


def post(token: str, **sent: Any) -> bytes:
    body = json.dumps(sent).encode()
    return (
        b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        b"Authorization: Bearer %b\r\nContent-Length: %d\r\n\r\n%b"
    ) % (token.encode(), len(body), body)


def get(token: str, query: str, body: bytes = b"") -> bytes:
    return (
        b"GET /graphql?query=%b HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %b\r\n"
        b"Content-Length: %d\r\n\r\n%b"
    ) % (quote(query).encode(), token.encode(), len(body), body)


def by_hash(token: str, query: str, *, text: bool = False) -> bytes:
    hashed = {"version": 1, "sha256Hash": sha256(query.encode()).hexdigest()}
    given = {"query": query} if text else {}
    return post(token, extensions={"persistedQuery": hashed}, **given)


async def answer(raw: Raw) -> Any:
    """The next answer on a connection."""
    async with asyncio.timeout(30):
        head = await raw.reader.readuntil(b"\r\n\r\n")
        lines = head.lower().split(b"\r\n")
        [length] = [int(one[16:]) for one in lines if one.startswith(b"content-length: ")]
        return json.loads(await raw.reader.readexactly(length))


# -- ways to leave ------------------------------------------------------------------------


async def close(raw: Raw, _: bytes) -> None:
    raw.writer.close()


async def reset(raw: Raw, _: bytes) -> None:
    wire = raw.writer.get_extra_info("socket")
    wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    raw.writer.transport.abort()


async def end_sending(raw: Raw, _: bytes) -> None:
    raw.writer.write_eof()


async def ask_more_and_close(raw: Raw, request: bytes) -> None:
    await raw.send(request, request)
    await asyncio.sleep(0.7)  # the server has begun to look whether anybody leaves
    await raw.send(request)
    raw.writer.close()


WAYS = {
    "closes": close,
    "resets": reset,
    "ends sending": end_sending,
    "asks more and closes": ask_more_and_close,
}


async def leave(
    watched: Database, connect: Connect, request: bytes, way: str, statements: int = 1
) -> float:
    """Seconds until the SQL is gone of a client that asks, waits and leaves."""
    raw = await connect()
    await raw.send(request)
    await watched.running(statements)
    await WAYS[way](raw, request)
    return -monotonic() + await watched.running(0)


async def best(measure: Callable[[], Awaitable[float]]) -> float:
    found = []
    for _ in range(TRIES):
        found.append(await measure())
        if found[-1] <= MOST_SECONDS:
            break
    return min(found)


async def figures(connect: Connect) -> dict[str, float]:
    raw = await connect()
    await raw.send(b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    lines = (await raw.rest()).decode().splitlines()
    told = [one.rsplit(" ", 1) for one in lines if one.startswith("gorod_")]
    return {name: float(value) for name, value in told}


async def until(connect: Connect, **expected: float) -> None:
    """Until the server tells so many of what there is, as its metrics name it."""
    async with asyncio.timeout(30):
        while True:
            found = await figures(connect)
            if all(found[f"gorod_{name}"] == number for name, number in expected.items()):
                return


async def all_is_free(connect: Connect, token: str) -> None:
    """Nobody runs or waits, and each connection of the pools can be used."""
    await until(connect, in_flight=0, running_weight=0, queue=0)
    await answers_all(connect, token)


async def answers_all(connect: Connect, token: str) -> None:
    """More are answered at once than there are connections in a pool."""
    for query in (ROOMS, BY_ID):
        raws = [await connect() for _ in range(5)]
        for raw in raws:
            await raw.send(post(token, query=query))
        for raw in raws:
            assert "errors" not in await answer(raw)


@pytest.fixture
def quiet(caplog: pytest.LogCaptureFixture) -> Any:
    """Nothing is logged as a fault, nor said of a task when it is collected."""
    yield
    gc.collect()
    assert not [one for one in caplog.records if one.levelno >= logging.WARNING]


def asked(token: str) -> dict[str, bytes]:
    """Requests for what can be read only from the table `rooms`."""
    return {
        "a POST": post(token, query=ROOMS),
        "a POST by ids": post(token, query=BY_ID),
        "a GET": get(token, ROOMS),
        "a GET with a body": get(token, ROOMS, b"nobody looks at it"),
        "a hash": by_hash(token, ROOMS),
    }


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.usefixtures("quiet")
async def test_the_sql_of_a_client_that_left_ends_within_a_second(
    connect: Connect, watched: Database, token: str, way: str
) -> None:
    first = await connect()
    await first.send(by_hash(token, ROOMS, text=True), post(token, query=BY_ID))
    assert "errors" not in await answer(first)
    assert "errors" not in await answer(first)
    for name, request in asked(token).items():

        async def measure(sent: bytes = request) -> float:
            async with watched.locked("rooms"):
                return await leave(watched, connect, sent, way)

        assert await best(measure) <= MOST_SECONDS, name
    await all_is_free(connect, token)


async def test_who_asks_is_not_looked_for_when_nobody_waits(
    connect: Connect, watched: Database, token: str
) -> None:
    for request in (post(token, query=ROOMS), post(token, query=PUBLISH)):

        async def measure(sent: bytes = request) -> float:
            async with watched.locked("sessions"):
                return await leave(watched, connect, sent, "closes")

        assert await best(measure) <= MOST_SECONDS
    await all_is_free(connect, token)


@pytest.mark.usefixtures("quiet")
async def test_the_rest_of_a_body_that_nobody_reads_hides_no_client_that_leaves(
    connect: Connect, watched: Database, token: str
) -> None:
    async def measure() -> float:
        async with watched.locked("rooms"):
            raw = await connect()
            request = get(token, ROOMS, b"a" * 20)
            await raw.send(request[:-10])
            await watched.running(1)
            await asyncio.sleep(0.7)  # the server has begun to look whether anybody leaves
            await raw.send(request[-10:])
            await asyncio.sleep(0.1)
            raw.writer.close()
            return -monotonic() + await watched.running(0)

    assert await best(measure) <= MOST_SECONDS
    await all_is_free(connect, token)


@pytest.mark.usefixtures("quiet")
async def test_the_sql_of_a_download_ends_within_a_second(
    connect: Connect, watched: Database, token: str
) -> None:
    raw, size = await connect(), len(PDF)
    announced = {"name": "a.pdf", "type": "application/pdf", "size": size}
    await raw.send(post(token, query=REQUEST, variables=announced))
    invited = (await answer(raw))["data"]["requestUpload"]
    way = urlsplit(invited["url"]).path
    await raw.send(f"PUT {way} HTTP/1.1\r\nHost: x\r\nContent-Length: {size}\r\n\r\n".encode(), PDF)
    assert b" 204 " in await raw.reader.readuntil(b"\r\n\r\n")
    await raw.send(post(token, query=FILE, variables={"id": invited["file"]["id"]}))
    link = urlsplit((await answer(raw))["data"]["node"]["url"]).path
    request = f"GET {link} HTTP/1.1\r\nHost: x\r\n\r\n".encode()

    async def measure() -> float:
        async with watched.locked("sessions, files"):
            return await leave(watched, connect, request, "closes")

    assert await best(measure) <= MOST_SECONDS
    await all_is_free(connect, token)


# -- those who wait -----------------------------------------------------------------------


@pytest.mark.usefixtures("quiet")
async def test_one_who_waits_for_a_connection_and_leaves_takes_none(
    connect: Connect, watched: Database, token: str
) -> None:
    async with watched.locked("rooms"):
        staying = [await connect() for _ in range(2)]
        for raw in staying:
            await raw.send(post(token, query=ROOMS))
        await watched.running(2)
        waiting = [await connect() for _ in range(3)]
        for raw in waiting:
            await raw.send(post(token, query=ROOMS))
        await until(connect, in_flight=5)
        for raw in waiting:
            raw.writer.close()
        await until(connect, in_flight=2, running_weight=2)
        assert await watched.running(2)
    for raw in staying:
        assert "errors" not in await answer(raw)
    await all_is_free(connect, token)


@limited({"most_account_running": 1}, {"most_running": 1})
@pytest.mark.usefixtures("quiet")
async def test_what_waits_in_a_queue_is_not_begun_when_its_client_has_left(
    connect: Connect, watched: Database, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(admission, "LONGEST_WAIT", 30.0)
    monkeypatch.setattr(gate, "BRIEFLY", 30.0)
    async with watched.locked("rooms"):
        first = await connect()
        await first.send(post(token, query=ROOMS))
        await watched.running(1)
        waiting = [await connect() for _ in range(2)]
        await waiting[0].send(post(token, query=PUBLISH, variables={"input": NOTICE}))
        await waiting[1].send(post(token, query=ROOMS))
        await until(connect, in_flight=3)
        for raw in waiting:
            raw.writer.close()
        await until(connect, in_flight=1, queue=0)
    assert "errors" not in await answer(first)
    await all_is_free(connect, token)
    assert await watched.published() == 0


# -- commands -----------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["closes", "resets"])
@pytest.mark.usefixtures("quiet")
async def test_a_command_that_has_begun_is_done_to_its_end(
    connect: Connect, watched: Database, token: str, way: str
) -> None:
    request = post(token, query=PUBLISH, variables={"input": NOTICE})
    async with watched.locked("notices"):
        raw = await connect()
        await raw.send(request)
        await watched.running(1)
        await WAYS[way](raw, request)
        await asyncio.sleep(1.0)  # nothing tells that something does not happen
        await watched.running(1)
    await all_is_free(connect, token)
    assert await watched.published() == 1


# -- sockets ------------------------------------------------------------------------------


@asynccontextmanager
async def signed_in(address: tuple[str, int], token: str) -> AsyncIterator[Client]:
    host, port = address
    async with open_socket(f"ws://{host}:{port}/graphql", subprotocols=[PROTOCOL]) as wire:
        client = Client(wire)
        await client.sign_in(token)
        yield client


async def complete(client: Client) -> None:
    await client.say("complete", id="1")


async def close_socket(client: Client) -> None:
    await client.wire.close()


async def drop_socket(client: Client) -> None:
    client.wire.transport.abort()


@pytest.mark.parametrize("go", [complete, close_socket, drop_socket])
@pytest.mark.usefixtures("quiet")
async def test_the_sql_of_a_socket_ends_within_a_second(
    address: tuple[str, int],
    connect: Connect,
    watched: Database,
    token: str,
    go: Callable[[Client], Awaitable[None]],
) -> None:
    for query in (ROOMS, BY_ID):

        async def measure(query: str = query) -> float:
            async with watched.locked("rooms"), signed_in(address, token) as client:
                await client.ask(query)
                await watched.running(1)
                await go(client)
                return -monotonic() + await watched.running(0)

        assert await best(measure) <= MOST_SECONDS
    await all_is_free(connect, token)


@limited({"most_account_running": 1})
@pytest.mark.parametrize("go", [complete, close_socket, drop_socket])
@pytest.mark.usefixtures("quiet")
async def test_a_command_of_a_socket_that_waits_in_a_queue_is_not_begun(
    address: tuple[str, int],
    connect: Connect,
    watched: Database,
    token: str,
    monkeypatch: pytest.MonkeyPatch,
    go: Callable[[Client], Awaitable[None]],
) -> None:
    monkeypatch.setattr(admission, "LONGEST_WAIT", 30.0)
    monkeypatch.setattr(gate, "BRIEFLY", 30.0)
    async with watched.locked("rooms"):
        first = await connect()
        await first.send(post(token, query=ROOMS))
        await watched.running(1)
        async with signed_in(address, token) as client:
            await client.ask(PUBLISH, input=NOTICE)
            await client.say("ping")
            assert await client.hear() == {"type": "pong"}  # so the command was taken before
            await go(client)
            if go is complete:
                await client.say("ping")
                assert await client.hear() == {"type": "pong"}
        await until(connect, sockets=0)
    assert "errors" not in await answer(first)
    await all_is_free(connect, token)
    assert await watched.published() == 0


# -- time ---------------------------------------------------------------------------------


@limited({"statement_timeout_ms": 300})
async def test_sql_that_takes_too_long_ends(
    connect: Connect, watched: Database, token: str
) -> None:
    warm = await connect()
    await warm.send(post(token, query=ROOMS))
    assert "errors" not in await answer(warm)
    async with watched.locked("rooms"):
        raw = await connect()
        await raw.send(post(token, query=ROOMS))
        [error] = (await answer(raw))["errors"]
        assert error["extensions"]["code"] == "OPERATION_TIMEOUT"
        began = monotonic()
        assert await watched.running(0) - began <= MOST_SECONDS
    await all_is_free(connect, token)


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
@pytest.mark.usefixtures("quiet")
async def test_one_who_does_not_read_holds_nothing_and_is_given_up(
    running: Running,
    connect: Connect,
    token: str,
    monkeypatch: pytest.MonkeyPatch,
    encoding: str,
) -> None:
    monkeypatch.setattr(connections, "UNREAD_SECONDS", 3.0)
    fields = " ".join(f"a{token_hex(5_000)}: number" for _ in range(4))
    request = post(token, query=f"{{ rooms {{ nodes {{ {fields} }} }} }}")
    raw = await connect()
    raw.writer.transport.pause_reading()  # type: ignore[attr-defined]
    await sockets.until(lambda: running[0].server_state.connections)
    for one in running[0].server_state.connections:
        wire = one.transport.get_extra_info("socket")
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 16_384)  # so that it is soon full
    await raw.send(request.replace(b"\r\n", f"\r\nAccept-Encoding: {encoding}\r\n".encode(), 1))

    def stuck() -> bool:
        return any(one.flow.write_paused for one in running[0].server_state.connections)  # type: ignore[union-attr]

    await sockets.until(stuck)
    await until(connect, running_weight=0, queue=0)
    await answers_all(connect, token)
    assert stuck()
    await sockets.until(lambda: not stuck())
    await all_is_free(connect, token)
