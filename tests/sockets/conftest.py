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

from gql.cli.server import _config, listen
from gql.engine.run import Engine
from gql.guard.limits_of_use import LimitsOfSockets
from gql.schema import schema
from gql.transport.websocket.endpoint import WebSocketEndpoint
from resolvers.core.context import Services
from tests.events.listening import NEVER, Desk, open_desk
from tests.sockets.client import PROTOCOL, Client, Connect

MOST_FRAME = 262_144


@pytest.fixture
async def desk(sql: AsyncConnection) -> Desk:
    return await open_desk(sql)


@pytest.fixture
def limits(request: pytest.FixtureRequest) -> LimitsOfSockets:
    """The usual limits, except those that a test gives with `limit_sockets`."""
    return LimitsOfSockets(**getattr(request, "param", {}))


@pytest.fixture
def endpoint(services: Services, limits: LimitsOfSockets) -> WebSocketEndpoint:
    services.tails.pace = NEVER
    return WebSocketEndpoint(Engine(schema, services), ("https://school.example",), limits)


class Server(uvicorn.Server):
    """A server that leaves signals to pytest."""

    def capture_signals(self) -> AbstractContextManager[None]:  # type: ignore[override]
        return nullcontext()


@pytest.fixture
async def server(endpoint: WebSocketEndpoint) -> AsyncIterator[tuple[uvicorn.Server, str]]:
    """A server like that of `gorod serve`, and its address."""
    app = Starlette(routes=[WebSocketRoute("/graphql", endpoint)])
    config = _config(app, patience=5, most_frame=MOST_FRAME, sockets=endpoint.limits)
    with listen("127.0.0.1", 0) as listening:
        listening.setsockopt(
            socket.SOL_SOCKET, socket.SO_SNDBUF, 4096
        )  # a small buffer is soon full
        running = Server(config)
        task = asyncio.create_task(running.serve(sockets=[listening]))
        while not running.started:  # noqa: ASYNC110  # uvicorn has no signal for it
            await asyncio.sleep(0.01)
        yield running, f"ws://127.0.0.1:{listening.getsockname()[1]}/graphql"
        running.should_exit = True
        await task


@pytest.fixture
def connect_client(server: tuple[uvicorn.Server, str]) -> Connect:
    @asynccontextmanager
    async def open_wire(**options: Any) -> AsyncIterator[Client]:
        async with connect(server[1], subprotocols=[PROTOCOL], **options) as wire:
            yield Client(wire)

    return open_wire
