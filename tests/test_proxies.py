"""Addresses of clients, and the proxies that the server believes."""

import logging
from typing import Any

import pytest
from httpx2 import ASGITransport, AsyncClient
from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from gql.engine.run import Engine
from gql.schema import schema
from gql.settings import Settings
from gql.transport.http import GraphQLOverHTTP
from gql.transport.proxies import trust_proxies
from resolvers.core.context import Services

PROXY, CLIENT = "10.0.0.5", "192.0.2.9"
GUESS = """mutation ($login: String!) { signIn(input: {login: $login, password: "a guess"}) {
    retryAfter userErrors { code } } }"""


def make_client(app: Any, peer: str) -> AsyncClient:
    return AsyncClient(transport=ASGITransport(app, client=(peer, 1)), base_url="http://gorod.test")


async def find_seen(
    trusted: tuple[str, ...], peer: str, headers: list[tuple[str, str]]
) -> tuple[str, str]:
    """The address and the scheme that the application sees."""

    async def tell(request: Request) -> PlainTextResponse:
        assert request.client
        return PlainTextResponse(f"{request.client.host} {request.url.scheme}")

    app = trust_proxies(Starlette(routes=[Route("/", tell)]), trusted)
    async with make_client(app, peer) as client:
        host, scheme = (await client.get("/", headers=headers)).text.split()
    return host, scheme


@pytest.mark.parametrize(
    ("trusted", "peer", "forwarded", "address"),
    [
        ((), CLIENT, ["1.1.1.1"], CLIENT),
        ((), "127.0.0.1", ["1.1.1.1"], "127.0.0.1"),
        ((PROXY,), CLIENT, ["1.1.1.1"], CLIENT),
        ((PROXY,), PROXY, [], PROXY),
        ((PROXY,), PROXY, [CLIENT], CLIENT),
        ((PROXY,), PROXY, [f"{CLIENT}:4711"], CLIENT),
        ((PROXY,), PROXY, [f"1.1.1.1, {CLIENT}"], CLIENT),
        ((PROXY,), PROXY, ["1.1.1.1", CLIENT], CLIENT),
        ((PROXY,), PROXY, [f"1.1.1.1, {CLIENT}, {PROXY}"], CLIENT),
        (("10.0.0.0/24",), PROXY, [f"{CLIENT}, 10.0.0.77"], CLIENT),
        (("10.0.0.0/24",), PROXY, [f"{CLIENT}, 10.0.1.77"], "10.0.1.77"),
        (("2001:db8::/64",), "2001:db8::5", ["[2001:db8:1::9]:443"], "2001:db8:1::9"),
    ],
)
async def test_the_last_address_that_is_no_trusted_proxy_counts(
    trusted: tuple[str, ...], peer: str, forwarded: list[str], address: str
) -> None:
    headers = [("X-Forwarded-For", one) for one in forwarded]
    assert (await find_seen(trusted, peer, headers))[0] == address


async def test_only_a_trusted_proxy_says_by_what_scheme_it_was_asked() -> None:
    said = [("X-Forwarded-Proto", "https")]
    assert (await find_seen((PROXY,), PROXY, said))[1] == "https"
    assert (await find_seen((PROXY,), CLIENT, said))[1] == "http"
    assert (await find_seen((), PROXY, said))[1] == "http"


async def test_forwarded_is_not_read() -> None:
    """A proxy that writes X-Forwarded-For hands on what a client wrote there."""
    said = [("Forwarded", "for=1.1.1.1"), ("X-Forwarded-For", CLIENT)]
    assert (await find_seen((PROXY,), PROXY, said))[0] == CLIENT


@pytest.mark.parametrize("trusted", [(), (PROXY,)], ids=["no proxies", "a proxy"])
async def test_a_guesser_who_forges_addresses_has_one(
    services: Services, trusted: tuple[str, ...]
) -> None:
    door = trust_proxies(GraphQLOverHTTP(Starlette(), Engine(schema, services)), trusted)
    codes = []
    async with make_client(door, PROXY if trusted else CLIENT) as client:
        for n in range(25):
            forged = f"192.0.2.{n}" if not trusted else f"192.0.2.{n}, {CLIENT}"
            body = {"query": GUESS, "variables": {"login": f"somebody.{n}"}}
            reply = await client.post("/graphql", json=body, headers={"X-Forwarded-For": forged})
            codes.append(reply.json()["data"]["signIn"]["userErrors"][0]["code"])
    assert codes == ["WRONG_CREDENTIALS"] * 20 + ["TOO_MANY_TRIES"] * 5


async def test_an_operator_who_forgot_the_proxy_is_warned_once_without_addresses(
    caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    app = trust_proxies(Starlette(), ())
    with caplog.at_level(logging.WARNING):
        async with make_client(app, PROXY) as client:
            for _ in range(3):
                await client.get("/", headers={"X-Forwarded-For": CLIENT})
    said = capsys.readouterr()
    told = said.out + said.err + caplog.text
    assert told.count("GOROD_TRUSTED_PROXIES") == 1
    assert CLIENT not in told
    assert PROXY not in told


@pytest.mark.parametrize("given", ["*", "everybody", "10.0.0.1/24", "10.0.0.0/33", "127.0.0.1:80"])
def test_trusted_proxies_are_addresses_and_networks(
    given: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOROD_TRUSTED_PROXIES", given)
    with pytest.raises(ValidationError, match=r"must look like 127\.0\.0\.1"):
        Settings()


def test_trusted_proxies_are_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOROD_TRUSTED_PROXIES", " 127.0.0.1, 10.0.0.0/24,::1 ")
    assert Settings().trusted_proxies == ("127.0.0.1", "10.0.0.0/24", "::1")
