"""The school of the specimens, in which the tests of this folder work."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from models.database.address import open_session
from models.database.readers import Readers
from resolvers.core.context import Services
from tests.authz.everybody import Client
from tests.clones import Clones
from tests.conftest import KEY, NOON, TABLES, Template
from tests.postgres import Server
from tests.specimens.database import SPECIMENS, make_specimens


@pytest.fixture(scope="session")
def template(postgres: Server) -> Template:
    return Template(SPECIMENS, make_specimens(postgres, TABLES, KEY, NOON), [])


@pytest.fixture(scope="session")
async def clones(postgres: Server, template: Template, worker_id: str) -> AsyncIterator[Clones]:
    operator = await open_session(postgres.url("postgres", "postgres"))
    clones = Clones(postgres, template.name, f"specimens_{worker_id}", operator)
    yield clones
    await clones.close()
    await operator.close()


@pytest.fixture
def services(services: Services, readers: Readers) -> Services:
    return replace(services, readers=readers)


@pytest.fixture
def client(services: Services) -> Client:
    return Client(services)
