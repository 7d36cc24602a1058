"""A minimal pooler in transaction mode, which treats sessions as PgBouncer does."""

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]

SOCKET = ".s.PGSQL.5432"
GOODBYE = b"X"


class TransactionPooler:
    """Sessions with the server, lent to any client that begins a transaction; the last used
    first."""

    def __init__(self, server: Path) -> None:
        self.server = server
        self.free: asyncio.LifoQueue[Streams] = asyncio.LifoQueue()
        self.writers: list[asyncio.StreamWriter] = []
        self.clients: list[asyncio.Task[None]] = []

    async def welcome(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.clients.append(asyncio.create_task(self.attend(reader, writer)))
        self.writers.append(writer)

    async def attend(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        session = await asyncio.open_unix_connection(str(self.server / SOCKET))
        self.writers.append(session[1])
        [size] = struct.unpack("!i", greeting := await reader.readexactly(4))
        session[1].write(greeting + await reader.readexactly(size - 4))
        await relay(session, writer)
        self.free.put_nowait(session)
        while (request := await reader.read(65536)) and request[:1] != GOODBYE:
            session = await self.free.get()
            session[1].write(request)
            more = asyncio.create_task(pump(reader, session[1]))
            await relay(session, writer)
            more.cancel()
            await asyncio.wait({more})
            self.free.put_nowait(session)
        writer.close()

    async def close(self) -> None:
        for client in self.clients:
            client.cancel()
        await asyncio.gather(*self.clients, return_exceptions=True)
        for writer in self.writers:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()


async def pump(client: asyncio.StreamReader, server: asyncio.StreamWriter) -> None:
    while request := await client.read(65536):
        server.write(request)


async def relay(session: Streams, client: asyncio.StreamWriter) -> None:
    """Relay the server's answers until it is ready and in no transaction."""
    ready = False
    while not ready:
        kind, size = struct.unpack("!ci", head := await session[0].readexactly(5))
        body = await session[0].readexactly(size - 4)
        client.write(head + body)
        ready = (kind, body) == (b"Z", b"I")


@asynccontextmanager
async def transaction_pooler(server: Path, folder: Path) -> AsyncIterator[Path]:
    """Listen in the folder, as a server would."""
    pooler = TransactionPooler(server)
    async with await asyncio.start_unix_server(pooler.welcome, folder / SOCKET):
        try:
            yield folder
        finally:
            await pooler.close()
