"""A client that builds each frame of RFC 6455 by hand, valid ones and invalid ones."""

import asyncio
import base64
import json
import os
import struct
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from tests.sockets.client import PROTOCOL

CONT, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10


def make_frame(
    opcode: int, data: bytes = b"", *, fin: bool = True, masked: bool = True, reserved: int = 0
) -> bytes:
    """Return a frame of a client."""
    head = bytes([fin << 7 | reserved << 4 | opcode])
    length = len(data)
    mask_bit = masked << 7
    if length < 126:
        head += bytes([mask_bit | length])
    elif length < 65_536:
        head += bytes([mask_bit | 126]) + struct.pack("!H", length)
    else:
        head += bytes([mask_bit | 127]) + struct.pack("!Q", length)
    if not masked:
        return head + data
    return head + bytes(4) + data  # masked by zeros


def make_message(kind: str, **more: Any) -> bytes:
    return make_frame(TEXT, json.dumps({"type": kind, **more}).encode())


@dataclass
class Raw:
    """A connection after its handshake.

    status: The status of the answer to the handshake. headers: Its lines in lower case.
    """

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    status: int
    headers: list[str]

    async def send(self, *frames: bytes) -> None:
        self.writer.write(b"".join(frames))
        await self.writer.drain()

    async def receive(self) -> tuple[int, bytes]:
        """Receive a frame; return its opcode and its data."""
        async with asyncio.timeout(10):
            first, second = await self.reader.readexactly(2)
            length = second & 127
            if length == 126:
                [length] = struct.unpack("!H", await self.reader.readexactly(2))
            elif length == 127:
                [length] = struct.unpack("!Q", await self.reader.readexactly(8))
            return first & 15, await self.reader.readexactly(length)

    async def receive_message(self) -> Any:
        opcode, data = await self.receive()
        assert opcode == TEXT, (opcode, data)
        return json.loads(data)

    async def receive_close(self) -> int:
        """Wait for the close frame, whatever comes before it; return its code."""
        while True:
            opcode, data = await self.receive()
            if opcode == CLOSE:
                return int(struct.unpack("!H", data[:2])[0]) if data else 1005


@asynccontextmanager
async def open_raw(
    address: str,
    *,
    protocols: str | None = PROTOCOL,
    version: str = "13",
    more: Sequence[str] = (),
) -> AsyncIterator[Raw]:
    place = urlsplit(address)
    reader, writer = await asyncio.open_connection(place.hostname, place.port)
    lines = [
        f"GET {place.path} HTTP/1.1", f"Host: {place.netloc}", "Connection: Upgrade",
        "Upgrade: websocket", f"Sec-WebSocket-Version: {version}",
        f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}", *more,
    ]  # fmt: skip
    if protocols is not None:
        lines.append(f"Sec-WebSocket-Protocol: {protocols}")
    writer.write("\r\n".join([*lines, "", ""]).encode())
    async with asyncio.timeout(10):
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower().split("\r\n")
    try:
        yield Raw(reader, writer, int(head[0].split()[1]), head[1:])
    finally:
        writer.close()
