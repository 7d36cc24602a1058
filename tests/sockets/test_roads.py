"""What an operation on a socket shares with one over HTTP: answers, limits and seams."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import orjson
import pytest
from httpx2 import ASGITransport, AsyncClient
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.applications import Starlette

from gql.admission.problems import RateLimited
from gql.transport.exchange import Exchange
from gql.transport.http import GraphQLOverHTTP
from gql.transport.websocket.endpoint import WebSocketEndpoint
from models.database.readers import Readers
from models.database.writers import Writers
from resolvers.core.context import Services
from tests.conftest import Api, SignIn
from tests.events.listening import MASHA, NOTICES, SET_MARK, Desk
from tests.postgres import Server
from tests.sockets.client import Client, Connect, until
from tests.sockets.test_limits import SCHEMA

ASKED: dict[str, tuple[str, dict[str, Any]]] = {
    "a page": ("{ students(first: 2) { nodes { fullName } totalCount } }", {}),
    "who asks": ("{ viewer { fullName role } }", {}),
    "what is denied": (
        "query ($id: ID!) { student(by: {id: $id}) { fullName identity { snils } } }",
        {"id": MASHA},
    ),
    "a variable": (
        "query ($id: ID!) { student(by: {id: $id}) { fullName } }",
        {"id": MASHA},
    ),
    "what is not there": (
        "query ($id: ID!) { student(by: {id: $id}) { fullName } }",
        {"id": "Student:1-999999"},
    ),
    "an id that is none": (
        "query ($id: ID!) { student(by: {id: $id}) { fullName } }",
        {"id": "nonsense"},
    ),
    "an unknown field": ("{ nothing }", {}),
    "half a document": ("{", {}),
    "a depth too great": ("{ viewer " + "{ a " * 20 + "}" * 20 + "}", {}),
    "two names": ("query A { __typename } query B { __typename }", {}),
    "nothing": ("", {}),
}


@pytest.fixture
async def services(
    services: Services, readers: Readers, postgres: Server, database: str
) -> AsyncIterator[Services]:
    writers = Writers(postgres.url("gorod_app", database), size=2)
    yield replace(services, readers=readers, writers=writers)
    await writers.close()


@pytest.fixture
def told(endpoint: WebSocketEndpoint) -> list[Exchange]:
    """What observers are told of operations on sockets."""
    told: list[Exchange] = []
    endpoint.observe = told.append
    return told


async def over_http(endpoint: WebSocketEndpoint, api: Api, payload: Any) -> Any:
    app = GraphQLOverHTTP(Starlette(), endpoint.engine)
    headers = {"Authorization": f"Bearer {api.caller.token}", "Accept-Language": "en"}
    async with AsyncClient(transport=ASGITransport(app), base_url="http://gorod.test") as http:
        return (await http.post("/graphql", json=payload, headers=headers)).json()


async def on_socket(client: Client, payload: Any) -> Any:
    """The answer in the shape it has over HTTP."""
    await client.say("subscribe", id="1", payload=payload)
    message = await client.hear()
    if message["type"] == "error":
        return {"errors": message["payload"]}
    assert (await client.hear())["type"] == "complete"
    return message["payload"]


async def test_a_socket_gives_the_answers_that_http_gives(
    api: SignIn, connected: Connect, endpoint: WebSocketEndpoint, told: list[Exchange]
) -> None:
    for login in ("parent.ivanova", "zavuch"):
        async with connected() as client:
            await client.sign_in(api(login).caller.token)
            for name, (document, variables) in ASKED.items():
                payload = {"query": document, "variables": variables}
                found = await on_socket(client, payload)
                wanted = await over_http(endpoint, api(login), payload)
                if wanted.get("data") is None:
                    wanted.pop("data", None)
                assert found == wanted, (login, name)
    plans = {one.plan for one in told if one.code is None}
    assert "compiled" in plans


async def test_a_mark_is_set_by_one_statement_on_a_socket_too(
    api: SignIn, connected: Connect, desk: Desk, told: list[Exchange]
) -> None:
    async with connected() as client:
        await client.sign_in(api(desk.login).caller.token)
        payload = {"query": SET_MARK, "variables": {"input": desk.cell()}}
        found = await on_socket(client, payload)
        assert found["data"]["setMark"]["mark"]["id"]
        assert [one.plan for one in told] == ["compiled"]


async def test_each_operation_is_told_of_once_with_an_id_of_its_own(
    api: SignIn, connected: Connect, told: list[Exchange]
) -> None:
    async with connected() as client:
        await client.sign_in(api("parent.ivanova").caller.token)
        for document in ("{ viewer { role } }", "{ nothing }", "{"):
            await on_socket(client, {"query": document})
        await client.ask(NOTICES, id="n")
        await client.say("complete", id="n")
        await on_socket(client, {"query": "{ __typename }"})
    assert [one.code for one in told][:3] == [
        None,
        "GRAPHQL_VALIDATION_FAILED",
        "GRAPHQL_PARSE_FAILED",
    ]
    assert {one.transport for one in told} == {"websocket"}
    assert len({one.asker.request_id for one in told}) == len(told) == 5


REFUSED = {"query": "query Refused { viewer { role } }", "operationName": "Refused"}


async def test_who_is_not_admitted_is_told_so_and_only_that_operation_ends(
    api: SignIn, connected: Connect, endpoint: WebSocketEndpoint
) -> None:
    admitted: list[str] = []

    @asynccontextmanager
    async def admission(exchange: Exchange) -> AsyncIterator[None]:
        assert exchange.request
        if exchange.request.name == "Refused":
            raise RateLimited(retry_after=3)
        admitted.append("in")
        yield
        admitted.append("out")

    endpoint.admission = admission
    async with connected() as client:
        await client.sign_in(api("parent.ivanova").caller.token)
        found = await on_socket(client, REFUSED)
        [error] = found["errors"]
        assert error["extensions"]["code"] == "RATE_LIMITED"
        assert (await on_socket(client, {"query": "{ viewer { role } }"}))["data"]
        assert admitted == ["in", "out"]


async def test_who_does_not_read_an_answer_keeps_no_place_from_others(
    api: SignIn, connected: Connect, endpoint: WebSocketEndpoint
) -> None:
    running = [0]

    @asynccontextmanager
    async def admission(_: Exchange) -> AsyncIterator[None]:
        running[0] += 1
        yield
        running[0] -= 1

    endpoint.admission = admission
    async with connected(close_timeout=0) as client:
        await client.sign_in(api("parent.ivanova").caller.token)
        [connection] = endpoint.registry.connections
        client.wire.transport.pause_reading()
        for number in range(20):
            await client.ask(SCHEMA, id=str(number))
        await until(lambda: connection.outbox.waiting and not running[0])
        client.wire.transport.abort()


async def test_a_stranger_sends_no_more_on_a_socket_than_over_http(
    connected: Connect, endpoint: WebSocketEndpoint, stranger: Api
) -> None:
    long = {"query": "{ __typename } #" + "x" * 20_000}
    async with connected() as client:
        await client.sign_in(None)
        found = await on_socket(client, long)
    wanted = await over_http(endpoint, stranger, long)
    assert codes(found) == codes(wanted) != []


def codes(answer: Any) -> list[str]:
    return [error["extensions"]["code"] for error in answer["errors"]]


async def test_the_answer_on_a_socket_is_the_text_that_sql_gave(
    api: SignIn, connected: Connect, sql: AsyncConnection
) -> None:
    async with connected() as client:
        await client.sign_in(api("parent.ivanova").caller.token)
        await client.ask("{ viewer { fullName } }", id='"\\')
        assert orjson.loads(await client.wire.recv())["id"] == '"\\'
