"""Requests that offer to speak another protocol: they are answered by HTTP/1.1 (RFC 9110, 7.8)."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from gql.settings import Settings
from tests.serving import settings_in
from tests.transport.conftest import Raw

Connect = Callable[[], Awaitable[Raw]]
BODY = b'{"query":"{__typename}"}'
ANSWER = b'{"data":{"__typename":"Query"}}'
H2C = (
    b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
    b"HTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA\r\n"
)
"""The headers that Java's HttpClient sends with each request."""
CLOSE = b"Connection: close\r\n"
OFFERS = {
    "h2c": H2C,
    "h2c, and to close": H2C.replace(b"Upgrade, ", b"close, Upgrade, "),
    "h2c in two headers": b"Connection: Upgrade\r\nConnection: HTTP2-Settings\r\nUpgrade: h2c\r\n",
    "several": b"Connection: upgrade\r\nUpgrade: h2c, TLS/1.0\r\n",
    "websocket": b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n",
}


@pytest.fixture(params=["auto", "standard"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    return settings_in(tmp_path, executor=request.param)


def make_post(offer: bytes, *, chunked: bool = False, body: bytes = BODY) -> bytes:
    head = b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n" + offer
    if not chunked:
        return head + b"Content-Length: %d\r\n\r\n" % len(body) + body
    half = len(body) // 2
    chunks = (b"%x\r\n%b\r\n" % (len(one), one) for one in (body[:half], body[half:]))
    return head + b"Transfer-Encoding: chunked\r\n\r\n" + b"".join(chunks) + b"0\r\n\r\n"


def make_get(offer: bytes) -> bytes:
    line = b"GET /graphql?query=%7B__typename%7D HTTP/1.1\r\nHost: x\r\n"
    return line + b"GraphQL-Require-Preflight: 1\r\n" + offer + b"\r\n"


async def test_an_offer_is_ignored(connect: Connect) -> None:
    for offer in OFFERS.values():
        for chunked in (False, True):
            raw = await connect()
            await raw.send(make_post(offer, chunked=chunked), make_post(CLOSE))
            answer = await raw.read_rest()
            assert answer.startswith(b"HTTP/1.1 200 ")
            assert answer.count(ANSWER) == 1 if b"close" in offer else 2
            assert b"\r\nupgrade:" not in answer.lower()


async def test_an_offer_with_a_get_is_ignored(connect: Connect) -> None:
    raw = await connect()
    await raw.send(make_get(H2C), make_get(H2C), make_get(CLOSE))
    assert (await raw.read_rest()).count(ANSWER) == 3


async def test_requests_with_offers_follow_each_other(connect: Connect) -> None:
    raw = await connect()
    for chunked in (False, True):  # one after the other
        await raw.send(make_post(H2C, chunked=chunked))
        assert await raw.reader.readuntil(ANSWER)
    mixed = [
        make_post(H2C),
        make_get(H2C),
        make_post(b""),
        make_post(H2C, chunked=True),
        make_get(b""),
    ]
    await raw.send(b"".join(mixed * 40), make_post(CLOSE))  # and all at once
    assert (await raw.read_rest()).count(ANSWER) == len(mixed) * 40 + 1


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_request_with_an_offer_may_come_in_parts(connect: Connect, chunked: bool) -> None:
    whole = make_post(H2C, chunked=chunked)
    end_of_head = whole.index(b"\r\n\r\n") + 4
    for cut in (10, end_of_head - 30, end_of_head - 2, end_of_head, end_of_head + 9):
        raw = await connect()
        await raw.send(whole[:cut])
        await asyncio.sleep(0.02)  # so that the request comes in two packets
        await raw.send(whole[cut:], make_post(CLOSE))
        assert (await raw.read_rest()).count(ANSWER) == 2
    drops = await connect()
    for byte in whole:
        await drops.send(bytes((byte,)))
        await asyncio.sleep(0)
    await drops.send(make_post(CLOSE))
    assert (await drops.read_rest()).count(ANSWER) == 2


async def test_limits_hold_for_a_request_with_an_offer(connect: Connect) -> None:
    for sent, status in (
        (make_post(H2C, body=b" " * 1_000_000), b"413"),
        (make_post(H2C, body=b" " * 1_000_000, chunked=True), b"413"),
        (make_post(H2C + b"X-Long: " + b"a" * 70_000 + b"\r\n"), b"431"),
    ):
        raw = await connect()
        await raw.send(sent)
        assert (await raw.read_rest()).startswith(b"HTTP/1.1 " + status)


async def test_only_a_get_by_http_1_1_opens_a_socket(connect: Connect) -> None:
    shake = (
        b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
        b"Sec-WebSocket-Protocol: graphql-transport-ws\r\n"
    )
    socket = await connect()
    await socket.send(b"GET /graphql HTTP/1.1\r\nHost: x\r\n" + shake + b"\r\n")
    assert (await socket.reader.readline()).startswith(b"HTTP/1.1 101")
    await socket.reader.readuntil(b"\r\n\r\n")
    old = await connect()
    await old.send(make_get(shake).replace(b"HTTP/1.1", b"HTTP/1.0"))
    assert (await old.read_rest()).endswith(ANSWER)
