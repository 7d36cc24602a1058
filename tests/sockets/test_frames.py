"""Frames: what a socket takes, and what closes it."""

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
    connected: Connect, frame: str | bytes, caplog: pytest.LogCaptureFixture
) -> None:
    async with connected() as client:
        await client.wire.send(frame)
        assert (await client.closed())[0] == 4400
    assert not caplog.records


async def test_odd_text_is_an_operations_own_fault(api: SignIn, connected: Connect) -> None:
    async with connected() as client:
        await client.sign_in(api("parent.ivanova").caller.token)
        for odd in ("\0", "\ud800"):
            await client.ask(NOTICES, id=odd + "id", after=odd)
            assert await client.error(odd + "id") == "BAD_USER_INPUT"
        await client.ask("{" * 1000)
        assert await client.error() == "GRAPHQL_PARSE_FAILED"


async def test_nobody_subscribes_before_saying_who_they_are(connected: Connect) -> None:
    async with connected() as client:
        await client.ask(NOTICES)
        assert (await client.closed())[0] == 4401


async def test_nobody_introduces_themselves_twice(connected: Connect) -> None:
    async with connected() as client:
        await client.sign_in(None)
        await client.say("connection_init")
        assert (await client.closed())[0] == 4429


async def test_an_id_belongs_to_one_operation(api: SignIn, connected: Connect) -> None:
    async with connected() as client:
        await client.sign_in(api("parent.ivanova").caller.token)
        await client.ask(NOTICES)
        await client.ask(NOTICES)
        assert (await client.closed())[0] == 4409


async def test_who_says_nothing_is_not_waited_for(
    connected: Connect, endpoint: WebSocketEndpoint
) -> None:
    assert endpoint.init_timeout == 5
    endpoint.init_timeout = 0.05
    async with connected() as client:
        assert (await client.closed())[0] == 4408


async def test_other_protocols_and_other_pages_are_turned_away(
    server: tuple[uvicorn.Server, str], connected: Connect
) -> None:
    async with connect(server[1], subprotocols=[Subprotocol("graphql-ws")]) as wire:
        assert (await Client(wire).closed())[0] == 4406
    with pytest.raises(InvalidStatus):
        async with connected(origin="https://evil.example"):
            pytest.fail("let in")
    async with connected(origin="https://school.example") as client:
        await client.sign_in(None)
