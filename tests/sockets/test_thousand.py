"""A thousand real sockets: each is answered, the next one is closed, none is forgotten."""

import asyncio
import resource
from collections.abc import Iterator
from contextlib import AsyncExitStack

import pytest
import uvicorn

from gql.transport.websocket.endpoint import WebSocketEndpoint
from tests.needing import FILES
from tests.sockets.client import limit_sockets, wait_until
from tests.sockets.raw import Raw, make_message, open_raw

MANY = 1_000
TOGETHER = 50
"""The number of handshakes, and later of operations, at once. A listening socket has a short queue,
and a client waits ten seconds for a frame, also on a slow machine."""


@pytest.fixture(autouse=True)
def descriptors() -> Iterator[None]:
    """Raise the limit of file descriptors, so that both ends of each socket have one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < 4 * MANY:
        if resource.RLIM_INFINITY != hard < 4 * MANY:
            pytest.skip(FILES)
        resource.setrlimit(resource.RLIMIT_NOFILE, (4 * MANY, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@limit_sockets(most_sockets=MANY, most_stranger_sockets=MANY)
async def test_a_thousand_sockets_are_answered_and_the_next_is_closed(
    server: tuple[uvicorn.Server, str], endpoint: WebSocketEndpoint
) -> None:
    _, address = server
    census = endpoint.registry

    async def begin(open_: AsyncExitStack) -> Raw:
        client = await open_.enter_async_context(open_raw(address))
        await client.send(make_message("connection_init"))
        assert (await client.receive_message())["type"] == "connection_ack"
        return client

    async def ask(client: Raw) -> None:
        query = {"query": "{ __typename }"}
        await client.send(make_message("subscribe", id="1", payload=query))
        assert (await client.receive_message())["payload"] == {"data": {"__typename": "Query"}}
        assert (await client.receive_message())["type"] == "complete"

    async with AsyncExitStack() as open_:
        clients: list[Raw] = []
        while len(clients) < MANY:
            clients += await asyncio.gather(*(begin(open_) for _ in range(TOGETHER)))
        assert len(census.connections) == sum(census.counts.values()) == MANY
        async with open_raw(address) as one_more:
            assert await one_more.receive_close() == 1013
        for first in range(0, MANY, TOGETHER):
            await asyncio.gather(*map(ask, clients[first : first + TOGETHER]))
        clients.pop().writer.transport.abort()
        await wait_until(lambda: len(census.connections) == MANY - 1)
        await ask(await begin(open_))
    await wait_until(lambda: not census.connections)
    assert not census.counts
