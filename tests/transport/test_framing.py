"""Requests whose receiver or whose end is ambiguous (RFC 9112, 3.2 and 6).

A proxy that reads them in another way would take the bytes after them for a request of somebody
else.
"""

from collections.abc import Awaitable, Callable

import pytest

from tests.transport.conftest import Raw
from tests.transport.test_connections import parse_answer

Connect = Callable[[], Awaitable[Raw]]
BODY = b'{"query": "{ __typename }"}'
JSON = b"Content-Type: application/json\r\n"
LONG = b"Content-Length: %d\r\n\r\n%b" % (len(BODY), BODY)
CHUNKS = b"\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(BODY), BODY)
LINE, OLD = b"POST /graphql HTTP/1.1\r\n", b"POST /graphql HTTP/1.0\r\n"
HEAD = LINE + b"Host: x\r\n" + JSON
SMUGGLED = HEAD + LONG
ANSWER = b'{"data":{"__typename":"Query"}}'

UNCLEAR: dict[str, tuple[bytes, int]] = {
    "no host": (LINE + JSON + LONG, 400),
    "two hosts": (LINE + b"Host: x\r\nHost: y\r\n" + JSON + LONG, 400),
    "one host twice": (LINE + b"Host: x\r\nHost: x\r\n" + JSON + LONG, 400),
    "two hosts by HTTP/1.0": (OLD + b"Host: x\r\nHost: y\r\n" + JSON + LONG, 400),
    "a host with a space": (LINE + b"Host: a b\r\n" + JSON + LONG, 400),
    "a host with a path": (LINE + b"Host: a/b\r\n" + JSON + LONG, 400),
    "a host with somebody's name": (LINE + b"Host: me@x\r\n" + JSON + LONG, 400),
    "a port of letters": (LINE + b"Host: x:http\r\n" + JSON + LONG, 400),
    "no host of a socket": (
        b"GET /graphql HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
        b"Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n", 400,
    ),
    "no host of an offer": (
        LINE + b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n" + JSON + LONG, 400
    ),
    "gzip": (HEAD + b"Transfer-Encoding: gzip\r\n" + CHUNKS, 400),
    "identity": (HEAD + b"Transfer-Encoding: identity\r\n" + CHUNKS, 400),
    "a word that ends as chunked": (HEAD + b"Transfer-Encoding: xchunked\r\n" + CHUNKS, 400),
    "a parameter": (HEAD + b"Transfer-Encoding: chunked;q=1\r\n" + CHUNKS, 400),
    "chunks in gzip": (HEAD + b"Transfer-Encoding: chunked, gzip\r\n" + CHUNKS, 400),
    "chunks in lines": (
        HEAD + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: gzip\r\n" + CHUNKS, 400
    ),
    "chunks twice": (HEAD + b"Transfer-Encoding: chunked, chunked\r\n" + CHUNKS, 400),
    "no coding": (HEAD + b"Transfer-Encoding: \r\n" + CHUNKS, 400),
    "a tab of another kind": (HEAD + b"Transfer-Encoding: \x0bchunked\r\n" + CHUNKS, 400),
    "a space before the colon": (HEAD + b"Transfer-Encoding : chunked\r\n" + CHUNKS, 400),
    "a line that goes on": (HEAD + b"X: a\r\n Transfer-Encoding: chunked\r\n" + CHUNKS, 400),
    "gzip in chunks": (HEAD + b"Transfer-Encoding: gzip, chunked\r\n" + CHUNKS, 501),
    "gzip and chunks in lines": (
        HEAD + b"Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n" + CHUNKS, 400
    ),
    "chunks by HTTP/1.0": (OLD + JSON + b"Transfer-Encoding: chunked\r\n" + CHUNKS, 400),
    "a length, then chunks": (
        HEAD + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n" + CHUNKS, 400
    ),
    "chunks, then a length": (
        HEAD + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n" + CHUNKS, 400
    ),
    "a length beside gzip": (HEAD + b"Transfer-Encoding: gzip\r\n" + LONG, 400),
    "one length twice": (HEAD + b"Content-Length: %d\r\n" % len(BODY) + LONG, 400),
    "a list of lengths": (HEAD + b"Content-Length: 5, 5\r\n\r\nabcde", 400),
    "a length with a sign": (HEAD + b"Content-Length: +5\r\n\r\nabcde", 400),
    "a length in hexadecimal": (HEAD + b"Content-Length: 0x5\r\n\r\nabcde", 400),
    "a line feed alone": (LINE + b"Host: x\nX: y\r\n" + JSON + LONG, 400),
    "a chunk with a sign": (
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n+5\r\nabcde\r\n0\r\n\r\n", 400
    ),
    "a chunk longer than said": (
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nabcdefg\r\n0\r\n\r\n", 400
    ),
}  # fmt: skip
CLEAR = {
    "an empty host": LINE + b"Host: \r\n" + JSON + LONG,
    "a port": LINE + b"Host: school.example:8000\r\n" + JSON + LONG,
    "an address": LINE + b"Host: [::1]:8000\r\n" + JSON + LONG,
    "a host with an underscore": LINE + b"Host: gorod_app\r\n" + JSON + LONG,
    "no host by HTTP/1.0": OLD + JSON + LONG,
    "chunks": HEAD + b"Transfer-Encoding: chunked\r\n" + CHUNKS,
    "chunks in capitals": HEAD + b"Transfer-Encoding: Chunked\r\n" + CHUNKS,
}


@pytest.mark.parametrize("what", UNCLEAR)
async def test_an_ambiguous_request_ends_its_connection(connect: Connect, what: str) -> None:
    sent, wanted = UNCLEAR[what]
    raw = await connect()
    await raw.send(sent + SMUGGLED)
    told = await raw.read_rest()
    status, headers, code = parse_answer(told)
    assert (status, code, headers[b"connection"]) == (wanted, "BAD_REQUEST", b"close")
    assert told.count(b"HTTP/1.1 ") == 1
    assert ANSWER not in told


@pytest.mark.parametrize("what", UNCLEAR)
async def test_requests_before_an_ambiguous_one_are_answered(connect: Connect, what: str) -> None:
    sent, wanted = UNCLEAR[what]
    raw = await connect()
    await raw.send(SMUGGLED + sent + SMUGGLED)
    told = await raw.read_rest()
    assert told.count(ANSWER) == 1
    assert told.partition(ANSWER)[2].startswith(b"HTTP/1.1 %d" % wanted)


@pytest.mark.parametrize("what", CLEAR)
async def test_an_unambiguous_request_is_answered(connect: Connect, what: str) -> None:
    raw = await connect()
    await raw.send(CLEAR[what] + HEAD + b"Connection: close\r\n" + LONG)
    answers = 1 if what.endswith("HTTP/1.0") else 2
    assert (await raw.read_rest()).count(ANSWER) == answers
