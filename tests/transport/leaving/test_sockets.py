"""Clients on sockets that leave before they are answered: their SQL ends within a second."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

import pytest
from websockets.asyncio.client import connect as open_socket

from gql.admission import admission, gate
from tests.events.listening import PUBLISH
from tests.sockets.client import PROTOCOL, Client
from tests.sockets.test_leaving import NOTICE
from tests.transport.leaving.asking import (
    BY_ID,
    ROOMS,
    Connect,
    Database,
    all_is_free,
    answer,
    limited,
    post,
    sql_ends,
    until,
)

# -- sockets ------------------------------------------------------------------------------


@asynccontextmanager
async def signed_in(address: tuple[str, int], token: str) -> AsyncIterator[Client]:
    host, port = address
    async with open_socket(f"ws://{host}:{port}/graphql", subprotocols=[PROTOCOL]) as wire:
        client = Client(wire)
        await client.sign_in(token)
        yield client


async def complete(client: Client) -> None:
    await client.say("complete", id="1")


async def close_socket(client: Client) -> None:
    await client.wire.close()


async def drop_socket(client: Client) -> None:
    client.wire.transport.abort()


@pytest.mark.parametrize("go", [complete, close_socket, drop_socket])
@pytest.mark.usefixtures("quiet")
async def test_the_sql_of_a_socket_ends_within_a_second(
    address: tuple[str, int],
    connect: Connect,
    watched: Database,
    token: str,
    go: Callable[[Client], Awaitable[None]],
) -> None:
    async with AsyncExitStack() as staying:

        async def left(query: str) -> None:
            client = await staying.enter_async_context(signed_in(address, token))
            await client.ask(query)
            await watched.running(1)
            await go(client)

        for query in (ROOMS, BY_ID):
            assert await sql_ends(watched, "rooms", partial(left, query))
    await all_is_free(connect, token)


@limited({"most_account_running": 1})
@pytest.mark.parametrize("go", [complete, close_socket, drop_socket])
@pytest.mark.usefixtures("quiet")
async def test_a_command_of_a_socket_that_waits_in_a_queue_is_not_begun(
    address: tuple[str, int],
    connect: Connect,
    watched: Database,
    token: str,
    monkeypatch: pytest.MonkeyPatch,
    go: Callable[[Client], Awaitable[None]],
) -> None:
    monkeypatch.setattr(admission, "LONGEST_WAIT", 30.0)
    monkeypatch.setattr(gate, "BRIEFLY", 30.0)
    async with watched.locked("rooms"):
        first = await connect()
        await first.send(post(token, query=ROOMS))
        await watched.running(1)
        async with signed_in(address, token) as client:
            await client.ask(PUBLISH, input=NOTICE)
            await client.say("ping")
            assert await client.hear() == {"type": "pong"}  # so the command was taken before
            await go(client)
            if go is complete:
                await client.say("ping")
                assert await client.hear() == {"type": "pong"}
        await until(connect, sockets=0)
    assert "errors" not in await answer(first)
    await all_is_free(connect, token)
    assert await watched.published() == 0
