"""A body of 200 MB is refused, whoever sends it and in whatever way, and is never held in memory.

The server has the database and the process of the test.
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from urllib.parse import urlsplit

import pytest

from gql.transport import lingering
from tests.attacks import FLOOD
from tests.conftest import SignIn
from tests.files.sending import REQUEST
from tests.garbage import set_apart
from tests.making import split_body
from tests.sockets.raw import BINARY, CONT, TEXT, make_frame, make_message, open_raw
from tests.storm import measure_memory, measure_resident
from tests.transport.conftest import Raw
from tests.transport.leaving.asking import make_post, read_answer

pytestmark = pytest.mark.endurance

Connect = Callable[[], Awaitable[Raw]]
MB = 1_048_576
SENT = len(FLOOD) // MB
"""Megabytes."""
MOST = 30
"""The megabytes by which the process may have grown when all is over."""
MOST_MEANWHILE = 60
"""The megabytes by which it may have grown while the body comes."""
PART, _ = split_body(FLOOD, MB)
WHO = {"a stranger": None, "a parent": "parent.ivanova", "a deputy": "zavuch"}


@pytest.fixture
async def measured(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[list[int]]:
    """The memory of this process must not grow; tests append their measurements."""
    monkeypatch.setattr(lingering, "LINGER_SECONDS", 2.0)  # a loopback may carry 10 MB a second
    set_apart()
    before, meanwhile = measure_memory(), [0]
    yield meanwhile
    assert max(meanwhile) - before <= MOST_MEANWHILE
    assert measure_memory() - before <= MOST


async def send_all(
    writer: asyncio.StreamWriter, head: bytes, part: bytes, end: bytes, measured: list[int]
) -> None:
    """Send the body for as long as the server takes it."""
    with suppress(ConnectionError):
        writer.write(head)
        for _ in range(SENT):
            writer.write(part)
            await writer.drain()
            measured.append(measure_resident())
        writer.write(end)
        await writer.drain()


async def send_and_receive(
    connect: Connect, head: bytes, chunked: bool, measured: list[int]
) -> bytes:
    """Send a head and 200 MB; return the answer."""
    one = await connect()
    how = b"Transfer-Encoding: chunked" if chunked else b"Content-Length: %d" % (SENT * MB)
    part = b"%x\r\n%b\r\n" % (MB, PART) if chunked else PART
    sending = send_all(
        one.writer, head + how + b"\r\n\r\n", part, b"0\r\n\r\n" if chunked else b"", measured
    )
    said, _ = await asyncio.gather(read_whole(one), sending)
    return said


async def read_whole(raw: Raw) -> bytes:
    """Read an answer as it comes: the bytes that follow may break the connection."""
    async with asyncio.timeout(30):
        head = await raw.reader.readuntil(b"\r\n\r\n")
        [length] = re.findall(rb"content-length: (\d+)", head.lower())
        return head + await raw.reader.readexactly(int(length))


def parse_refusal(said: bytes) -> tuple[int, str]:
    """Return the status and the code of an answer."""
    head, _, body = said.partition(b"\r\n\r\n")
    assert b"content-type: application/json" in head.lower()
    [error] = json.loads(body)["errors"]
    return int(head.split()[1]), error["extensions"]["code"]


@pytest.mark.parametrize("chunked", [False, True], ids=["by length", "in chunks"])
async def test_a_body_is_refused_whoever_sends_it(
    connect: Connect, api: SignIn, measured: list[int], chunked: bool
) -> None:
    head = b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    tokens = [api(login).caller.token if login else None for login in WHO.values()]
    signed_in = [f"Authorization: Bearer {one}\r\n".encode() if one else b"" for one in tokens]
    at_once = (send_and_receive(connect, head + one, chunked, measured) for one in signed_in)
    for heard in await asyncio.gather(*at_once):
        assert parse_refusal(heard) == (413, "REQUEST_TOO_LARGE")


@pytest.mark.parametrize("chunked", [False, True], ids=["by length", "in chunks"])
async def test_an_upload_is_refused(
    connect: Connect, api: SignIn, measured: list[int], chunked: bool
) -> None:
    asking, given = await connect(), {"name": "a.pdf", "type": "application/pdf", "size": 1000}
    await asking.send(
        make_post(str(api("parent.ivanova").caller.token), query=REQUEST, variables=given)
    )
    link = urlsplit((await read_answer(asking))["data"]["requestUpload"]["url"]).path
    expected = {"/files/nonsense": 403, link: 413}
    head = "PUT {} HTTP/1.1\r\nHost: x\r\nContent-Type: application/pdf\r\n"
    at_once = (
        send_and_receive(connect, head.format(path).encode(), chunked, measured)
        for path in expected
    )
    heard = await asyncio.gather(*at_once)
    assert [parse_refusal(said)[0] for said in heard] == list(expected.values())


@pytest.mark.parametrize("opcode", [TEXT, BINARY], ids=["a text", "bytes"])
@pytest.mark.parametrize("whole", [False, True], ids=["in parts", "in one frame"])
@pytest.mark.parametrize("who", WHO)
async def test_a_message_closes_its_socket(
    address: tuple[str, int], api: SignIn, measured: list[int], who: str, whole: bool, opcode: int
) -> None:
    login = WHO[who]
    token = api(login).caller.token if login else None
    payload = {"authorization": f"Bearer {token}"} if token else {}
    async with open_raw("ws://{}:{}/graphql".format(*address)) as client:
        await client.send(make_message("connection_init", payload=payload))
        assert await client.receive_message() == {"type": "connection_ack"}
        if whole:
            length = (SENT * MB).to_bytes(8, "big")
            head, part = bytes((0x80 | opcode, 0x80 | 127)) + length + bytes(4), PART
        else:
            head, part = (
                make_frame(opcode, b" ", fin=False),
                make_frame(CONT, b" " * 4096, fin=False) * 256,
            )
        sending = asyncio.create_task(send_all(client.writer, head, part, b"", measured))
        assert await client.receive_close() == 1009
        await sending
