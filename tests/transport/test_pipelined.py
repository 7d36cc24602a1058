"""Pipelined requests before one that is refused are answered first."""

from collections.abc import Awaitable, Callable

import pytest

from tests.transport.conftest import Raw

Connect = Callable[[], Awaitable[Raw]]
BODY = b'{"query": "{ __typename }"}'
POST = (
    b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    b"Content-Length: %d\r\n\r\n%b" % (len(BODY), BODY)
)
ANSWER = b'{"data":{"__typename":"Query"}}'
SOCKET = (
    b"GET /graphql HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
    b"Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n"
)
REFUSED = {
    "garbage": (b"GARBAGE\r\n\r\n", b"400"),
    "a tunnel": (b"CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n", b"501"),
    "a long head": (b"GET /graphql HTTP/1.1\r\nX: " + b"a" * 70_000 + b"\r\n\r\n", b"431"),
    "a socket": (SOCKET, b"400"),
    "a bad chunk": (
        b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        b"Transfer-Encoding: chunked\r\n\r\nZZ\r\n",
        b"400",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
@pytest.mark.parametrize("before", [1, 3])
async def test_requests_before_a_refused_one_are_answered_first(
    connect: Connect, what: str, before: int
) -> None:
    """Otherwise a client would take a mutation that was done for one that was not."""
    sent, status = REFUSED[what]
    raw = await connect()
    await raw.send(POST * before + sent)
    told = await raw.read_rest()
    assert told.count(ANSWER) == before
    answers, refusal = told[: told.rindex(ANSWER)], told[told.rindex(ANSWER) :]
    assert answers.count(b"HTTP/1.1 200") == before
    assert refusal.startswith(ANSWER + b"HTTP/1.1 " + status)
    assert b'"code":' in refusal


async def test_a_request_after_a_refusal_is_not_run(connect: Connect) -> None:
    raw = await connect()
    await raw.send(POST + b"GARBAGE\r\n\r\n" + POST)
    assert (await raw.read_rest()).count(ANSWER) == 1
