"""Ways to ask and to leave, and an operator who looks at the database meanwhile."""

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
"""Seconds between two looks: one who looks all the time keeps the server from its work."""
TRIES = 3
"""Of which one must succeed: this machine may do something else meanwhile."""
ROOMS = "{ rooms { nodes { number } } }"
BY_ID = '{ nodes(ids: ["Room:1-1", "Room:1-2"]) { id ... on Room { number } } }'
STATEMENTS = """SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'"""


def limited(*limits: dict[str, Any]) -> pytest.MarkDecorator:
    """A test of a server with such settings, or once with each of several."""
    return pytest.mark.parametrize("given", limits, indirect=True, ids=str)


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
            while await self.looking.fetchval(STATEMENTS) != number:  # noqa: ASYNC110
                await asyncio.sleep(LOOK_AGAIN)
        return monotonic()

    async def seconds_until_gone(self) -> float:
        """After which no statement waits for a lock."""
        began = monotonic()
        return await self.running(0) - began

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
) -> None:
    """Ask, and leave once the SQL runs."""
    raw = await connect()
    await raw.send(request)
    await watched.running(statements)
    await WAYS[way](raw, request)


async def sql_ends(watched: Database, table: str, left: Callable[[], Awaitable[None]]) -> bool:
    """Whether the SQL of a client that waits for a table ends within a second of its leaving.

    left: A client asks, waits until its SQL runs, and leaves.
    """
    for _ in range(TRIES):
        async with watched.locked(table):
            await left()
            if await watched.seconds_until_gone() <= MOST_SECONDS:
                return True
    return False


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
            await asyncio.sleep(LOOK_AGAIN)


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


def asked(token: str) -> dict[str, bytes]:
    """Requests for what can be read only from the table `rooms`."""
    return {
        "a POST": post(token, query=ROOMS),
        "a POST by ids": post(token, query=BY_ID),
        "a GET": get(token, ROOMS),
        "a GET with a body": get(token, ROOMS, b"nobody looks at it"),
        "a hash": by_hash(token, ROOMS),
    }
