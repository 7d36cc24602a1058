"""Connections of clients that are slow, or do not speak HTTP, over a real socket."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress

import orjson
import pytest

from gql.transport import bodies, connections, lingering
from tests.transport.conftest import Raw

MB = 1_048_576
END = b"\r\n\r\n"
Connect = Callable[[], Awaitable[Raw]]
BODY = b'{"query":"{__typename}"}'
HEAD = b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"


def make_request(body: bytes = BODY, more: bytes = b"") -> bytes:
    return HEAD + more + b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


def parse_answer(answer: bytes) -> tuple[int, dict[bytes, bytes], str]:
    """Return status, headers and code of an answer, which is JSON whatever went wrong."""
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(b": ") for line in lines)}
    assert headers[b"content-type"] == b"application/json"
    assert headers[b"cache-control"] == b"no-store"
    assert headers[b"x-content-type-options"] == b"nosniff"
    assert headers[b"x-request-id"]
    [error] = orjson.loads(body)["errors"]
    assert error["message"]
    return int(first.split()[1]), headers, error["extensions"]["code"]


@pytest.fixture
def short_time_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server with short time limits."""
    monkeypatch.setattr(connections, "HEAD_SECONDS", 0.3)
    monkeypatch.setattr(connections, "SILENT_SECONDS", 0.3)


@pytest.mark.parametrize(
    "sent",
    [b"POST", HEAD, HEAD + b"Content-Length: 5", b"GET /" + b"a" * 3000],
    ids=["a word", "a line less", "half a line", "half an address"],
)
@pytest.mark.usefixtures("short_time_limits")
async def test_half_a_head_is_answered_after_the_time_limit(connect: Connect, sent: bytes) -> None:
    raw = await connect()
    await raw.send(sent)
    status, headers, code = parse_answer(await raw.read_rest())
    assert (status, code, headers[b"connection"]) == (408, "BAD_REQUEST", b"close")


@pytest.mark.usefixtures("short_time_limits")
async def test_a_client_that_sends_nothing_gets_no_answer(connect: Connect) -> None:
    raw = await connect()
    assert await raw.read_rest() == b""
    lines = await connect()
    await lines.send(b"\r\n")
    assert await lines.read_rest() == b""


@pytest.mark.parametrize("begun", [b"", b'{"query":'])
@pytest.mark.usefixtures("short_time_limits")
async def test_half_a_body_is_answered_after_the_time_limit(connect: Connect, begun: bytes) -> None:
    raw = await connect()
    await raw.send(HEAD + b"Content-Length: 1000\r\n\r\n" + begun)
    status, headers, code = parse_answer(await raw.read_rest())
    assert (status, code, headers[b"connection"]) == (408, "BAD_REQUEST", b"close")


async def test_a_body_that_comes_slowly_has_a_time_limit(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "SLOWEST_BODY", 0.3)
    raw = await connect()
    await raw.send(HEAD + b"Content-Length: 1000\r\n\r\n" + b'{"query":')
    status, headers, code = parse_answer(await raw.read_rest())
    assert (status, code, headers[b"connection"]) == (408, "BAD_REQUEST", b"close")


async def test_a_gigabyte_is_refused_before_it_is_sent(connect: Connect) -> None:
    raw = await connect()
    await raw.send(HEAD + b"Content-Length: 1000000000\r\n\r\n")
    status, headers, code = parse_answer(await raw.read_rest())
    assert (status, code, headers[b"connection"]) == (413, "REQUEST_TOO_LARGE", b"close")


@pytest.mark.parametrize(
    "sent",
    [b"nonsense\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"GET  HTTP/1.1\r\n\r\n",
     b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
     b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
     b"POST /graphql HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
     b"GET /gr\xffaphql HTTP/1.1\r\nHost: x\r\n\r\n", b"GET / HTTP/1.1\r\nA b: c\r\n\r\n",
     b"GET / HTTP/1.1\r\nA: b\x00c\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"],
    ids=lambda sent: repr(sent)[:60],
)  # fmt: skip
async def test_bytes_that_are_no_http_are_a_bad_request_in_json(
    connect: Connect, sent: bytes
) -> None:
    raw = await connect()
    await raw.send(sent)
    status, headers, code = parse_answer(await raw.read_rest())
    assert status in (400, 415)
    assert (code, headers[b"connection"]) == ("BAD_REQUEST", b"close")


@pytest.mark.parametrize("lines", [1, 50])
@pytest.mark.parametrize("ends", [False, True])
async def test_a_head_has_a_limited_length(connect: Connect, lines: int, ends: bool) -> None:
    raw = await connect()
    end = b"Content-Length: 0\r\nConnection: close\r\n\r\n" if ends else b""
    await raw.send(HEAD, *[b"X-Long: " + b"a" * (70_000 // lines) + b"\r\n"] * lines, end)
    status, headers, code = parse_answer(await raw.read_rest())
    assert (status, headers[b"connection"], code) == (431, b"close", "REQUEST_TOO_LARGE")


@pytest.mark.parametrize("size", [65_500, 65_600, 131_000, 131_500, 1_000_000])
@pytest.mark.parametrize("ends", [False, True])
async def test_an_address_has_a_limited_length(connect: Connect, size: int, ends: bool) -> None:
    raw = await connect()
    end = b" HTTP/1.1\r\nHost: x\r\n" + b"X-More: a\r\n" * 10 + b"\r\n" if ends else b""
    with suppress(ConnectionError):  # the answer comes before all is sent
        await raw.send(b"GET /graphql?query=" + b"a" * size + (end or b"a" * 100))
    status, headers, code = parse_answer(await raw.read_rest())
    assert (status, headers[b"connection"], code) == (414, b"close", "REQUEST_TOO_LARGE")


async def test_an_address_within_the_length_is_read(connect: Connect) -> None:
    raw = await connect()
    query = b"{__typename}" + b"," * 65_000
    line = b"GET /graphql?query=" + query + b" HTTP/1.1\r\n"
    await raw.send(line + b"GraphQL-Require-Preflight: 1\r\nHost: x\r\nConnection: close\r\n\r\n")
    status, _, code = parse_answer(await raw.read_rest())
    assert (status, code) == (413, "REQUEST_TOO_LARGE")  # the limit of a stranger


async def test_trailers_have_a_limited_length(connect: Connect) -> None:
    """Trailers come after a body, where no limit of heads or bodies applies."""
    for trailers in ([b"X: " + b"a" * 200_000], [b"X: a\r\n"] * 40_000):
        raw = await connect()
        await raw.send(HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\n \r\n0\r\n")
        with suppress(ConnectionError):
            await raw.send(*trailers)
        status, headers, code = parse_answer(await raw.read_rest())
        assert (status, headers[b"connection"], code) == (431, b"close", "REQUEST_TOO_LARGE")


async def test_short_chunks_and_trailers_are_read(connect: Connect) -> None:
    raw = await connect()
    chunks = [b"1\r\n%c\r\n" % byte for byte in BODY]
    for last in range(3):
        end = b"Connection: close\r\n" if last == 2 else b""
        await raw.send(HEAD + end + b"Transfer-Encoding: chunked\r\n\r\n")
        for part in (*chunks, b"0\r\n", b"X-Trailer: a\r\n", b"\r\n"):
            await raw.send(part)
            await asyncio.sleep(0)
    assert (await raw.read_rest()).count(b'{"data":{"__typename":"Query"}}') == 3


async def test_a_connection_is_no_tunnel(connect: Connect) -> None:
    raw = await connect()
    await raw.send(b"CONNECT school.example:443 HTTP/1.1\r\nHost: school.example:443\r\n\r\n")
    status, headers, code = parse_answer(await raw.read_rest())
    assert (status, headers[b"connection"], code) == (501, b"close", "BAD_REQUEST")


async def test_a_long_token_is_a_wrong_one(connect: Connect) -> None:
    raw = await connect()
    token = b"Authorization: Bearer " + b"a" * 60_000 + b"\r\nConnection: close\r\n"
    await raw.send(make_request(more=token))
    assert (await raw.read_rest()).endswith(b'{"data":{"__typename":"Query"}}')


async def test_one_connection_carries_many_requests(connect: Connect) -> None:
    raw = await connect()
    await raw.send(make_request() * 400)
    await raw.send(make_request(more=b"Connection: close\r\n"))
    assert (await raw.read_rest()).count(b'{"data":{"__typename":"Query"}}') == 401


@pytest.mark.usefixtures("short_time_limits")
async def test_an_operation_may_take_longer_than_a_head(connect: Connect) -> None:
    """The time limits are for the client: none ends while the server works or has answered."""
    raw = await connect()
    await raw.send(make_request()[:-5])
    await raw.send(make_request()[-5:])
    assert await raw.reader.readuntil(b'{"data":{"__typename":"Query"}}')
    await raw.send(make_request(more=b"Connection: close\r\n"))
    assert (await raw.read_rest()).endswith(b'{"data":{"__typename":"Query"}}')


@pytest.mark.parametrize(
    "where", [HEAD, b"POST /nowhere HTTP/1.1\r\nHost: x\r\n"], ids=["the API", "elsewhere"]
)
@pytest.mark.parametrize("chunked", [False, True])
async def test_a_client_that_sends_too_much_gets_the_reason_when_all_is_sent(
    address: tuple[str, int], where: bytes, chunked: bool
) -> None:
    """Most clients read nothing before they have sent everything."""

    def send_all() -> bytes:
        part, parts = b" " * MB, 32
        with socket.create_connection(address, timeout=30) as wire:
            announced = f"Content-Length: {parts * MB}".encode()
            wire.sendall(where + (b"Transfer-Encoding: chunked" if chunked else announced) + END)
            for _ in range(parts):
                wire.sendall(b"%x\r\n%b\r\n" % (MB, part) if chunked else part)
            if chunked:
                wire.sendall(b"0\r\n\r\n")
            return b"".join(iter(lambda: wire.recv(65536), b""))

    status, headers, code = parse_answer(await asyncio.to_thread(send_all))
    expected = (413, "REQUEST_TOO_LARGE") if where is HEAD else (404, "NOT_FOUND")
    assert ((status, code), headers[b"connection"]) == (expected, b"close")


async def test_a_refused_body_is_not_waited_for(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lingering, "SILENT_SECONDS", 0.3)
    raw = await connect()
    await raw.send(HEAD + b"Content-Length: 1000000000\r\n\r\n" + b" " * 1000)
    status, _, code = parse_answer(await raw.read_rest())
    assert (status, code) == (413, "REQUEST_TOO_LARGE")


@pytest.mark.parametrize(
    ("limit", "value"), [("LINGER_SECONDS", 0.3), ("MOST_DROPPED", 10 * 2**20)]
)
async def test_a_refused_body_is_read_for_a_while_only(
    connect: Connect, monkeypatch: pytest.MonkeyPatch, limit: str, value: float
) -> None:
    monkeypatch.setattr(lingering, limit, value)
    raw = await connect()
    await raw.send(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
    with pytest.raises(ConnectionError):
        await asyncio.wait_for(send_on_and_on(raw), 30)


async def send_on_and_on(raw: Raw) -> None:
    while True:
        await raw.send(b"%x\r\n%b\r\n" % (MB, b" " * MB))


async def test_a_refused_body_is_not_read(connect: Connect) -> None:
    raw = await connect()
    await raw.send(
        b"POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n" + b"0123456789"
    )
    status, headers, code = parse_answer(await raw.read_rest())
    assert (status, code, headers[b"connection"]) == (404, "NOT_FOUND", b"close")
