"""Guessing on a socket reveals as little as over HTTP."""

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any

import pytest

from gql.engine.run import Engine
from gql.guard.documents import Documents
from gql.guard.limits import Limits
from gql.guard.limits_of_use import LimitsOfSockets
from gql.schema import schema
from gql.transport.websocket.endpoint import WebSocketEndpoint
from resolvers.core.context import Services
from resolvers.services.tries import Tries, TryLimits
from tests.probes.guessing import Ask, Guesser
from tests.probes.names import CORE, PLACES
from tests.sockets.client import Client, Connect
from tests.sockets.conftest import connect_client, server

__all__ = ["connect_client", "server"]

FREE = TryLimits(10**9, 10**9, 10**9, 10**9)


@pytest.fixture
def limits() -> LimitsOfSockets:
    return LimitsOfSockets(most_messages=100_000)


@pytest.fixture(params=[False, True], ids=["serve", "dev"])
def shows_schema(request: pytest.FixtureRequest) -> bool:
    """Whether strangers may read the schema."""
    return bool(request.param)


@pytest.fixture
def endpoint(services: Services, limits: LimitsOfSockets, shows_schema: bool) -> WebSocketEndpoint:
    services = replace(services, open_introspection=shows_schema, tries=Tries(FREE))
    engine = Engine(schema, services, documents=Documents(CORE, Limits(), suggests=shows_schema))
    return WebSocketEndpoint(engine, (), limits)


@pytest.fixture
async def ask(connect_client: Connect) -> AsyncIterator[Ask]:
    async with AsyncExitStack() as stack:
        stranger: Client = await stack.enter_async_context(connect_client())
        await stranger.sign_in(None)

        async def send(request: dict[str, Any]) -> str:
            await stranger.send("subscribe", id="1", payload=request)
            told = [await stranger.receive()]
            while told[-1]["type"] not in ("error", "complete"):
                told.append(await stranger.receive())
            return json.dumps(told)

        yield send


async def test_a_stranger_learns_on_a_socket_only_where_everybody_may(
    ask: Ask, shows_schema: bool
) -> None:
    found = await Guesser(ask, most=1).find_hidden_names(PLACES)
    subscriptions = [document for document in found if document.startswith("subscription")]
    assert bool(subscriptions) is shows_schema
    assert bool(found) is shows_schema
    assert not shows_schema or len(found) > len(PLACES) / 2
