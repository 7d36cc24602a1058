"""The whole API in this process, with settings as an installation has them."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from httpx2 import ASGITransport, AsyncClient
from starlette.applications import Starlette

from gql.app import create_app
from gql.settings import Settings
from tests.conftest import KEY


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
    app: Any = create_app(settings, url, made_up=made_up)
    inner = app
    while not isinstance(inner, Starlette):
        inner = inner.app
    client = AsyncClient(transport=ASGITransport(app), base_url="http://gorod.test")
    async with inner.router.lifespan_context(inner), client:  # which closes its connections
        yield client
