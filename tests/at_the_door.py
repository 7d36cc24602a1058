"""People who ask at the door, where a command that is declared as a change is one statement."""

from dataclasses import replace
from typing import Any

import pytest

from gql.engine.run import Engine
from gql.schema import schema
from models.database.readers import Readers
from models.database.writers import Writers
from resolvers.core.context import Services
from tests.clones import Clones
from tests.conftest import SignIn
from tests.door import AtDoor
from tests.postgres import Server


@pytest.fixture
async def writers(postgres: Server, database: str, kept: Clones) -> Any:
    """The connections of commands. The clones do not see what they write, so they are told."""
    writers = Writers(postgres.url("gorod_app", database), size=4)
    yield writers
    await writers.close()
    kept.written = True


@pytest.fixture
def services(services: Services, readers: Readers, writers: Writers) -> Services:
    return replace(services, readers=readers, writers=writers)


@pytest.fixture
def api(api: SignIn, services: Services) -> SignIn:
    engine = Engine(schema, services)

    def sign_in(*who: Any, **where: Any) -> AtDoor:
        return AtDoor(api(*who, **where).caller, engine)

    return sign_in
