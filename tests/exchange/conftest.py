"""The import, ready to run on a fresh database."""

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from resolvers.core.context import Services
from tests.clones import Clones
from tests.conftest import Clock
from tests.exchange.imported import Import
from tests.postgres import Server


@pytest.fixture
def importer(
    postgres: Server,
    database: str,
    sql: AsyncConnection,
    services: Services,
    clock: Clock,
    clones: Clones,
) -> Import:
    """The import, on a day in the year of our own sets."""
    clones.written = True  # the import opens a connection of its own, which nobody watches
    made = Import(postgres.url("postgres", database), sql, services, clock)
    return made.move_to(made.today)
