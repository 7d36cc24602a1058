"""The handshake and the frames below the protocol, byte by byte."""

import asyncio
import json
import struct
from collections.abc import Sequence
from urllib.parse import urlsplit

import pytest
import uvicorn

from tests.sockets.client import PROTOCOL
from tests.sockets.conftest import MOST_FRAME
from tests.sockets.raw import (
    BINARY,
    CLOSE,
    CONT,
    PING,
    PONG,
    TEXT,
    Raw,
    make_frame,
    make_message,
    open_raw,
)

Address = tuple[uvicorn.Server, str]
OWN = "own"
ORIGINS = {
    OWN: 101,
    "https://school.example": 101,
    "HTTPS://SCHOOL.EXAMPLE:443": 101,
    "https://evil.example": 403,
    "https://school.example.evil.example": 403,
    "https://evilschool.example": 403,
    "https://school.example:8443": 403,
    "http://school.example": 403,
    "null": 403,
    "": 403,
    "https://[": 403,
    "file://": 403,
}
PROTOCOLS = {
    None: 4406,
    "": 400,
    "graphql-ws": 4406,
    "soap": 4406,
    "GraphQL-Transport-WS": 4406,
    "graphql-ws, graphql-transport-ws": 101,
    "graphql-transport-ws, soap": 101,
}


async def test_pages_of_other_origins_open_no_socket(server: Address) -> None:
    found = {}
    for origin in ORIGINS:
        named = (
            server[1].replace("ws", "http").removesuffix("/graphql") if origin is OWN else origin
        )
        async with open_raw(server[1], more=[f"Origin: {named}"]) as client:
            found[origin] = client.status
    assert found == ORIGINS


async def test_a_refused_page_is_told_the_setting_in_its_language(
    server: Address, capfd: pytest.CaptureFixture[str]
) -> None:
    for language, told in {"en": "Pages of this origin", "ru": "Страницам с этого"}.items():
        sent = ["Origin: https://page.example", f"Accept-Language: {language}"]
        async with open_raw(server[1], more=sent) as client:
            [error] = json.loads(await client.reader.read())["errors"]
        assert error["message"].startswith(told)
        assert "GOROD_TRUSTED_ORIGINS" in error["message"]
    logged = capfd.readouterr().err.splitlines()
    assert len([line for line in logged if "https://page.example" in line]) == 1


async def test_no_other_protocol_is_spoken(server: Address) -> None:
    found: dict[str | None, int] = {}
    for protocols, wanted in PROTOCOLS.items():
        async with open_raw(server[1], protocols=protocols) as client:
            chosen = f"sec-websocket-protocol: {PROTOCOL}" in client.headers
            is_open = client.status == 101 and not chosen
            found[protocols] = await client.receive_close() if is_open else client.status
            assert chosen is (wanted == 101)
    assert found == PROTOCOLS


async def test_a_request_that_is_no_handshake_is_refused(server: Address) -> None:
    async with open_raw(server[1], version="12") as old:
        assert old.status in (400, 426)
    async with open_raw(server[1], more=["Sec-WebSocket-Extensions: permessage-deflate"]) as client:
        assert client.status == 101
        assert not [line for line in client.headers if "deflate" in line]  # a bomb in few bytes


UPGRADE = (
    "Host: x", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
)  # fmt: skip
REFUSED = {
    "a body": ("GET /graphql", [*UPGRADE, "Content-Length: 5"], 400),
    "a body in parts": ("GET /graphql", [*UPGRADE, "Transfer-Encoding: chunked"], 400),
    "a long header": ("GET /graphql", [*UPGRADE, "Cookie: " + "a" * 9_000], 400),
    "130 headers": ("GET /graphql", [*UPGRADE, *(f"X-{n}: a" for n in range(130))], 400),
    "a long address": (f"GET /graphql?a={'a' * 9_000}", list(UPGRADE), 400),
    "no key": ("GET /graphql", list(UPGRADE[:-1]), 400),
    "an old version": (
        "GET /graphql",
        [*UPGRADE[:3], UPGRADE[4], "Sec-WebSocket-Version: 12"],
        426,
    ),
    "another address": ("GET /nowhere", list(UPGRADE), 404),
    "another origin": ("GET /graphql", [*UPGRADE, "Origin: https://evil.example"], 403),
}
"""Handshakes that are refused: the request line, its headers, and the status."""
CODES = {403: "FORBIDDEN", 404: "NOT_FOUND"}


@pytest.mark.parametrize("case", REFUSED)
async def test_a_refused_handshake_is_answered_in_json_and_closed(
    server: Address, case: str
) -> None:
    line, headers, expected = REFUSED[case]
    host, port = urlsplit(server[1]).netloc.rsplit(":", 1)
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write("\r\n".join([f"{line} HTTP/1.1", *headers, "", ""]).encode())
    async with asyncio.timeout(10):
        answer = await reader.read()
    writer.close()
    head, _, body = answer.decode().partition("\r\n\r\n")
    first, *lines = head.lower().split("\r\n")
    assert int(first.split()[1]) in {expected, 400 if expected == 426 else expected}
    assert "content-type: application/json" in lines
    assert "cache-control: no-store" in lines
    assert any(one.startswith("x-request-id: ") for one in lines)
    [error] = json.loads(body)["errors"]
    assert error["message"]
    assert error["extensions"]["code"] == CODES.get(expected, "BAD_REQUEST")


HELLO = json.dumps({"type": "connection_init"}).encode()
PAYLOAD = '{"type":"connection_init","payload":{"a":"ж"}}'.encode()


async def test_half_a_character_beside_an_id_is_the_clients_fault(server: Address) -> None:
    for named in ({"documentId": "a"}, {"extensions": {"persistedQuery": {
            "version": 1, "sha256Hash": "a" * 64}}}):  # fmt: skip
        async with open_raw(server[1]) as client:
            await client.send(make_frame(TEXT, HELLO))
            await client.receive()
            payload = {"query": "\ud800", **named}
            await client.send(make_message("subscribe", id="1", payload=payload))
            _, data = await client.receive()
            [error] = json.loads(data)["payload"]
            assert error["extensions"]["code"] == "BAD_REQUEST"


LONG = b'{"type":"ping","payload":{"a":"' + b"x" * MOST_FRAME + b'"}}'
ACKNOWLEDGED = "connection_ack"
FRAMES: dict[str, tuple[Sequence[bytes], int | str]] = {
    "a text": ([make_frame(TEXT, HELLO)], ACKNOWLEDGED),
    "a text in two parts": (
        [make_frame(TEXT, HELLO[:9], fin=False), make_frame(CONT, HELLO[9:])],
        ACKNOWLEDGED,
    ),
    "a text byte by byte": (
        [make_frame(TEXT, HELLO[:1], fin=False)]
        + [make_frame(CONT, HELLO[at : at + 1], fin=False) for at in range(1, len(HELLO))]
        + [make_frame(CONT)],
        ACKNOWLEDGED,
    ),
    "a ping inside of a text": (
        [
            make_frame(TEXT, HELLO[:9], fin=False),
            make_frame(PING, b"a"),
            make_frame(CONT, HELLO[9:]),
        ],
        ACKNOWLEDGED,
    ),
    "a pong that nobody asked for": (
        [make_frame(PONG, b"a"), make_frame(TEXT, HELLO)],
        ACKNOWLEDGED,
    ),
    "a letter in two parts": (
        [make_frame(TEXT, PAYLOAD[:-4], fin=False), make_frame(CONT, PAYLOAD[-4:])],
        ACKNOWLEDGED,
    ),
    "an empty text": ([make_frame(TEXT)], 4400),
    "a binary frame": ([make_frame(BINARY, HELLO)], 4400),
    "an empty binary frame": ([make_frame(BINARY)], 4400),
    "a binary frame in parts": ([make_frame(BINARY, HELLO, fin=False), make_frame(CONT)], 4400),
    "a frame without a mask": ([make_frame(TEXT, HELLO, masked=False)], 1002),
    "an unknown opcode": ([make_frame(3, HELLO)], 1002),
    "an unknown control opcode": ([make_frame(11)], 1002),
    "a reserved bit": ([make_frame(TEXT, HELLO, reserved=4)], 1002),
    "a part of nothing": ([make_frame(CONT, HELLO)], 1002),
    "a text inside of a text": (
        [make_frame(TEXT, HELLO[:9], fin=False), make_frame(TEXT, HELLO)],
        1002,
    ),
    "a ping in parts": ([make_frame(PING, b"a", fin=False)], 1002),
    "a ping that is too long": ([make_frame(PING, b"a" * 126)], 1002),
    "a close of one byte": ([make_frame(CLOSE, b"a")], 1002),
    "a close with a code nobody may send": ([make_frame(CLOSE, struct.pack("!H", 1005))], 1002),
    "a text that is no UTF-8": ([make_frame(TEXT, b'{"type":"\xff"}')], 1007),
    "half a surrogate pair in UTF-8": ([make_frame(TEXT, b'{"type":"\xed\xa0\x80"}')], 1007),
    "a close with a reason that is no UTF-8": ([make_frame(CLOSE, b"\x03\xe8\xff")], 1007),
    "a text that is too long": ([make_frame(TEXT, LONG)], 1009),
    "parts that are too long together": (
        [make_frame(TEXT, LONG[: MOST_FRAME // 2], fin=False), make_frame(CONT, LONG)],
        1009,
    ),
    "a close": ([make_frame(CLOSE, struct.pack("!H", 1000))], 1000),
    "a close without a code": ([make_frame(CLOSE)], 1005),
}


async def receive_outcome(client: Raw) -> int | str:
    """Return what a client receives at last: the type of a message, or the code of a close
    frame."""
    while True:
        opcode, data = await client.receive()
        if opcode == TEXT and (kind := json.loads(data)["type"]) != "pong":
            return str(kind)
        if opcode == CLOSE:
            return int(struct.unpack("!H", data[:2])[0]) if data else 1005


async def test_frames_are_those_of_the_specification(server: Address) -> None:
    found: dict[str, int | str] = {}
    for name, (frames, _) in FRAMES.items():
        async with open_raw(server[1]) as client:
            await client.send(*frames)
            found[name] = await receive_outcome(client)
    assert found == {name: wanted for name, (_, wanted) in FRAMES.items()}


async def test_a_ping_frame_is_answered_with_what_it_holds(server: Address) -> None:
    async with open_raw(server[1]) as client:
        await client.send(make_frame(PING, b"now"))
        assert await client.receive() == (PONG, b"now")


async def test_bytes_that_come_one_by_one_are_frames_too(server: Address) -> None:
    async with open_raw(server[1]) as client:
        for byte in make_message("connection_init"):
            await client.send(bytes([byte]))
            await asyncio.sleep(0)
        assert (await client.receive_message())["type"] == ACKNOWLEDGED
