"""Operations on a socket: what they say, and how they and the socket end."""

from dataclasses import replace
from typing import Any

import pytest
import uvicorn
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from websockets.exceptions import ConnectionClosed

from resolvers.core.context import Services
from tests.conftest import SignIn
from tests.events.listening import JOURNAL, MASHA, NOTICES, Desk, here, mark
from tests.sockets.client import Client, Connect, limited, listening

SIGN_OUT = "mutation { signOut { signedOut } }"


async def test_a_mother_hears_of_a_mark_until_she_has_heard_enough(
    api: SignIn, connected: Connect, desk: Desk
) -> None:
    mother = api("parent.ivanova")
    async with connected() as client:
        await client.sign_in(mother.caller.token)
        await client.ask(JOURNAL, id="marks", after=await here(mother))
        assert await client.error("marks") == "BAD_USER_INPUT"  # no student
        payload = {"query": JOURNAL, "variables": {"id": MASHA, "after": await here(mother)}}
        await client.say("subscribe", id="marks", payload=payload)
        made = await mark(api, desk)
        message = await client.hear()
        assert (message["type"], message["id"]) == ("next", "marks")
        assert message["payload"]["data"]["journalEvents"]["entityId"] == made["id"]
        await client.say("complete", id="marks")
        await mark(api, desk, value=3, expectedVersion=made["version"])
        await client.ask("{ eventsCursor }", id="marks")
        assert "eventsCursor" in (await client.hear())["payload"]["data"]


async def test_queries_and_mutations_come_and_complete(api: SignIn, connected: Connect) -> None:
    async with connected() as client:
        await client.sign_in(api("parent.ivanova").caller.token)
        await client.ask("{ eventsCursor }")
        answer = await client.hear()
        assert answer["type"] == "next"
        assert answer["payload"]["data"]["eventsCursor"]
        assert await client.hear() == {"type": "complete", "id": "1"}
        await client.say("ping")
        assert await client.hear() == {"type": "pong"}


async def test_a_stranger_may_connect_but_hears_nothing(connected: Connect) -> None:
    for token in (None, "1." + "x" * 43, "garbage"):
        async with connected() as client:
            await client.sign_in(token)
            await client.ask(NOTICES)
            assert await client.error() == "UNAUTHENTICATED"
            await client.ask("{ __schema { queryType { name } } }")
            assert await client.error() == "UNAUTHENTICATED"
            await client.ask("{ __typename }", id="2")
            assert (await client.hear())["payload"] == {"data": {"__typename": "Query"}}


async def test_a_socket_writes_names_in_their_own_letters(api: SignIn, connected: Connect) -> None:
    async with connected() as client:
        await client.sign_in(api("parent.ivanova").caller.token)
        await client.ask("{ viewer { fullName } }")
        assert "Иванова Ольга Сергеевна" in await client.wire.recv()


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
    api: SignIn, connected: Connect, document: str, code: str
) -> None:
    async with connected() as client:
        await client.sign_in(api("parent.ivanova").caller.token)
        await client.ask(document)
        assert await client.error() == code
        await client.ask("{ __typename }")
        assert (await client.hear())["type"] == "next"


async def test_a_bug_ends_only_its_operation_and_tells_nothing(
    api: SignIn, connected: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> Any:
        raise RuntimeError("the password is 123")

    monkeypatch.setattr("resolvers.events.listening.EventLog", broken)
    async with connected() as client:
        await client.sign_in(api("parent.ivanova").caller.token)
        await client.ask(NOTICES)
        message = await client.hear()
        assert message["type"] == "error"
        assert message["payload"][0]["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
        assert "123" not in str(message)
        await client.ask("{ __typename }")
        assert (await client.hear())["type"] == "next"


async def test_a_token_that_is_not_good_is_acknowledged_and_opens_nothing(
    connected: Connect,
) -> None:
    async with connected() as client:
        await client.sign_in("1." + "a" * 43)
        await client.ask("{ students(first: 1) { totalCount } }")
        [error] = (await client.hear())["payload"]["errors"]
        assert error["extensions"]["code"] == "UNAUTHENTICATED"


DEEP = "{ viewer " + "{ children " * 20 + "{ id }" + " }" * 20 + " }"
WIDE = "{ " + " ".join(f"a{n}: __typename" for n in range(40)) + " }"
COSTLY = """{ classes(first: 100) { nodes { students { schoolClass { students { schoolClass {
    students { id } } } } } } } }"""


@pytest.mark.parametrize("document", [DEEP, WIDE, COSTLY])
async def test_an_operation_that_is_too_costly_is_refused_and_ends_no_other(
    api: SignIn, connected: Connect, desk: Desk, services: Services, document: str
) -> None:
    mother = api("parent.ivanova")
    async with connected() as client:
        await client.sign_in(mother.caller.token)
        payload = {"query": JOURNAL, "variables": {"id": MASHA, "after": await here(mother)}}
        await client.say("subscribe", id="marks", payload=payload)
        await listening(services)
        await client.ask(document, id="costly")
        message = await client.hear()
        assert (message["type"], message["id"]) == ("error", "costly")
        [error] = message["payload"]
        assert error["extensions"]["code"] == "OPERATION_TOO_COMPLEX"
        assert error["extensions"]["asked"] > error["extensions"]["most"]
        made = await mark(api, desk)
        message = await client.hear()
        assert (message["type"], message["id"]) == ("next", "marks")
        assert message["payload"]["data"]["journalEvents"]["entityId"] == made["id"]
        await client.ask("{ eventsCursor }", id="costly")
        assert (await client.hear())["type"] == "next"


@limited(most_socket_operations=1)
async def test_there_are_only_so_many_operations_on_a_socket(
    api: SignIn, connected: Connect
) -> None:
    async with connected() as client:
        await client.sign_in(api("parent.ivanova").caller.token)
        await client.ask(NOTICES, id="1")
        await client.ask(NOTICES, id="2")
        assert await client.error("2") == "SUBSCRIPTION_LIMIT"


# -- the end ----------------------------------------------------------------------


async def test_signing_out_closes_the_socket_before_anything_else_is_said(
    api: SignIn, connected: Connect, desk: Desk
) -> None:
    mother = api("parent.ivanova")
    async with connected() as client:
        await client.sign_in(mother.caller.token)
        after = await here(mother)
        for name in ("1", "2"):
            payload = {"query": JOURNAL, "variables": {"id": MASHA, "after": after}}
            await client.say("subscribe", id=name, payload=payload)
        made = await mark(api, desk)
        assert {(await client.hear())["type"] for _ in range(2)} == {"next"}
        await mother(SIGN_OUT)
        await mark(api, desk, value=3, expectedVersion=made["version"])
        ended = await client.hear()
        assert (ended["type"], ended["payload"][0]["extensions"]["code"]) == (
            "error",
            "UNAUTHENTICATED",
        )
        assert await last_words(client) == 4401


async def last_words(client: Client) -> int:
    """The code it closes with; both streams may have said their end, but no event came."""
    while True:
        try:
            message = await client.hear()
        except ConnectionClosed:
            assert client.wire.close_code is not None
            return client.wire.close_code
        assert message["type"] == "error"


async def test_a_role_that_ended_closes_the_socket_of_a_silent_listener(
    api: SignIn, connected: Connect, desk: Desk, services: Services, sql: AsyncConnection
) -> None:
    services.tails.pace = replace(services.tails.pace, recheck=0.02)
    async with connected() as client:
        await client.sign_in(api(desk.login).caller.token)
        await client.ask(NOTICES)
        await listening(services)
        await sql.execute(text("UPDATE staff SET dismissed_on = '2026-11-23'"))
        assert await client.error() == "ACCESS_REVOKED"
        assert (await client.closed())[0] == 4403


async def test_a_server_that_stops_sends_everyone_to_come_again(
    api: SignIn, connected: Connect, server: tuple[uvicorn.Server, str], services: Services
) -> None:
    async with connected() as client:
        await client.sign_in(api("parent.ivanova").caller.token)
        await client.ask(NOTICES)
        await listening(services)
        server[0].should_exit = True
        assert (await client.closed())[0] == 1012
    await listening(services, sure=False)


async def test_health_read_over_a_socket_names_the_student(
    api: SignIn, connected: Connect, desk: Desk, sql: AsyncConnection
) -> None:
    asked = '{ student(by: {id: "Student:1-1"}) { health { physicalEducation } } }'
    heard = """subscription ($id: ID!, $after: String) {
        journalEvents(studentId: $id, after: $after) { ... on JournalEvent {
            node { ... on Mark { student { health { id } } } } } } }"""
    count = text("SELECT count(*) FROM sensitive_reads WHERE student_id = 1")
    mother = api("parent.ivanova")
    async with connected() as client:
        await client.sign_in(mother.caller.token)
        await client.ask(asked)
        assert (await client.hear())["payload"]["data"]["student"]["health"]
        assert (await client.hear())["type"] == "complete"
        assert await sql.scalar(count) == 1
        given = {"id": MASHA, "after": await here(mother)}
        payload = {"query": heard, "variables": given}
        await client.say("subscribe", id="marks", payload=payload)
        await mark(api, desk)
        [event] = (await client.hear())["payload"]["data"].values()
        assert event["node"]["student"]["health"]
        assert await sql.scalar(count) == 2
