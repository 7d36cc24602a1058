"""Ways to ask and to leave, and an operator who watches the database meanwhile."""

import asyncio
import json
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from hashlib import sha256
from time import monotonic
from typing import Any
from urllib.parse import quote

import asyncpg
import pytest

from gql.cli.server import _Server
from models.database.address import dsn
from tests.sockets.test_leaving import NOTICE
from tests.transport.conftest import Raw

Running = tuple[_Server, tuple[str, int]]
Connect = Callable[[], Awaitable[Raw]]
MOST_SECONDS = 1.0
LOOK_AGAIN = 0.01
"""The seconds between two looks; looking all the time would keep the server from its work."""
TRIES = 3
"""The number of tries, of which one must succeed: the machine may be busy with something else."""
ROOMS = "{ rooms { nodes { number } } }"
BY_ID = '{ nodes(ids: ["Room:1-1", "Room:1-2"]) { id ... on Room { number } } }'
STATEMENTS = """SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'"""


def with_settings(*limits: dict[str, Any]) -> pytest.MarkDecorator:
    """Mark a test of a server with these settings; several are tested one after another."""
    return pytest.mark.parametrize("given", limits, indirect=True, ids=str)


class Database:
    """An operator who watches the database of the server, and locks its tables."""

    def __init__(self, url: str) -> None:
        self.url = url

    async def open(self) -> "Database":
        self.looking = await asyncpg.connect(dsn(self.url))
        self.locking = await asyncpg.connect(dsn(self.url))
        return self

    async def close(self) -> None:
        await self.looking.close()
        await self.locking.close()

    async def wait_for_statements(self, number: int) -> float:
        """Wait until so many statements wait for a lock; return the time."""
        async with asyncio.timeout(30):
            while await self.looking.fetchval(STATEMENTS) != number:  # noqa: ASYNC110
                await asyncio.sleep(LOOK_AGAIN)
        return monotonic()

    async def measure_seconds_until_gone(self) -> float:
        """Return the seconds after which no statement waits for a lock."""
        began = monotonic()
        return await self.wait_for_statements(0) - began

    async def count_published(self) -> int:
        """Count the notices of these tests."""
        number = "SELECT count(*) FROM notices WHERE title = $1"
        return int(await self.looking.fetchval(number, NOTICE["title"]))

    @asynccontextmanager
    async def lock_table(self, table: str) -> AsyncIterator[None]:
        """Lock a table, so that nobody reads or writes it meanwhile."""
        async with self.locking.transaction():
            await self.locking.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
            yield


# -- ways to ask --------------------------------------------------------------------------


def make_post(token: str, **sent: Any) -> bytes:
    body = json.dumps(sent).encode()
    return (
        b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        b"Authorization: Bearer %b\r\nContent-Length: %d\r\n\r\n%b"
    ) % (token.encode(), len(body), body)


def make_get(token: str, query: str, body: bytes = b"") -> bytes:
    return (
        b"GET /graphql?query=%b HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %b\r\n"
        b"Content-Length: %d\r\n\r\n%b"
    ) % (quote(query).encode(), token.encode(), len(body), body)


def make_post_by_hash(token: str, query: str, *, text: bool = False) -> bytes:
    hashed = {"version": 1, "sha256Hash": sha256(query.encode()).hexdigest()}
    given = {"query": query} if text else {}
    return make_post(token, extensions={"persistedQuery": hashed}, **given)


async def read_answer(raw: Raw) -> Any:
    """Read the next answer on a connection."""
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
    await asyncio.sleep(0.7)  # the server has begun to watch for clients that leave
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
) -> None:
    """Ask, and leave once the SQL runs."""
    raw = await connect()
    await raw.send(request)
    await watched.wait_for_statements(statements)
    await WAYS[way](raw, request)


async def check_sql_ends(
    watched: Database, table: str, left: Callable[[], Awaitable[None]]
) -> bool:
    """Return whether the SQL of a client that waits for a table ends within a second of its
    leaving.

    left: A function in which a client asks, waits until its SQL runs, and leaves.
    """
    for _ in range(TRIES):
        async with watched.lock_table(table):
            await left()
            if await watched.measure_seconds_until_gone() <= MOST_SECONDS:
                return True
    return False


async def fetch_metrics(connect: Connect) -> dict[str, float]:
    raw = await connect()
    await raw.send(b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    lines = (await raw.read_rest()).decode().splitlines()
    told = [one.rsplit(" ", 1) for one in lines if one.startswith("gorod_")]
    return {name: float(value) for name, value in told}


async def wait_for_metrics(connect: Connect, **expected: float) -> None:
    """Wait until the metrics of the server have these values."""
    async with asyncio.timeout(30):
        while True:
            found = await fetch_metrics(connect)
            if all(found[f"gorod_{name}"] == number for name, number in expected.items()):
                return
            await asyncio.sleep(LOOK_AGAIN)


async def assert_all_is_free(connect: Connect, token: str) -> None:
    """Assert that nobody runs or waits, and that each connection of the pools can be used."""
    await wait_for_metrics(connect, in_flight=0, running_weight=0, queue=0)
    await assert_many_are_answered(connect, token)


async def assert_many_are_answered(connect: Connect, token: str) -> None:
    """Assert that more requests are answered at once than there are connections in a pool."""
    for query in (ROOMS, BY_ID):
        raws = [await connect() for _ in range(5)]
        for raw in raws:
            await raw.send(make_post(token, query=query))
        for raw in raws:
            assert "errors" not in await read_answer(raw)


def make_requests(token: str) -> dict[str, bytes]:
    """Return requests for data that only the table `rooms` holds."""
    return {
        "a POST": make_post(token, query=ROOMS),
        "a POST by ids": make_post(token, query=BY_ID),
        "a GET": make_get(token, ROOMS),
        "a GET with a body": make_get(token, ROOMS, b"nobody looks at it"),
        "a hash": make_post_by_hash(token, ROOMS),
    }
