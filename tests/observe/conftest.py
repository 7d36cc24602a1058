"""A whole server in this process, asked as operators and clients ask it."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from httpx2 import ASGITransport, AsyncClient
from starlette.applications import Starlette

from gql.app import create_app
from gql.transport.http import GraphQLOverHTTP
from gql.transport.observability import Observability
from models.database.availability import Availability
from tests.conftest import Template
from tests.postgres import Server
from tests.serving import settings_in
from tests.signed_in import token_of


@dataclass
class Served:
    """A server. `asks()` makes a client of it, at an address."""

    app: Any
    template: Template
    door: Any = None

    def flush(self) -> None:
        """Write the lines of the access log that wait for others."""
        self.watching.tell()
        if self.watching.log:
            self.watching.log.flush()

    @property
    def watching(self) -> Observability:
        """Return its observability."""
        watching: Observability = self.door.observe.__self__
        return watching

    def asks(self, login: str | None = None, peer: str = "127.0.0.1") -> AsyncClient:
        headers = {"Accept-Language": "en"}
        if login:
            role, school = self.template.roles[login][0]
            headers["Authorization"] = f"Bearer {token_of(login, role, school)}"
        transport = ASGITransport(self.app, client=(peer, 1))
        return AsyncClient(transport=transport, base_url="http://gorod.test", headers=headers)


Serve = Callable[..., AbstractAsyncContextManager[Served]]


@pytest.fixture
def serve(postgres: Server, database: str, template: Template, tmp_path: Path) -> Serve:
    """`async with serve(metrics_token="…") as server:`; `url` for another database."""

    @asynccontextmanager
    async def open_server(url: str | None = None, **given: Any) -> AsyncIterator[Served]:
        settings = settings_in(tmp_path, **given)
        address = url or postgres.url("gorod_app", database)
        app: Any = create_app(settings, address, availability=Availability(address))
        inner, door = app, None
        while not isinstance(inner, Starlette):
            door = inner if isinstance(inner, GraphQLOverHTTP) else door
            inner = inner.app
        async with inner.router.lifespan_context(inner):  # which closes its connections
            yield Served(app, template, door)

    return open_server


@pytest.fixture
async def server(serve: Serve) -> AsyncIterator[Served]:
    async with serve() as served:
        yield served
