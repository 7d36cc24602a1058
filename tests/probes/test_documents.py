"""Ids of registered documents may be names. Guessing one reveals no more than a wrong one does."""

import hashlib
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from httpx2 import AsyncClient
from websockets.asyncio.client import connect

from gql.settings import Settings
from resolvers.trusted.documents import RegisteredDocument, register
from tests.clones import Clones
from tests.postgres import Server
from tests.probes.conftest import ask_by_get, ask_by_post, describe
from tests.probes.guessing import CHANGING, Ask, invent_name
from tests.serving import settings_in
from tests.sockets.client import PROTOCOL, Client

HIDDEN = {
    "Students": "query Students { students { totalCount } }",
    "Left-Out": "query LeftOut($a: Boolean = true) { students @skip(if: $a) { totalCount } }",
    "Me-And-More": "{ viewer { fullName } notices { totalCount } }",
    "Long": f"query Long {{ notices {{ nodes {{ {'id ' * 15} }} }} }} # {'x' * 20_000}",
    "Two": "query A { notices { totalCount } } query B { viewer { role } }",
    "Set-Mark": "mutation SetMark($i: SetMarkInput!) { setMark(input: $i) { mark { id } } }",
    "Sign-In-And-More":
        "mutation { signIn(input: {login: \"nobody\", password: \"wrong\"}) "
        "{ accessToken viewer { student { birthDate } } } }",
    "Events": "subscription Events { noticeEvents { __typename } }",
    "Schema": "{ __schema { queryType { name } } }",
    "Broken": "query Broken { viewr { fullName } }",
}  # fmt: skip
ME = "query Me { viewer { fullName } }"
OPEN = {
    "Limit": "query Limit { rateLimit { cost } }",
    "Sign-In": "mutation SignIn($i: SignInInput!) { signIn(input: $i) { userErrors { code } } }",
}
WAYS: dict[str, Callable[[str], dict[str, Any]]] = {
    "documentId": lambda name: {"documentId": name},
    "persistedQuery": lambda name: {
        "extensions": {"cost": True, "persistedQuery": {"version": 1, "sha256Hash": name}}
    },
}
MORE: tuple[dict[str, Any], ...] = (
    {},
    {"operationName": "A"},
    {"operationName": "Nothing"},
    {"variables": {"a": False, "i": {}}},
)


def hash_text(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.fixture(params=["auto", "standard"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """The settings of a server with one of the two executors."""
    free = dict.fromkeys(("most_stranger_points", "most_messages"), 10**9)
    return settings_in(tmp_path, executor=request.param, **free)


@pytest.fixture
async def application_url(postgres: Server, database: str, clones: Clones) -> AsyncIterator[str]:
    """The address of a database in which the documents are registered by names."""
    made = [
        RegisteredDocument(hash_text(text), text, (name,), ids=frozenset({name}))
        for name, text in {**HIDDEN, **OPEN, "Me": ME}.items()
    ]
    await register(postgres.url("postgres", database), made)
    yield postgres.url("gorod_app", database)
    clones.written = True


@pytest.fixture
async def client(address: tuple[str, int]) -> AsyncIterator[AsyncClient]:
    host, port = address
    async with AsyncClient(base_url=f"http://{host}:{port}") as client:
        yield client


def ask_by_plain_get(client: AsyncClient, _: str | None) -> Ask:
    """Ask as any web page could."""

    async def ask(request: dict[str, Any]) -> str:
        sent = {key: value if isinstance(value, str) else json.dumps(value)
                for key, value in request.items()}  # fmt: skip
        return describe(await client.get("/graphql", params=sent))

    return ask


def ask_by_socket(address: tuple[str, int], token: str | None) -> Ask:
    async def ask(request: dict[str, Any]) -> str:
        url = "ws://{}:{}/graphql".format(*address)
        async with connect(url, subprotocols=[PROTOCOL]) as wire:
            stranger = Client(wire)
            await stranger.sign_in(token)
            await stranger.send("subscribe", id="1", payload=request)
            heard = [await stranger.receive()]
            while heard[-1]["type"] not in ("error", "complete"):
                heard.append(await stranger.receive())
            return json.dumps(heard)

    return ask


@pytest.fixture(params=["post", "get", "plain get", "socket"])
def ask(request: pytest.FixtureRequest, client: AsyncClient, address: tuple[str, int]) -> Any:
    """Return a function that asks with a token, by one of the transports."""
    ways: dict[str, Callable[[str | None], Ask]] = {
        "post": lambda token: ask_by_post(client, token),
        "get": lambda token: ask_by_get(client, token),
        "plain get": lambda token: ask_by_plain_get(client, token),
        "socket": lambda token: ask_by_socket(address, token),
    }
    return ways[request.param]


async def list_differences(ask: Ask, name: str) -> list[Any]:
    """Return the forms of requests whose answer differs from that to an unregistered id."""
    found = []
    for way, asked in WAYS.items():
        for more in MORE:
            known = CHANGING.sub("", await ask(asked(name) | more))
            unknown = CHANGING.sub("", await ask(asked(invent_name(len(name))) | more))
            if known != unknown:
                found.append((name, way, more, known))
    return found


@pytest.mark.parametrize(
    "token",
    [None, pytest.param("1.wrong", marks=pytest.mark.endurance)],
    ids=["stranger", "wrong token"],
)
async def test_a_guessed_id_of_a_document_is_answered_as_a_wrong_one(
    ask: Callable[[str | None], Ask], token: str | None
) -> None:
    found = [await list_differences(ask(token), name) for name in HIDDEN]
    assert [one for some in found for one in some] == []
    is_told = bool(await list_differences(ask(token), "Limit"))
    assert is_told, "what strangers may run is run by its id, so the test can fail"


async def test_the_hash_of_a_text_tells_no_more(client: AsyncClient) -> None:
    for text in HIDDEN.values():
        known = await ask_by_post(client)({"documentId": hash_text(text)})
        unknown = await ask_by_post(client)({"documentId": hash_text(text + " ")})
        assert CHANGING.sub("", known) == CHANGING.sub("", unknown)


async def test_a_client_whose_token_expired_is_told_to_sign_in(client: AsyncClient) -> None:
    ended = {"Authorization": "Bearer 1.ended", "Accept-Language": "en"}
    for name in ("Students", "Me", "unknown"):
        response = await client.post("/graphql", json={"documentId": name}, headers=ended)
        [error] = response.json()["errors"]
        assert error["extensions"]["code"] == "UNAUTHENTICATED"
        assert "Sign in first" in error["message"]


async def test_strangers_try_to_sign_in_and_ask_who_they_are_by_ids(client: AsyncClient) -> None:
    given = {"i": {"login": "nobody", "password": "wrong"}}
    for asked in ("Sign-In", hash_text(OPEN["Sign-In"])):
        answer = await client.post("/graphql", json={"documentId": asked, "variables": given})
        assert answer.json()["data"]["signIn"]["userErrors"] == [{"code": "WRONG_CREDENTIALS"}]
    me = await client.post("/graphql", json={"documentId": "Me"})
    assert me.json() == {"data": {"viewer": None}}
    get = await client.get("/graphql", params={"documentId": "Sign-In"})
    assert (get.status_code, get.headers["allow"]) == (405, "POST")
