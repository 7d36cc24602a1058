"""Asking for documents by their hash on sockets."""

from typing import Any

import pytest

from gql.engine.run import Engine
from gql.guard.document import Document
from gql.guard.documents import Documents
from gql.guard.limits import Limits
from gql.guard.limits_of_use import LimitsOfSockets
from gql.schema import schema
from gql.transport.websocket.endpoint import WebSocketEndpoint
from resolvers.core.context import Services
from tests.documents.conftest import CORE, OTHER, WHO, apq, sha256
from tests.sockets.client import Client, Connect, wait_for_streams
from tests.sockets.conftest import connect_client, limits, server

__all__ = ["connect_client", "limits", "server"]

EVENTS = "subscription Board { noticeEvents { __typename } }"


def register(documents: Documents, *texts: str) -> None:
    found: dict[str, tuple[Document, list[str]]] = {}
    for text in texts:
        document = documents.take_parsed(text, stranger=False)
        document.registered_name = "registered"
        found[sha256(text)] = (document, [f"web-{len(found)}"])
    documents.trust(found)


@pytest.fixture
def documents() -> Documents:
    found = Documents(CORE, Limits())
    register(found, WHO, EVENTS)
    return found


@pytest.fixture
def endpoint(services: Services, documents: Documents, limits: LimitsOfSockets) -> Any:
    return WebSocketEndpoint(Engine(schema, services, documents=documents), (), limits)


async def ask(client: Client, **payload: Any) -> Any:
    """The data of a query, or the code of its refusal."""
    await client.send("subscribe", id="1", payload=payload)
    message = await client.receive()
    if message["type"] == "error":
        return message["payload"][0]["extensions"]["code"]
    assert (await client.receive())["type"] == "complete"
    return message["payload"]["data"]


@pytest.fixture
def token(api: Any) -> str:
    found: str = api("parent.ivanova").caller.token
    return found


async def test_mother_asks_for_a_registered_document_by_each_of_its_names(
    connect_client: Connect, token: str
) -> None:
    ways: list[dict[str, Any]] = [
        {"documentId": f"sha256:{sha256(WHO)}"},
        {"documentId": sha256(WHO)},
        {"documentId": "web-0"},
        {"extensions": apq(WHO)},
        {"documentId": sha256(WHO), "query": WHO},
    ]
    async with connect_client() as mother:
        await mother.sign_in(token)
        for way in ways:
            data = await ask(mother, **way)
            assert data == {"viewer": {"fullName": "Иванова Ольга Сергеевна"}}, way


async def test_a_registered_subscription_begins(
    connect_client: Connect, token: str, services: Services
) -> None:
    async with connect_client() as mother:
        await mother.sign_in(token)
        await mother.send("subscribe", id="1", payload={"documentId": f"sha256:{sha256(EVENTS)}"})
        await wait_for_streams(services)
        await mother.send("complete", id="1")
        await wait_for_streams(services, sure=False)


async def test_mother_sends_a_text_once_and_then_its_hash(
    connect_client: Connect, token: str
) -> None:
    async with connect_client() as mother:
        await mother.sign_in(token)
        assert await ask(mother, extensions=apq(OTHER)) == "PERSISTED_QUERY_NOT_FOUND"
        first = await ask(mother, query=OTHER, extensions=apq(OTHER))
        assert await ask(mother, extensions=apq(OTHER)) == first == {"viewer": {"role": "PARENT"}}


async def test_what_cannot_be_found_ends_only_its_operation(
    connect_client: Connect, token: str
) -> None:
    async with connect_client() as mother:
        await mother.sign_in(token)
        assert await ask(mother, documentId="unknown") == "PERSISTED_QUERY_NOT_FOUND"
        assert await ask(mother, documentId=sha256(WHO), query=OTHER) == "BAD_REQUEST"
        assert await ask(mother, documentId=sha256(WHO))


async def test_where_only_registered_documents_are_run_no_other_is(
    connect_client: Connect, token: str, documents: Documents
) -> None:
    documents.trusted_only = True
    async with connect_client() as mother:
        await mother.sign_in(token)
        required = "TRUSTED_DOCUMENT_REQUIRED"
        assert await ask(mother, query=OTHER) == required
        assert await ask(mother, query=OTHER, extensions=apq(OTHER)) == required
        subscription = "subscription { mailEvents { __typename } }"
        assert await ask(mother, query=subscription) == required
        assert await ask(mother, documentId=sha256(WHO))
    async with connect_client() as stranger:
        await stranger.sign_in(None)
        assert await ask(stranger, query="{ __typename }") == required
