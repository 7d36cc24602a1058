"""A browser that knows nothing but links, and files on their way."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from httpx2 import ASGITransport, AsyncClient
from starlette.applications import Starlette

from gql.app import language_of
from gql.transport import file_transfer
from resolvers.core.context import Services


@pytest.fixture
async def http(services: Services) -> AsyncIterator[AsyncClient]:
    """A browser that knows nothing but links."""
    app = Starlette(routes=file_transfer.routes(services, language_of))
    transport = ASGITransport(app)
    async with AsyncClient(transport=transport, base_url="http://gorod.test") as client:
        yield client


@pytest.fixture
def stored(tmp_path: Path) -> Any:
    """Return a function that lists the files in the storage."""
    return lambda: [file for file in (tmp_path / "files").rglob("*") if file.is_file()]
