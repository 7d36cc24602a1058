"""The messages of operations on a socket, and the ends of operations and of the socket."""

from dataclasses import replace
from typing import Any

import pytest
import uvicorn
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from websockets.exceptions import ConnectionClosed

from resolvers.core.context import Services
from tests.conftest import SignIn
from tests.events.listening import JOURNAL, MASHA, NOTICES, Desk, get_cursor, set_mark
from tests.sockets.client import Client, Connect, limit_sockets, wait_for_streams

SIGN_OUT = "mutation { signOut { signedOut } }"


async def test_a_mother_hears_of_marks_until_she_unsubscribes(
    api: SignIn, connect_client: Connect, desk: Desk
) -> None:
    mother = api("parent.ivanova")
    async with connect_client() as client:
        await client.sign_in(mother.caller.token)
        await client.ask(JOURNAL, id="marks", after=await get_cursor(mother))
        assert await client.receive_error("marks") == "BAD_USER_INPUT"  # no student
        payload = {"query": JOURNAL, "variables": {"id": MASHA, "after": await get_cursor(mother)}}
        await client.send("subscribe", id="marks", payload=payload)
        made = await set_mark(api, desk)
        message = await client.receive()
        assert (message["type"], message["id"]) == ("next", "marks")
        assert message["payload"]["data"]["journalEvents"]["entityId"] == made["id"]
        await client.send("complete", id="marks")
        await set_mark(api, desk, value=3, expectedVersion=made["version"])
        await client.ask("{ eventsCursor }", id="marks")
        assert "eventsCursor" in (await client.receive())["payload"]["data"]


async def test_queries_and_mutations_come_and_complete(
    api: SignIn, connect_client: Connect
) -> None:
    async with connect_client() as client:
        await client.sign_in(api("parent.ivanova").caller.token)
        await client.ask("{ eventsCursor }")
        answer = await client.receive()
        assert answer["type"] == "next"
        assert answer["payload"]["data"]["eventsCursor"]
        assert await client.receive() == {"type": "complete", "id": "1"}
        await client.send("ping")
        assert await client.receive() == {"type": "pong"}


async def test_a_stranger_may_connect_but_hears_nothing(connect_client: Connect) -> None:
    for token in (None, "1." + "x" * 43, "garbage"):
        async with connect_client() as client:
            await client.sign_in(token)
            await client.ask(NOTICES)
            assert await client.receive_error() == "UNAUTHENTICATED"
            await client.ask("{ __schema { queryType { name } } }")
            assert await client.receive_error() == "UNAUTHENTICATED"
            await client.ask("{ __typename }", id="2")
            assert (await client.receive())["payload"] == {"data": {"__typename": "Query"}}


async def test_a_socket_writes_names_in_their_own_letters(
    api: SignIn, connect_client: Connect
) -> None:
    async with connect_client() as client:
        await client.sign_in(api("parent.ivanova").caller.token)
        await client.ask("{ viewer { fullName } }")
        assert "Иванова Ольга Сергеевна" in await client.connection.recv()


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ("subscription {", "GRAPHQL_PARSE_FAILED"),
        ("subscription { nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription ($after: Int!) { noticeEvents(after: $after) { __typename } }",
         "GRAPHQL_VALIDATION_FAILED"),
        ("subscription ($after: String!) { noticeEvents(after: $after) { __typename } }",
         "BAD_USER_INPUT"),
        ("fragment F on Query { __typename }", "OPERATION_RESOLUTION_FAILURE"),
        ("", "OPERATION_RESOLUTION_FAILURE"),
        ("query A { __typename } query B { __typename }", "OPERATION_RESOLUTION_FAILURE"),
        ('subscription { noticeEvents(after: "x") { __typename } }', "BAD_USER_INPUT"),
    ],
)  # fmt: skip
async def test_an_operation_that_fails_ends_only_itself(
    api: SignIn, connect_client: Connect, document: str, code: str
) -> None:
    async with connect_client() as client:
        await client.sign_in(api("parent.ivanova").caller.token)
        await client.ask(document)
        assert await client.receive_error() == code
        await client.ask("{ __typename }")
        assert (await client.receive())["type"] == "next"


async def test_a_bug_ends_only_its_operation_and_tells_nothing(
    api: SignIn, connect_client: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> Any:
        raise RuntimeError("the password is 123")

    monkeypatch.setattr("resolvers.events.listening.EventLog", fail)
    async with connect_client() as client:
        await client.sign_in(api("parent.ivanova").caller.token)
        await client.ask(NOTICES)
        message = await client.receive()
        assert message["type"] == "error"
        assert message["payload"][0]["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
        assert "123" not in str(message)
        await client.ask("{ __typename }")
        assert (await client.receive())["type"] == "next"


async def test_an_invalid_token_is_acknowledged_and_opens_nothing(
    connect_client: Connect,
) -> None:
    async with connect_client() as client:
        await client.sign_in("1." + "a" * 43)
        await client.ask("{ students(first: 1) { totalCount } }")
        [error] = (await client.receive())["payload"]["errors"]
        assert error["extensions"]["code"] == "UNAUTHENTICATED"


DEEP = "{ viewer " + "{ children " * 20 + "{ id }" + " }" * 20 + " }"
WIDE = "{ " + " ".join(f"a{n}: __typename" for n in range(40)) + " }"
COSTLY = """{ classes(first: 100) { nodes { students { schoolClass { students { schoolClass {
    students { id } } } } } } } }"""


@pytest.mark.parametrize("document", [DEEP, WIDE, COSTLY])
async def test_an_operation_that_is_too_costly_is_refused_and_ends_no_other(
    api: SignIn, connect_client: Connect, desk: Desk, services: Services, document: str
) -> None:
    mother = api("parent.ivanova")
    async with connect_client() as client:
        await client.sign_in(mother.caller.token)
        payload = {"query": JOURNAL, "variables": {"id": MASHA, "after": await get_cursor(mother)}}
        await client.send("subscribe", id="marks", payload=payload)
        await wait_for_streams(services)
        await client.ask(document, id="costly")
        message = await client.receive()
        assert (message["type"], message["id"]) == ("error", "costly")
        [error] = message["payload"]
        assert error["extensions"]["code"] == "OPERATION_TOO_COMPLEX"
        assert error["extensions"]["asked"] > error["extensions"]["most"]
        made = await set_mark(api, desk)
        message = await client.receive()
        assert (message["type"], message["id"]) == ("next", "marks")
        assert message["payload"]["data"]["journalEvents"]["entityId"] == made["id"]
        await client.ask("{ eventsCursor }", id="costly")
        assert (await client.receive())["type"] == "next"


@limit_sockets(most_socket_operations=1)
async def test_there_are_only_so_many_operations_on_a_socket(
    api: SignIn, connect_client: Connect
) -> None:
    async with connect_client() as client:
        await client.sign_in(api("parent.ivanova").caller.token)
        await client.ask(NOTICES, id="1")
        await client.ask(NOTICES, id="2")
        assert await client.receive_error("2") == "SUBSCRIPTION_LIMIT"


# -- the end ----------------------------------------------------------------------


async def test_signing_out_closes_the_socket_before_anything_else_is_said(
    api: SignIn, connect_client: Connect, desk: Desk
) -> None:
    mother = api("parent.ivanova")
    async with connect_client() as client:
        await client.sign_in(mother.caller.token)
        after = await get_cursor(mother)
        for name in ("1", "2"):
            payload = {"query": JOURNAL, "variables": {"id": MASHA, "after": after}}
            await client.send("subscribe", id=name, payload=payload)
        made = await set_mark(api, desk)
        assert {(await client.receive())["type"] for _ in range(2)} == {"next"}
        await mother(SIGN_OUT)
        await set_mark(api, desk, value=3, expectedVersion=made["version"])
        ended = await client.receive()
        assert (ended["type"], ended["payload"][0]["extensions"]["code"]) == (
            "error",
            "UNAUTHENTICATED",
        )
        assert await receive_last_code(client) == 4401


async def receive_last_code(client: Client) -> int:
    """Return the code that closes the socket; both streams may have ended before, without an
    event."""
    while True:
        try:
            message = await client.receive()
        except ConnectionClosed:
            assert client.connection.close_code is not None
            return client.connection.close_code
        assert message["type"] == "error"


async def test_a_role_that_ended_closes_the_socket_of_a_silent_listener(
    api: SignIn, connect_client: Connect, desk: Desk, services: Services, sql: AsyncConnection
) -> None:
    services.tails.pace = replace(services.tails.pace, recheck=0.02)
    async with connect_client() as client:
        await client.sign_in(api(desk.login).caller.token)
        await client.ask(NOTICES)
        await wait_for_streams(services)
        await sql.execute(text("UPDATE staff SET dismissed_on = '2026-11-23'"))
        assert await client.receive_error() == "ACCESS_REVOKED"
        assert (await client.receive_close())[0] == 4403


async def test_a_server_that_stops_tells_everyone_to_connect_again(
    api: SignIn, connect_client: Connect, server: tuple[uvicorn.Server, str], services: Services
) -> None:
    async with connect_client() as client:
        await client.sign_in(api("parent.ivanova").caller.token)
        await client.ask(NOTICES)
        await wait_for_streams(services)
        server[0].should_exit = True
        assert (await client.receive_close())[0] == 1012
    await wait_for_streams(services, sure=False)


async def test_health_read_over_a_socket_names_the_student(
    api: SignIn, connect_client: Connect, desk: Desk, sql: AsyncConnection
) -> None:
    asked = '{ student(by: {id: "Student:1-1"}) { health { physicalEducation } } }'
    heard = """subscription ($id: ID!, $after: String) {
        journalEvents(studentId: $id, after: $after) { ... on JournalEvent {
            node { ... on Mark { student { health { id } } } } } } }"""
    count = text("SELECT count(*) FROM sensitive_reads WHERE student_id = 1")
    mother = api("parent.ivanova")
    async with connect_client() as client:
        await client.sign_in(mother.caller.token)
        await client.ask(asked)
        assert (await client.receive())["payload"]["data"]["student"]["health"]
        assert (await client.receive())["type"] == "complete"
        assert await sql.scalar(count) == 1
        given = {"id": MASHA, "after": await get_cursor(mother)}
        payload = {"query": heard, "variables": given}
        await client.send("subscribe", id="marks", payload=payload)
        await set_mark(api, desk)
        [event] = (await client.receive())["payload"]["data"].values()
        assert event["node"]["student"]["health"]
        assert await sql.scalar(count) == 2
