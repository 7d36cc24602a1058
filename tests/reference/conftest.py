"""A server as strangers meet it, and one that shows everybody its schema."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from httpx2 import AsyncClient

from gql.settings import Settings
from tests.postgres import Server
from tests.serving import client_of, settings_in


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_in(tmp_path, most_depth=11)


@pytest.fixture
async def demo(settings: Settings, postgres: Server, database: str) -> AsyncIterator[AsyncClient]:
    """A server where made-up accounts may sign in, and strangers are not shown the schema."""
    url = postgres.url("gorod_app", database)
    async for client in client_of(settings, url, made_up=True):
        yield client
