"""The whole API, in this process and behind a real socket."""

import asyncio
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from gql.settings import Settings
from tests.serving import settings_in

TRUSTED = "https://school.example"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_in(tmp_path, trusted_origins=TRUSTED)


class Raw:
    """A connection on which a test can send anything, and its answer."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def send(self, *parts: bytes) -> None:
        for part in parts:
            self.writer.write(part)
        await self.writer.drain()

    async def read_rest(self) -> bytes:
        """Read everything until the server closes the connection."""
        async with asyncio.timeout(30):
            try:
                return await self.reader.read()
            except ConnectionResetError:
                return b""


@pytest.fixture
async def connect(address: tuple[str, int]) -> AsyncIterator[Any]:
    """Open a new connection: `await connect()`."""
    opened: list[Raw] = []

    async def open_one() -> Raw:
        raw = Raw(*await asyncio.open_connection(*address, family=socket.AF_INET))
        opened.append(raw)
        return raw

    yield open_one
    for one in opened:
        one.writer.close()
