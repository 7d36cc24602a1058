"""Limits of sockets: how many there may be of whom, how much one may send and leave unread."""

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
from tests.sockets.client import Client, Connect, limited, until
from tests.sockets.raw import CONT, PING, PONG, TEXT, frame, raw, said

# -- sockets ---------------------------------------------------------------------------


@limited(most_account_sockets=2)
async def test_one_person_has_only_so_many_sockets(
    api: SignIn, connected: Connect, endpoint: WebSocketEndpoint
) -> None:
    mother, teacher = (api(login).caller.token for login in ("parent.ivanova", "teacher.belova"))
    async with AsyncExitStack() as open_, connected() as other:
        first, _ = [await open_.enter_async_context(connected()) for _ in range(2)]
        for client in (first, _):
            await client.sign_in(mother)
        async with connected() as third:
            await third.say("connection_init", payload={"authorization": f"Bearer {mother}"})
            code, reason = await third.closed()
            assert (code, "account" in reason) == (4429, True)
        await other.sign_in(teacher)
        await first.wire.close()
        await until(lambda: len(endpoint.registry.connections) == 2)
        async with connected() as next_:
            await next_.sign_in(mother)


@limited(most_stranger_sockets=2)
async def test_strangers_of_one_address_have_only_so_many_sockets_together(
    api: SignIn, connected: Connect
) -> None:
    async with AsyncExitStack() as open_:
        for login in ("parent.ivanova", "teacher.belova", "director"):  # they are no strangers
            client = await open_.enter_async_context(connected())
            await client.sign_in(api(login).caller.token)
        for token in (None, "1.wrong"):
            await (await open_.enter_async_context(connected())).sign_in(token)
        async with connected() as third:
            code, reason = await third.closed()
            assert (code, "address" in reason) == (1013, True)


@limited(most_sockets=1)
async def test_a_process_has_only_so_many_sockets(connected: Connect) -> None:
    async with connected() as first:
        async with connected() as second:
            assert (await second.closed())[0] == 1013
        await first.sign_in(None)


async def test_sockets_that_are_gone_are_not_counted(
    api: SignIn, connected: Connect, endpoint: WebSocketEndpoint
) -> None:
    for token in (None, api("parent.ivanova").caller.token):
        async with connected() as client:
            await client.sign_in(token)
            client.wire.transport.abort()
        await until(lambda: not endpoint.registry.connections)
    assert not endpoint.registry.counts
    assert endpoint.registry.watching is None


# -- what one may send -----------------------------------------------------------------

FLOODS = {
    "pings": [said("ping")] * 20_000,
    "pongs": [said("pong")] * 20_000,
    "ends of nothing": [said("complete", id="1")] * 20_000,
    "queries": [said("subscribe", id=str(n), payload={"query": "{"}) for n in range(5_000)],
    "long messages": [said("pong", payload={"a": "x" * 200_000})] * 20,
    "ping frames": [frame(PING)] * 50_000,
    "long ping frames": [frame(PING, b"x" * 125)] * 20_000,
    "pong frames": [frame(PONG)] * 50_000,
    "empty parts": [frame(TEXT, fin=False), *[frame(CONT, fin=False)] * 50_000],
}


@pytest.mark.parametrize("flood", FLOODS)
async def test_a_flood_ends_its_own_socket_alone(
    server: tuple[uvicorn.Server, str], connected: Connect, flood: str
) -> None:
    async with connected() as other, raw(server[1]) as client:
        await other.sign_in(None)
        await client.send(said("connection_init"))
        assert (await client.message())["type"] == "connection_ack"
        client.writer.write(b"".join(FLOODS[flood]))  # whoever floods does not wait
        assert await client.closed() == 4429
        await other.ask("{ __typename }")
        assert (await other.hear())["type"] == "next"


@limited(most_messages=10)
async def test_only_so_many_messages_are_answered(server: tuple[uvicorn.Server, str]) -> None:
    async with raw(server[1]) as client:
        client.writer.write(said("ping") * 1_000)
        for _ in range(10):
            assert await client.message() == {"type": "pong"}
        assert await client.closed() == 4429


async def test_in_one_turn_few_frames_are_taken(
    server: tuple[uvicorn.Server, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or whoever sends many at once would keep all others waiting."""
    taken: list[int] = []
    base = WebSocketsSansIOProtocol
    usual = base.data_received

    def data_received(self: object, data: bytes) -> None:
        taken.append(len(data))
        usual(self, data)  # type: ignore[arg-type]

    monkeypatch.setattr(base, "data_received", data_received)
    async with raw(server[1]) as client:
        client.writer.write(frame(PING) * 50_000)
        assert await client.closed() == 4429
    assert max(taken) <= PART


# -- what one may leave unread ---------------------------------------------------------

SCHEMA = "{ __schema { types { name fields { name description } } } }"


@limited(most_unsent_bytes=65_536)
async def test_whoever_does_not_read_is_given_up(
    api: SignIn, connected: Connect, endpoint: WebSocketEndpoint
) -> None:
    async with connected(close_timeout=0) as client:
        await client.sign_in(api("parent.ivanova").caller.token)
        client.wire.transport.pause_reading()
        [connection] = endpoint.registry.connections
        for number in range(20):
            await client.ask(SCHEMA, id=str(number))
        await until(lambda: not endpoint.registry.connections)
        assert connection.outbox.is_lost
        assert not connection.operations


@limited(most_unsent_bytes=65_536)
async def test_a_long_answer_is_sent_to_whoever_reads(api: SignIn, connected: Connect) -> None:
    async with connected() as client:
        await client.sign_in(api("parent.ivanova").caller.token)
        for number in range(2):
            await client.ask(SCHEMA, id=str(number))
            assert len(json.dumps(await client.hear())) > 65_536
            assert (await client.hear())["type"] == "complete"


async def test_a_message_that_cannot_be_written_for_long_is_given_up(
    api: SignIn,
    connected: Connect,
    endpoint: WebSocketEndpoint,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("gql.transport.websocket.outbox.LONGEST_WAIT", 0.2)
    async with connected(close_timeout=0) as client:
        await client.sign_in(api("parent.ivanova").caller.token)
        client.wire.transport.pause_reading()
        for number in range(3):
            await client.ask(SCHEMA, id=str(number))
        await until(lambda: not endpoint.registry.connections)


async def last_code(client: Client) -> int:
    """The code a socket is closed with, whatever is said before."""
    while True:
        try:
            await client.hear()
        except ConnectionClosed:
            assert client.wire.close_code is not None
            return client.wire.close_code


async def test_operations_beyond_the_budget_end_the_socket(api: SignIn, connected: Connect) -> None:
    async with connected() as client:
        await client.sign_in(api("parent.ivanova").caller.token)
        sending = [client.ask("{ __typename }", id=str(number)) for number in range(300)]
        await asyncio.gather(*sending, return_exceptions=True)
        assert await last_code(client) == 4429
