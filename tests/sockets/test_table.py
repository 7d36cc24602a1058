"""Operations and messages, one by one, beside a subscription that none of them may end."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from tests.conftest import SignIn
from tests.events.listening import JOURNAL, MASHA, NOTICES, Desk, set_mark
from tests.sockets.client import Client, Connect

OK, PARTIAL = "data", "data with errors"
NAMED = "query A { __typename } query B { viewer { fullName } }"
MANY = "{" + " ".join(f"a{n}: __typename" for n in range(100)) + "}"
HASH = "a" * 64


def make_persisted(**more: Any) -> dict[str, Any]:
    return {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": HASH, **more}}}


def make_query(text: str, **variables: Any) -> dict[str, Any]:
    return {"query": text, **({"variables": variables} if variables else {})}


OPERATIONS: Mapping[str, tuple[Mapping[str, Any], str]] = {
    "a query": (make_query("{ viewer { fullName } }"), OK),
    "a trivial query": (make_query("{ __typename }"), OK),
    "a mutation": (make_query("mutation { __typename }"), OK),
    "a query by name": ({"query": NAMED, "operationName": "B"}, OK),
    "members that are null": (
        {"query": "{ __typename }", "variables": None, "operationName": None, "extensions": None},
        OK,
    ),
    "a name that is empty": ({"query": "{ __typename }", "operationName": ""}, OK),
    "extensions that nobody knows": ({"query": "{ __typename }", "extensions": {"a": [1]}}, OK),
    "members that nobody knows": ({"query": "{ __typename }", "context": 1}, OK),
    "a variable that nobody declared": (make_query("{ __typename }", a=1), OK),
    "introspection": (make_query("{ __schema { queryType { name } } }"), OK),
    "a byte order mark": (make_query("\ufeff{ __typename }"), OK),
    "no document": (make_query(""), "OPERATION_RESOLUTION_FAILURE"),
    "a document that is null": ({"query": None}, "OPERATION_RESOLUTION_FAILURE"),
    "a comment alone": (make_query("# nothing"), "GRAPHQL_PARSE_FAILED"),
    "space alone": (make_query(" \n\t"), "GRAPHQL_PARSE_FAILED"),
    "half a document": (make_query("{"), "GRAPHQL_PARSE_FAILED"),
    "a thousand brackets": (make_query("{" * 1000), "GRAPHQL_PARSE_FAILED"),
    "a document with NUL": (make_query("{ __typename \0 }"), "GRAPHQL_PARSE_FAILED"),
    "half a letter in a document": (make_query("{ __typename \ud800 }"), "GRAPHQL_PARSE_FAILED"),
    "a subscription cut short": (make_query("subscription {"), "GRAPHQL_PARSE_FAILED"),
    "an unknown field": (make_query("{ nothing }"), "GRAPHQL_VALIDATION_FAILED"),
    "an unknown event": (make_query("subscription { nothing }"), "GRAPHQL_VALIDATION_FAILED"),
    "an unknown mutation": (make_query("mutation { nothing }"), "GRAPHQL_VALIDATION_FAILED"),
    "an unknown type of variable": (
        make_query("query ($a: Nothing) { __typename }"),
        "GRAPHQL_VALIDATION_FAILED",
    ),
    "a variable of another type": (
        make_query("subscription ($a: Int!) { noticeEvents(after: $a) { __typename } }", a=1),
        "GRAPHQL_VALIDATION_FAILED",
    ),
    "a fragment in a circle": (
        make_query("{ ...A } fragment A on Query { ...A }"),
        "GRAPHQL_VALIDATION_FAILED",
    ),
    "two events at once": (
        make_query("subscription { noticeEvents { __typename } mailEvents { __typename } }"),
        "GRAPHQL_VALIDATION_FAILED",
    ),
    "a variable that is missing": (
        make_query("subscription ($a: String!) { noticeEvents(after: $a) { __typename } }"),
        "BAD_USER_INPUT",
    ),
    "a variable with a wrong value": (make_query(NOTICES, after=1), "BAD_USER_INPUT"),
    "a cursor that is none": (make_query(NOTICES, after="x"), "BAD_USER_INPUT"),
    "NUL in a variable": (make_query(NOTICES, after="\0"), "BAD_USER_INPUT"),
    "half a letter in a variable": (make_query(NOTICES, after="\ud800"), "BAD_USER_INPUT"),
    "no student": (make_query(JOURNAL, id="Student:1-999999"), "NOT_FOUND"),
    "a fragment alone": (
        make_query("fragment A on Query { __typename }"),
        "OPERATION_RESOLUTION_FAILURE",
    ),
    "two operations and no name": (make_query(NAMED), "OPERATION_RESOLUTION_FAILURE"),
    "a name that is not there": (
        {"query": NAMED, "operationName": "C"},
        "OPERATION_RESOLUTION_FAILURE",
    ),
    "an alias too many": (make_query(MANY), "OPERATION_TOO_COMPLEX"),
    "a token too many": (make_query("{" + "__typename " * 2001 + "}"), "OPERATION_TOO_COMPLEX"),
    "a value too many": (
        make_query("query ($a: [Int]) { __typename }", a=[0] * 5001),
        "OPERATION_TOO_COMPLEX",
    ),
    "five mutations": (
        make_query(
            "mutation {" + " ".join(f"a{n}: signOut {{ signedOut }}" for n in range(5)) + "}"
        ),
        "OPERATION_TOO_COMPLEX",
    ),
    "a stored document that is not there": (make_persisted(), "PERSISTED_QUERY_NOT_FOUND"),
    "a document id that is not there": (
        {"documentId": f"sha256:{HASH}"},
        "PERSISTED_QUERY_NOT_FOUND",
    ),
    "a document id of another kind": ({"documentId": "of-relay"}, "PERSISTED_QUERY_NOT_FOUND"),
    "a document that its hash was not made of": (
        {"query": "{ __typename }", **make_persisted()},
        "BAD_REQUEST",
    ),
    "a hash of another version": (make_persisted(version=2), "BAD_REQUEST"),
    "a hash that is none": (make_persisted(sha256Hash="a"), "PERSISTED_QUERY_NOT_FOUND"),
    "a hash that is a number": (make_persisted(sha256Hash=1), "BAD_REQUEST"),
    "a stored document that is a text": ({"extensions": {"persistedQuery": "a"}}, "BAD_REQUEST"),
    "a document id that is a number": ({"documentId": 1}, "BAD_REQUEST"),
    "a document id that is empty": ({"documentId": ""}, "BAD_REQUEST"),
}
IDS = {
    "a number in letters": "0",
    "a letter of the alphabet": "ж",
    "a smile": "🙂",
    "NUL": "\0",
    "half a letter": "\ud800",
    "quotes and brackets": '"}],\\',
    "a name of JavaScript's": "__proto__",
    "a long one": "x" * 100_000,
    "space": " ",
}


async def receive_outcome(client: Client, id: str) -> str:
    """Return the outcome of an operation: OK, PARTIAL, or the code of its error."""
    found = ""
    while True:
        message = await client.receive()
        assert message["id"] == id, message
        if message["type"] == "complete":
            return found
        if message["type"] == "error":
            assert not found
            assert all(error["message"] for error in message["payload"])
            [code] = {error["extensions"]["code"] for error in message["payload"]}
            return str(code)
        assert message["type"] == "next"
        assert message["payload"]["data"] is not None
        found = PARTIAL if message["payload"].get("errors") else OK


async def test_an_operation_ends_only_itself(
    api: SignIn, connect_client: Connect, desk: Desk
) -> None:
    mother = api("parent.ivanova")
    found = {}
    async with connect_client() as client:
        await client.sign_in(mother.caller.token)
        await client.send("subscribe", id="alive", payload=make_query(JOURNAL, id=MASHA))
        for name, (payload, _) in OPERATIONS.items():
            await client.send("subscribe", id=name, payload=payload)
            found[name] = await receive_outcome(client, name)
        assert found == {name: wanted for name, (_, wanted) in OPERATIONS.items()}
        made = await set_mark(api, desk)
        heard = await client.receive()
        assert heard["id"] == "alive"
        assert heard["payload"]["data"]["journalEvents"]["entityId"] == made["id"]


async def test_an_operation_may_have_any_id(api: SignIn, connect_client: Connect) -> None:
    async with connect_client() as client:
        await client.sign_in(api("parent.ivanova").caller.token)
        for name in IDS.values():
            for _ in range(2):  # an id may be used again
                await client.ask("{ __typename }", id=name)
                assert await receive_outcome(client, name) == OK


SILENT = {
    "complete of nothing": {"type": "complete", "id": "nothing"},
    "a pong": {"type": "pong"},
    "a pong with a payload": {"type": "pong", "payload": {"a": 1}},
    "members that nobody knows": {"type": "pong", "id": 1, "a": {}},
}
ANSWERED = {
    "a ping": {"type": "ping"},
    "a ping with a payload": {"type": "ping", "payload": {"a": [1, {"b": "ж"}]}},
    "a ping with an empty payload": {"type": "ping", "payload": {}},
    "a ping whose payload is null": {"type": "ping", "payload": None},
}


@pytest.mark.parametrize("is_early", [True, False], ids=["before", "after"])
async def test_pings_are_answered_and_pongs_are_not_before_and_after_the_beginning(
    connect_client: Connect, is_early: bool
) -> None:
    async with connect_client() as client:
        if not is_early:
            await client.sign_in(None)
        for message in SILENT.values():
            await client.connection.send(json.dumps(message))
        for message in ANSWERED.values():
            await client.connection.send(json.dumps(message))
            assert await client.receive() == {"type": "pong"}


BEGINNINGS: Mapping[str, Any] = {
    "nothing": {},
    "null": {"payload": None},
    "an empty payload": {"payload": {}},
    "a wrong token": {"payload": {"authorization": "Bearer 1.wrong"}},
    "a token that is none": {"payload": {"authorization": "Bearer \0\ud800"}},
    "a token that is a number": {"payload": {"authorization": 1}},
    "another scheme": {"payload": {"Authorization": "Basic YTpi"}},
    "members that nobody knows": {"payload": {"a": {"b": [None]}}, "id": "1"},
    "a language that is none": {"payload": {"accept-language": "\ud800"}},
}


async def test_a_client_without_a_token_is_acknowledged_as_a_stranger(
    connect_client: Connect,
) -> None:
    for more in BEGINNINGS.values():
        async with connect_client() as client:
            await client.send("connection_init", **more)
            assert await client.receive() == {"type": "connection_ack"}
            await client.ask(NOTICES)
            assert await client.receive_error() == "UNAUTHENTICATED"


async def test_errors_have_the_language_of_connection_init(connect_client: Connect) -> None:
    for told, words in (("ru", "Запрос"), ("en-GB, ru;q=0.5", "The request"), ("de", "Запрос")):
        async with connect_client() as client:
            await client.send("connection_init", payload={"Accept-Language": told})
            await client.receive()
            await client.ask("")
            assert (await client.receive())["payload"][0]["message"].startswith(words)


async def test_a_completed_operation_sends_nothing_more(
    api: SignIn, connect_client: Connect, desk: Desk
) -> None:
    async with connect_client() as client:
        await client.sign_in(api("parent.ivanova").caller.token)
        await client.send("subscribe", id="1", payload=make_query(JOURNAL, id=MASHA))
        await client.send("complete", id="1")
        await client.send("complete", id="1")
        await client.send(
            "subscribe", id="1", payload=make_query(JOURNAL, id=MASHA)
        )  # at once, under the same id
        await client.ask("{ __typename }", id="2")
        assert await receive_outcome(client, "2") == OK
        made = await set_mark(api, desk)
        heard = await client.receive()
        assert heard["payload"]["data"]["journalEvents"]["entityId"] == made["id"]
        await client.ask("{ __typename }", id="2")
        assert await receive_outcome(client, "2") == OK
