"""The whole API in this process, with settings as an installation has them.

A folder of tests that needs other settings has a fixture `settings` of its own.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import uvicorn
from httpx2 import ASGITransport, AsyncClient
from starlette.applications import Starlette

from gql.cli.server import _config, _Server, listen
from gql.settings import Settings
from tests.clones import Clones
from tests.conftest import KEY
from tests.postgres import Server

if TYPE_CHECKING:
    from gql.engine.run import Engine


def settings_in(folder: Path, **given: Any) -> Settings:
    """Settings of an installation that keeps its data in a folder."""
    return Settings(
        data_dir=folder,
        secret_key=KEY.decode(),  # type: ignore[arg-type]  # as the environment has it
        pool_size=2,
        **given,
    )


async def client_of(
    settings: Settings, url: str, *, made_up: bool = False
) -> AsyncIterator[AsyncClient]:
    """A client of the API on the database at `url`.

    made_up: Whether made-up accounts may sign in.
    """
    from gql.app import create_app  # not above: xdist's first process serves nobody

    app: Any = create_app(settings, url, made_up=made_up)
    inner = app
    while not isinstance(inner, Starlette):
        inner = inner.app
    client = AsyncClient(transport=ASGITransport(app), base_url="http://gorod.test")
    async with inner.router.lifespan_context(inner), client:  # which closes its connections
        yield client


class PromptServer(_Server):
    """The server of `gorod serve`, which ends at once when a test does: uvicorn looks ten times a
    second whether it should, and gives its connections a tenth of a second even if it has none."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ends = asyncio.Event()

    async def main_loop(self) -> None:
        number = 0
        while not self.ends.is_set() and not await self.on_tick(number):
            number += 1
            with suppress(TimeoutError):
                await asyncio.wait_for(self.ends.wait(), 0.1)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self.server_state.connections or self.server_state.tasks:
            await super().shutdown(sockets)
            return
        for one in (*self.servers, *(sockets or ())):
            one.close()
        await self.lifespan.shutdown()


async def serve(app: Any, settings: Settings) -> AsyncIterator[tuple[_Server, tuple[str, int]]]:
    """The server of `gorod serve` with an application, and where it listens."""
    with listen("127.0.0.1", 0) as listening:
        server = PromptServer(_config(app, 3, settings.most_body, settings))
        task = asyncio.create_task(server.serve(sockets=[listening]))
        await server.listens.wait()
        yield server, listening.getsockname()[:2]
        server.ends.set()
        await task


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_in(tmp_path)


@pytest.fixture
def application_url(postgres: Server, database: str, clones: Clones) -> Iterator[str]:
    """The database of a server, which is taken to have written to it."""
    yield postgres.url("gorod_app", database)
    clones.written = True


@pytest.fixture
async def http(settings: Settings, application_url: str) -> AsyncIterator[AsyncClient]:
    """A client of the application that `gorod serve` runs, as strangers meet it."""
    async for client in client_of(settings, application_url):
        yield client


@pytest.fixture
async def dev(settings: Settings, application_url: str) -> AsyncIterator[AsyncClient]:
    """A client of the application that `gorod dev` runs: it shows everybody its schema."""
    shown = settings.model_copy(update={"demo": True, "open_introspection": True})
    async for client in client_of(shown, application_url):
        yield client


@pytest.fixture
async def running(
    settings: Settings, application_url: str
) -> AsyncIterator[tuple[_Server, tuple[str, int]]]:
    """A server as `gorod serve` runs it, behind a real socket, and where it listens."""
    from gql.app import create_app

    async for server in serve(create_app(settings, application_url), settings):
        yield server


@pytest.fixture
def address(running: tuple[_Server, tuple[str, int]]) -> tuple[str, int]:
    return running[1]


@pytest.fixture(scope="session")
def shared_engine() -> "Engine":
    """One engine for many tests: plans are alike in all clones, and making them takes longer than
    a test."""
    from gql.engine.run import Engine
    from gql.schema import schema

    return Engine(schema, None)  # type: ignore[arg-type]  # each test brings its own services
