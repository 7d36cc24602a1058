"""Answers whose head and body are written at once, over a real socket."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from gql.settings import Settings
from gql.transport.connections import Connection
from gql.transport.whole import WHOLE
from tests.serving import serve
from tests.transport.test_connections import Connect, make_request

LARGE = b"abcd" * 250_000
ANSWER = b'{"data":{"__typename":"Query"}}'


class RecordingTransport:
    """A transport that records each write."""

    written: list[bytes] = []

    def __init__(self, transport: Any) -> None:
        self.transport = transport

    def write(self, data: bytes) -> None:
        self.written.append(bytes(data))
        self.transport.write(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.transport, name)


@pytest.fixture
def writes(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The writes of the server, one by one."""
    made: Any = Connection.connection_made
    monkeypatch.setattr(RecordingTransport, "written", [])
    monkeypatch.setattr(
        Connection,
        "connection_made",
        lambda self, transport: made(self, RecordingTransport(transport)),
    )
    return RecordingTransport.written


async def test_an_answer_is_one_write(connect: Connect, writes: list[bytes]) -> None:
    raw = await connect()
    await raw.send(make_request(), make_request())
    for _ in range(2):
        head = await raw.reader.readuntil(b"\r\n\r\n")
        assert b"content-length: %d\r\n" % len(ANSWER) in head
        assert head.startswith(b"HTTP/1.1 200 OK\r\n")
        assert await raw.reader.readexactly(len(ANSWER)) == ANSWER
    assert [one[-len(ANSWER) :] for one in writes] == [ANSWER, ANSWER]


async def test_the_last_answer_of_a_connection_says_so(connect: Connect) -> None:
    for sent in (
        make_request(more=b"Connection: close\r\n"),
        make_request().replace(b"/1.1", b"/1.0"),
    ):
        raw = await connect()
        await raw.send(sent)
        head, _, body = (await raw.read_rest()).partition(b"\r\n\r\n")
        assert b"connection: close" in head.splitlines()
        assert body == ANSWER


async def test_a_head_alone_has_the_length_of_its_body(connect: Connect) -> None:
    raw = await connect()
    asked = b"/graphql?query=%7B__typename%7D HTTP/1.1\r\nHost: x\r\nGraphQL-Require-Preflight: 1"
    await raw.send(b"HEAD %b\r\n\r\nGET %b\r\nConnection: close\r\n\r\n" % (asked, asked))
    first, second, body = (await raw.read_rest()).split(b"\r\n\r\n")
    for head in (first, second):
        assert b"content-length: %d" % len(ANSWER) in head.splitlines()
    assert body == ANSWER


# -- other applications ------------------------------------------------------------------


async def answer_oddly(scope: Any, receive: Any, send: Any) -> None:
    """An application that answers as the path says."""
    if scope["type"] == "lifespan":
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
        return
    headers = {
        "/split": [(b"x-odd", b"a\r\nx-forged: b"), (b"content-length", b"4")],
        "/parts": [(b"content-length", b"4")],
        "/chunks": [],
        "/short": [(b"content-length", b"5")],
        "/large": [(b"content-length", b"%d" % len(LARGE))],
    }[scope["path"]]
    await send({"type": "http.response.start", "status": 200, "headers": headers, WHOLE: True})
    if scope["path"] in ("/parts", "/chunks"):
        await send({"type": "http.response.body", "body": b"ab", "more_body": True})
        await send({"type": "http.response.body", "body": b"cd"})
    else:
        body = LARGE if scope["path"] == "/large" else b"abcd"
        await send({"type": "http.response.body", "body": body})


@pytest.fixture
async def odd_address(settings: Settings) -> AsyncIterator[tuple[str, int]]:
    async for _, address in serve(answer_oddly, settings):
        yield address


@pytest.mark.parametrize(
    ("path", "begins", "ends"),
    [
        ("parts", b"HTTP/1.1 200 ", b"\r\n\r\nabcd"),
        ("chunks", b"HTTP/1.1 200 ", b"\r\n\r\n2\r\nab\r\n2\r\ncd\r\n0\r\n\r\n"),
        ("split", b"HTTP/1.1 500 ", b"Internal Server Error"),
        ("short", b"HTTP/1.1 200 ", b"\r\n\r\nabcd"),  # and the connection is closed
    ],
)
async def test_an_application_that_breaks_asgi_is_served_unchanged(
    odd_address: tuple[str, int], path: str, begins: bytes, ends: bytes
) -> None:
    reader, writer = await asyncio.open_connection(*odd_address)
    closing = b"" if path in ("short", "split") else b"Connection: close\r\n"
    writer.write(b"GET /%b HTTP/1.1\r\nHost: x\r\n%b\r\n" % (path.encode(), closing))
    async with asyncio.timeout(10):
        answer = await reader.read()
    writer.close()
    assert answer.startswith(begins)
    assert answer.endswith(ends)
    assert b"x-forged" not in answer


async def test_answers_to_a_client_that_reads_late_come_in_order(
    odd_address: tuple[str, int],
) -> None:
    """The answers are longer than all buffers between server and client."""
    reader, writer = await asyncio.open_connection(*odd_address)
    writer.write(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n" * 12)
    async with asyncio.timeout(30):
        for _ in range(12):
            head = await reader.readuntil(b"\r\n\r\n")
            assert b"content-length: 1000000" in head.splitlines()
            assert await reader.readexactly(len(LARGE)) == LARGE
    writer.close()
