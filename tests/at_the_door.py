"""People who ask at the door, where a command that is declared as a change is one statement."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from gql.engine.run import Engine
from models.database.readers import Readers
from models.database.writers import Writers
from resolvers.core.context import Services
from tests.clones import Clones
from tests.conftest import SignIn
from tests.door import AtDoor


@pytest.fixture
def services(services: Services, clones: Clones) -> Iterator[Services]:
    """Use the pools of the clones, which do not notice what these write, so they are told."""
    yield replace(services, readers=clones.pools[Readers], writers=clones.pools[Writers])  # type: ignore[arg-type]
    clones.written = True


@pytest.fixture
def api(api: SignIn, services: Services, shared_engine: Engine) -> SignIn:
    shared_engine.services = services

    def sign_in(*who: Any, **where: Any) -> AtDoor:
        return AtDoor(api(*who, **where).caller, shared_engine)

    return sign_in
