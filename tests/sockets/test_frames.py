"""Frames that a socket accepts, and frames that close it."""

import pytest
import uvicorn
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Subprotocol

from gql.transport.websocket.endpoint import WebSocketEndpoint
from tests.conftest import SignIn
from tests.events.listening import NOTICES
from tests.sockets.client import Client, Connect


@pytest.mark.parametrize(
    "frame",
    [
        "", "nonsense", "null", "[]", "1", "{}", '{"type": 1}', '{"type": ["ping"]}',
        '{"type": "start"}', '{"type": "connection_init", "payload": []}',
        '{"type": "subscribe"}', '{"type": "subscribe", "id": 1, "payload": {"query": "{a}"}}',
        '{"type": "subscribe", "id": "", "payload": {"query": "{a}"}}',
        '{"type": "subscribe", "id": "1", "payload": {}}',
        '{"type": "subscribe", "id": "1", "payload": {"query": 1}}',
        '{"type": "subscribe", "id": "1", "payload": {"query": "{a}", "variables": []}}',
        '{"type": "subscribe", "id": "1", "payload": {"query": "{a}", "operationName": {}}}',
        '{"type": "complete"}', '{"type": "complete", "id": ["1"]}',
        "[" * 100_000, b"\x00\xff",
    ],
    ids=lambda frame: repr(frame)[:40],
)  # fmt: skip
async def test_a_malformed_frame_closes_the_socket(
    connect_client: Connect, frame: str | bytes, caplog: pytest.LogCaptureFixture
) -> None:
    async with connect_client() as client:
        await client.connection.send(frame)
        assert (await client.receive_close())[0] == 4400
    assert not caplog.records


async def test_odd_text_is_an_operations_own_fault(api: SignIn, connect_client: Connect) -> None:
    async with connect_client() as client:
        await client.sign_in(api("parent.ivanova").caller.token)
        for odd in ("\0", "\ud800"):
            await client.ask(NOTICES, id=odd + "id", after=odd)
            assert await client.receive_error(odd + "id") == "BAD_USER_INPUT"
        await client.ask("{" * 1000)
        assert await client.receive_error() == "GRAPHQL_PARSE_FAILED"


async def test_nobody_subscribes_before_connection_init(connect_client: Connect) -> None:
    async with connect_client() as client:
        await client.ask(NOTICES)
        assert (await client.receive_close())[0] == 4401


async def test_nobody_sends_connection_init_twice(connect_client: Connect) -> None:
    async with connect_client() as client:
        await client.sign_in(None)
        await client.send("connection_init")
        assert (await client.receive_close())[0] == 4429


async def test_an_id_belongs_to_one_operation(api: SignIn, connect_client: Connect) -> None:
    async with connect_client() as client:
        await client.sign_in(api("parent.ivanova").caller.token)
        await client.ask(NOTICES)
        await client.ask(NOTICES)
        assert (await client.receive_close())[0] == 4409


async def test_a_client_that_sends_nothing_is_not_waited_for(
    connect_client: Connect, endpoint: WebSocketEndpoint
) -> None:
    assert endpoint.init_timeout == 5
    endpoint.init_timeout = 0.05
    async with connect_client() as client:
        assert (await client.receive_close())[0] == 4408


async def test_other_protocols_and_other_pages_are_turned_away(
    server: tuple[uvicorn.Server, str], connect_client: Connect
) -> None:
    async with connect(server[1], subprotocols=[Subprotocol("graphql-ws")]) as wire:
        assert (await Client(wire).receive_close())[0] == 4406
    with pytest.raises(InvalidStatus):
        async with connect_client(origin="https://evil.example"):
            pytest.fail("let in")
    async with connect_client(origin="https://school.example") as client:
        await client.sign_in(None)
