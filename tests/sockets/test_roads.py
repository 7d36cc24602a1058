"""Operations on a socket and over HTTP share answers, limits and extension points."""

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
from tests.sockets.client import Client, Connect, wait_until
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
def exchanges(endpoint: WebSocketEndpoint) -> list[Exchange]:
    """The exchanges that observers were given."""
    exchanges: list[Exchange] = []
    endpoint.observe = exchanges.append
    return exchanges


async def ask_over_http(endpoint: WebSocketEndpoint, api: Api, payload: Any) -> Any:
    app = GraphQLOverHTTP(Starlette(), endpoint.engine)
    headers = {"Authorization": f"Bearer {api.caller.token}", "Accept-Language": "en"}
    async with AsyncClient(transport=ASGITransport(app), base_url="http://gorod.test") as http:
        return (await http.post("/graphql", json=payload, headers=headers)).json()


async def ask_on_socket(client: Client, payload: Any) -> Any:
    """Return the answer in the form that it has over HTTP."""
    await client.send("subscribe", id="1", payload=payload)
    message = await client.receive()
    if message["type"] == "error":
        return {"errors": message["payload"]}
    assert (await client.receive())["type"] == "complete"
    return message["payload"]


async def test_a_socket_gives_the_answers_that_http_gives(
    api: SignIn, connect_client: Connect, endpoint: WebSocketEndpoint, exchanges: list[Exchange]
) -> None:
    for login in ("parent.ivanova", "zavuch"):
        async with connect_client() as client:
            await client.sign_in(api(login).caller.token)
            for name, (document, variables) in ASKED.items():
                payload = {"query": document, "variables": variables}
                found = await ask_on_socket(client, payload)
                wanted = await ask_over_http(endpoint, api(login), payload)
                if wanted.get("data") is None:
                    wanted.pop("data", None)
                assert found == wanted, (login, name)
    plans = {one.plan for one in exchanges if one.code is None}
    assert "compiled" in plans


async def test_a_mark_is_set_by_one_statement_on_a_socket_too(
    api: SignIn, connect_client: Connect, desk: Desk, exchanges: list[Exchange]
) -> None:
    async with connect_client() as client:
        await client.sign_in(api(desk.login).caller.token)
        payload = {"query": SET_MARK, "variables": {"input": desk.make_input()}}
        found = await ask_on_socket(client, payload)
        assert found["data"]["setMark"]["mark"]["id"]
        assert [one.plan for one in exchanges] == ["compiled"]


async def test_each_operation_is_observed_once_with_an_id_of_its_own(
    api: SignIn, connect_client: Connect, exchanges: list[Exchange]
) -> None:
    async with connect_client() as client:
        await client.sign_in(api("parent.ivanova").caller.token)
        for document in ("{ viewer { role } }", "{ nothing }", "{"):
            await ask_on_socket(client, {"query": document})
        await client.ask(NOTICES, id="n")
        await client.send("complete", id="n")
        await ask_on_socket(client, {"query": "{ __typename }"})
    assert [one.code for one in exchanges][:3] == [
        None,
        "GRAPHQL_VALIDATION_FAILED",
        "GRAPHQL_PARSE_FAILED",
    ]
    assert {one.transport for one in exchanges} == {"websocket"}
    assert len({one.asker.request_id for one in exchanges}) == len(exchanges) == 5


REFUSED = {"query": "query Refused { viewer { role } }", "operationName": "Refused"}


async def test_an_operation_that_is_not_admitted_ends_alone(
    api: SignIn, connect_client: Connect, endpoint: WebSocketEndpoint
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
    async with connect_client() as client:
        await client.sign_in(api("parent.ivanova").caller.token)
        found = await ask_on_socket(client, REFUSED)
        [error] = found["errors"]
        assert error["extensions"]["code"] == "RATE_LIMITED"
        assert (await ask_on_socket(client, {"query": "{ viewer { role } }"}))["data"]
        assert admitted == ["in", "out"]


async def test_a_client_that_does_not_read_its_answer_holds_no_place(
    api: SignIn, connect_client: Connect, endpoint: WebSocketEndpoint
) -> None:
    running = [0]

    @asynccontextmanager
    async def admission(_: Exchange) -> AsyncIterator[None]:
        running[0] += 1
        yield
        running[0] -= 1

    endpoint.admission = admission
    async with connect_client(close_timeout=0) as client:
        await client.sign_in(api("parent.ivanova").caller.token)
        [connection] = endpoint.registry.connections
        client.connection.transport.pause_reading()
        for number in range(20):
            await client.ask(SCHEMA, id=str(number))
        await wait_until(lambda: connection.outbox.waiting and not running[0])
        client.connection.transport.abort()


async def test_a_stranger_sends_no_more_on_a_socket_than_over_http(
    connect_client: Connect, endpoint: WebSocketEndpoint, stranger: Api
) -> None:
    long = {"query": "{ __typename } #" + "x" * 20_000}
    async with connect_client() as client:
        await client.sign_in(None)
        found = await ask_on_socket(client, long)
    wanted = await ask_over_http(endpoint, stranger, long)
    assert codes_of(found) == codes_of(wanted) != []


def codes_of(answer: Any) -> list[str]:
    return [error["extensions"]["code"] for error in answer["errors"]]


async def test_the_answer_on_a_socket_is_the_text_that_sql_gave(
    api: SignIn, connect_client: Connect, sql: AsyncConnection
) -> None:
    async with connect_client() as client:
        await client.sign_in(api("parent.ivanova").caller.token)
        await client.ask("{ viewer { fullName } }", id='"\\')
        assert orjson.loads(await client.connection.recv())["id"] == '"\\'
