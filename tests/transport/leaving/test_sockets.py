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
    assert_all_is_free,
    check_sql_ends,
    make_post,
    read_answer,
    wait_for_metrics,
    with_settings,
)

# -- sockets ------------------------------------------------------------------------------


@asynccontextmanager
async def open_client(address: tuple[str, int], token: str) -> AsyncIterator[Client]:
    host, port = address
    async with open_socket(f"ws://{host}:{port}/graphql", subprotocols=[PROTOCOL]) as wire:
        client = Client(wire)
        await client.sign_in(token)
        yield client


async def complete(client: Client) -> None:
    await client.send("complete", id="1")


async def close_socket(client: Client) -> None:
    await client.connection.close()


async def drop_socket(client: Client) -> None:
    client.connection.transport.abort()


@pytest.mark.parametrize("go", [complete, close_socket, drop_socket])
@pytest.mark.usefixtures("no_faults")
async def test_the_sql_of_a_socket_ends_within_a_second(
    address: tuple[str, int],
    connect: Connect,
    watched: Database,
    token: str,
    go: Callable[[Client], Awaitable[None]],
) -> None:
    async with AsyncExitStack() as staying:

        async def ask_and_leave(query: str) -> None:
            client = await staying.enter_async_context(open_client(address, token))
            await client.ask(query)
            await watched.wait_for_statements(1)
            await go(client)

        for query in (ROOMS, BY_ID):
            assert await check_sql_ends(watched, "rooms", partial(ask_and_leave, query))
    await assert_all_is_free(connect, token)


@with_settings({"most_account_running": 1})
@pytest.mark.parametrize("go", [complete, close_socket, drop_socket])
@pytest.mark.usefixtures("no_faults")
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
    async with watched.lock_table("rooms"):
        first = await connect()
        await first.send(make_post(token, query=ROOMS))
        await watched.wait_for_statements(1)
        async with open_client(address, token) as client:
            await client.ask(PUBLISH, input=NOTICE)
            await client.send("ping")
            assert await client.receive() == {"type": "pong"}  # so the command was taken before
            await go(client)
            if go is complete:
                await client.send("ping")
                assert await client.receive() == {"type": "pong"}
        await wait_for_metrics(connect, sockets=0)
    assert "errors" not in await read_answer(first)
    await assert_all_is_free(connect, token)
    assert await watched.count_published() == 0
