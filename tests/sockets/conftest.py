"""A real server on this machine."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from typing import Any

import pytest
import uvicorn
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from websockets.asyncio.client import connect

from gql.app import Api as Door
from gql.cli.server import listen
from resolvers.context import Services
from tests.events.listening import NEVER, Desk, open_desk
from tests.sockets.client import PROTOCOL, Client, Connect


@pytest.fixture
async def desk(sql: AsyncConnection) -> Desk:
    return await open_desk(sql)


@pytest.fixture
def door(services: Services) -> Door:
    services.tails.pace = NEVER
    return Door(services, ("https://school.example",))


class Server(uvicorn.Server):
    """Signals are the test run's."""

    def capture_signals(self) -> AbstractContextManager[None]:  # type: ignore[override]
        return nullcontext()


@pytest.fixture
async def server(door: Door) -> AsyncIterator[tuple[uvicorn.Server, str]]:
    """A server like `gorod serve` runs, and its address."""
    app = Starlette(routes=[WebSocketRoute("/graphql", door)])
    config = uvicorn.Config(
        app, ws="websockets-sansio", ws_per_message_deflate=False, log_config=None, lifespan="off"
    )
    with listen("127.0.0.1", 0) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)  # so that it is soon full
        running = Server(config)
        task = asyncio.create_task(running.serve(sockets=[listening]))
        while not running.started:  # noqa: ASYNC110  # uvicorn has no signal for it
            await asyncio.sleep(0.01)
        yield running, f"ws://127.0.0.1:{listening.getsockname()[1]}/graphql"
        running.should_exit = True
        await task


@pytest.fixture
def connected(server: tuple[uvicorn.Server, str]) -> Connect:
    @asynccontextmanager
    async def open_wire(**options: Any) -> AsyncIterator[Client]:
        async with connect(server[1], subprotocols=[PROTOCOL], **options) as wire:
            yield Client(wire)

    return open_wire
