"""Limits of sockets: on their number, and on the data that a client may send and leave unread."""

import asyncio
import json
from contextlib import AsyncExitStack

import pytest
import uvicorn
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.exceptions import ConnectionClosed

from gql.transport.websocket.endpoint import WebSocketEndpoint
from gql.transport.websocket.server import PART
from tests.conftest import SignIn
from tests.sockets.client import Client, Connect, limit_sockets, wait_until
from tests.sockets.raw import CONT, PING, PONG, TEXT, make_frame, make_message, open_raw

# -- sockets ---------------------------------------------------------------------------


@limit_sockets(most_account_sockets=2)
async def test_one_person_has_only_so_many_sockets(
    api: SignIn, connect_client: Connect, endpoint: WebSocketEndpoint
) -> None:
    mother, teacher = (api(login).caller.token for login in ("parent.ivanova", "teacher.belova"))
    async with AsyncExitStack() as open_, connect_client() as other:
        first, _ = [await open_.enter_async_context(connect_client()) for _ in range(2)]
        for client in (first, _):
            await client.sign_in(mother)
        async with connect_client() as third:
            await third.send("connection_init", payload={"authorization": f"Bearer {mother}"})
            code, reason = await third.receive_close()
            assert (code, "account" in reason) == (4429, True)
        await other.sign_in(teacher)
        await first.connection.close()
        await wait_until(lambda: len(endpoint.registry.connections) == 2)
        async with connect_client() as next_:
            await next_.sign_in(mother)


@limit_sockets(most_stranger_sockets=2)
async def test_strangers_of_one_address_have_only_so_many_sockets_together(
    api: SignIn, connect_client: Connect
) -> None:
    async with AsyncExitStack() as open_:
        for login in ("parent.ivanova", "teacher.belova", "director"):  # they are no strangers
            client = await open_.enter_async_context(connect_client())
            await client.sign_in(api(login).caller.token)
        for token in (None, "1.wrong"):
            await (await open_.enter_async_context(connect_client())).sign_in(token)
        async with connect_client() as third:
            code, reason = await third.receive_close()
            assert (code, "address" in reason) == (1013, True)


@limit_sockets(most_sockets=1)
async def test_a_process_has_only_so_many_sockets(connect_client: Connect) -> None:
    async with connect_client() as first:
        async with connect_client() as second:
            assert (await second.receive_close())[0] == 1013
        await first.sign_in(None)


async def test_sockets_that_are_gone_are_not_counted(
    api: SignIn, connect_client: Connect, endpoint: WebSocketEndpoint
) -> None:
    for token in (None, api("parent.ivanova").caller.token):
        async with connect_client() as client:
            await client.sign_in(token)
            client.connection.transport.abort()
        await wait_until(lambda: not endpoint.registry.connections)
    assert not endpoint.registry.counts
    assert endpoint.registry.watching is None


# -- data that a client sends ----------------------------------------------------------

FLOODS = {
    "pings": [make_message("ping")] * 20_000,
    "pongs": [make_message("pong")] * 20_000,
    "ends of nothing": [make_message("complete", id="1")] * 20_000,
    "queries": [make_message("subscribe", id=str(n), payload={"query": "{"}) for n in range(5_000)],
    "long messages": [make_message("pong", payload={"a": "x" * 200_000})] * 20,
    "ping frames": [make_frame(PING)] * 50_000,
    "long ping frames": [make_frame(PING, b"x" * 125)] * 20_000,
    "pong frames": [make_frame(PONG)] * 50_000,
    "empty parts": [make_frame(TEXT, fin=False), *[make_frame(CONT, fin=False)] * 50_000],
}


@pytest.mark.parametrize("flood", FLOODS)
async def test_a_flood_ends_its_own_socket_alone(
    server: tuple[uvicorn.Server, str], connect_client: Connect, flood: str
) -> None:
    async with connect_client() as other, open_raw(server[1]) as client:
        await other.sign_in(None)
        await client.send(make_message("connection_init"))
        assert (await client.receive_message())["type"] == "connection_ack"
        client.writer.write(b"".join(FLOODS[flood]))  # a flooding client does not wait
        assert await client.receive_close() == 4429
        await other.ask("{ __typename }")
        assert (await other.receive())["type"] == "next"


@limit_sockets(most_messages=10)
async def test_only_so_many_messages_are_answered(server: tuple[uvicorn.Server, str]) -> None:
    async with open_raw(server[1]) as client:
        client.writer.write(make_message("ping") * 1_000)
        for _ in range(10):
            assert await client.receive_message() == {"type": "pong"}
        assert await client.receive_close() == 4429


async def test_in_one_turn_few_frames_are_taken(
    server: tuple[uvicorn.Server, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise a client that sends many frames at once would keep all others waiting."""
    taken: list[int] = []
    base = WebSocketsSansIOProtocol
    usual = base.data_received

    def data_received(self: object, data: bytes) -> None:
        taken.append(len(data))
        usual(self, data)  # type: ignore[arg-type]

    monkeypatch.setattr(base, "data_received", data_received)
    async with open_raw(server[1]) as client:
        client.writer.write(make_frame(PING) * 50_000)
        assert await client.receive_close() == 4429
    assert max(taken) <= PART


# -- data that a client leaves unread ------------------------------------------------

SCHEMA = "{ __schema { types { name fields { name description } } } }"


@limit_sockets(most_unsent_bytes=65_536)
async def test_a_client_that_does_not_read_is_disconnected(
    api: SignIn, connect_client: Connect, endpoint: WebSocketEndpoint
) -> None:
    async with connect_client(close_timeout=0) as client:
        await client.sign_in(api("parent.ivanova").caller.token)
        client.connection.transport.pause_reading()
        [connection] = endpoint.registry.connections
        for number in range(20):
            await client.ask(SCHEMA, id=str(number))
        await wait_until(lambda: not endpoint.registry.connections)
        assert connection.outbox.is_lost
        assert not connection.operations


@limit_sockets(most_unsent_bytes=65_536)
async def test_a_long_answer_is_sent_to_a_client_that_reads(
    api: SignIn, connect_client: Connect
) -> None:
    async with connect_client() as client:
        await client.sign_in(api("parent.ivanova").caller.token)
        for number in range(2):
            await client.ask(SCHEMA, id=str(number))
            assert len(json.dumps(await client.receive())) > 65_536
            assert (await client.receive())["type"] == "complete"


async def test_a_message_that_cannot_be_written_for_long_closes_the_socket(
    api: SignIn,
    connect_client: Connect,
    endpoint: WebSocketEndpoint,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("gql.transport.websocket.outbox.LONGEST_WAIT", 0.2)
    async with connect_client(close_timeout=0) as client:
        await client.sign_in(api("parent.ivanova").caller.token)
        client.connection.transport.pause_reading()
        for number in range(3):
            await client.ask(SCHEMA, id=str(number))
        await wait_until(lambda: not endpoint.registry.connections)


async def receive_last_code(client: Client) -> int:
    """Wait for the close frame, whatever comes before it; return its code."""
    while True:
        try:
            await client.receive()
        except ConnectionClosed:
            assert client.connection.close_code is not None
            return client.connection.close_code


async def test_operations_beyond_the_budget_end_the_socket(
    api: SignIn, connect_client: Connect
) -> None:
    async with connect_client() as client:
        await client.sign_in(api("parent.ivanova").caller.token)
        sending = [client.ask("{ __typename }", id=str(number)) for number in range(300)]
        await asyncio.gather(*sending, return_exceptions=True)
        assert await receive_last_code(client) == 4429
