"""The records that observers get of operations on sockets."""

import pytest

from gql.observe.record import OperationRecord
from gql.transport.exchange import Exchange
from gql.transport.observability import record_of
from gql.transport.websocket.endpoint import WebSocketEndpoint
from resolvers.core.context import Services
from tests.conftest import SignIn
from tests.events.listening import JOURNAL, MASHA, Desk, set_mark
from tests.sockets.client import Connect, wait_for_streams

SECRET = "hunter2"


@pytest.fixture
def records(endpoint: WebSocketEndpoint) -> list[OperationRecord]:
    """The records, in order."""
    told: list[OperationRecord] = []

    def observe(exchange: Exchange) -> None:
        told.append(record_of(exchange))

    endpoint.observe = observe
    return told


async def test_each_operation_is_recorded_once(
    records: list[OperationRecord], api: SignIn, connect_client: Connect
) -> None:
    async with connect_client() as client:
        await client.sign_in(api("parent.ivanova").caller.token)
        await client.ask("query Cursor { eventsCursor }", id="1")
        assert (await client.receive())["type"] == "next"
        assert (await client.receive())["type"] == "complete"
        await client.ask(f'{{ nothing(a: "{SECRET}") }}', id="2")
        assert await client.receive_error("2") == "GRAPHQL_VALIDATION_FAILED"
        await client.ask(f'{{ nothing(a: "{SECRET}', id="3")
        assert await client.receive_error("3") == "GRAPHQL_PARSE_FAILED"
        await client.ask('{ student(by: { id: "Student:1-1" }) { identity { snils } } }', id="4")
        assert (await client.receive())["type"] == "next"
        assert (await client.receive())["type"] == "complete"
    told = [record.outcome for record in records]
    assert [(one.event, one.transport, one.viewer, one.school) for one in told] == [
        ("operation", "websocket", "PARENT", 1)
    ] * 4
    assert [(one.operation, one.kind, one.code) for one in told] == [
        ("Cursor", "query", None),
        (None, "query", "GRAPHQL_VALIDATION_FAILED"),
        (None, None, "GRAPHQL_PARSE_FAILED"),
        (None, "query", "FORBIDDEN"),
    ]
    assert [record.events for record in records] == [1, 0, 0, 1]
    assert records[0].received > len("query Cursor { eventsCursor }")
    assert all(record.sent > 0 for record in records)
    assert len({record.request_id for record in records}) == 4
    assert SECRET not in str(records)


async def test_a_subscription_is_recorded_when_it_begins_and_when_it_ends(
    records: list[OperationRecord],
    api: SignIn,
    connect_client: Connect,
    desk: Desk,
    services: Services,
) -> None:
    mother = api("parent.ivanova")
    async with connect_client() as client:
        await client.sign_in(mother.caller.token)
        payload = {"query": JOURNAL, "variables": {"id": MASHA}}
        await client.send("subscribe", id="marks", payload=payload)
        await wait_for_streams(services)
        await set_mark(api, desk)
        assert (await client.receive())["type"] == "next"
        await client.send("complete", id="marks")
        await client.send("ping")
        assert await client.receive() == {"type": "pong"}
    began, ended = records
    assert (began.outcome.event, began.outcome.kind) == ("subscription started", "subscription")
    assert (began.outcome.status, began.events) == (None, 0)
    assert (ended.outcome.event, ended.outcome.kind) == ("operation", "subscription")
    assert (ended.events, ended.request_id) == (1, began.request_id)
    assert ended.ms > began.ms


async def test_a_stranger_is_recorded_as_one(
    records: list[OperationRecord], connect_client: Connect
) -> None:
    async with connect_client() as client:
        await client.sign_in(None)
        await client.ask("subscription Mail { mailEvents { __typename } }")
        assert await client.receive_error() == "UNAUTHENTICATED"
    assert {record.outcome.viewer for record in records} == {"stranger"}
    assert records[-1].outcome.code == "UNAUTHENTICATED"
    assert records[-1].outcome.operation == "Mail"
