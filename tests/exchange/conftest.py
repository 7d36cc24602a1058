"""The import, ready to run on a fresh database."""

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from resolvers.core.context import Services
from tests.clones import Clones
from tests.conftest import Clock
from tests.exchange.imported import Import
from tests.postgres import Server


@pytest.fixture
def taking(
    postgres: Server,
    database: str,
    sql: AsyncConnection,
    services: Services,
    clock: Clock,
    kept: Clones,
) -> Import:
    """On a day in the year of our own sets."""
    kept.written = True  # the import comes by a connection of its own, which nobody watches
    made = Import(postgres.url("postgres", database), sql, services, clock)
    return made.on(made.today)
