"""A server that hides its schema from strangers, one that shows it, and ways to ask them."""

import hashlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from httpx2 import AsyncClient, Response

from gql.settings import Settings
from tests.postgres import Server
from tests.probes.guessing import Ask
from tests.serving import client_of, settings_in

MANY = 10**9
"""A limit so high that nobody who probes must wait."""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    tries = {f"most_{one}tries": MANY for one in ("", "address_", "login_", "refresh_")}
    return settings_in(tmp_path, most_stranger_points=2 * MANY, **tries)


@pytest.fixture(params=["auto", "standard"])
async def serve(
    request: pytest.FixtureRequest, settings: Settings, postgres: Server, database: str
) -> AsyncIterator[AsyncClient]:
    """The application of `gorod serve`, with compiled plans, and with the standard executor
    only."""
    chosen = settings.model_copy(update={"executor": request.param})
    async for client in client_of(chosen, postgres.url("gorod_app", database)):
        yield client


def describe(response: Response) -> str:
    """Return everything that a client can observe of a response, as text."""
    headers = "\n".join(f"{name}: {value}" for name, value in sorted(response.headers.items()))
    return f"{response.status_code}\n{headers}\n\n{response.text}"


def ask_by_post(client: AsyncClient, token: str | None = None) -> Ask:
    headers = {"Accept-Language": "en"}
    if token:
        headers["Authorization"] = f"Bearer {token}"

    async def ask(request: dict[str, Any]) -> str:
        return describe(await client.post("/graphql", json=request, headers=headers))

    return ask


def ask_by_get(client: AsyncClient, token: str | None = None) -> Ask:
    headers = {"Accept-Language": "en", "graphql-require-preflight": "1"}
    headers["Accept"] = "application/graphql-response+json"
    if token:
        headers["Authorization"] = f"Bearer {token}"

    async def ask(request: dict[str, Any]) -> str:
        sent = {key: value if isinstance(value, str) else json.dumps(value)
                for key, value in request.items()}  # fmt: skip
        return describe(await client.get("/graphql", params=sent, headers=headers))

    return ask


def ask_by_hash(client: AsyncClient) -> Ask:
    """Ask as Apollo does: first with only the hash, then with the text, then with the hash
    again."""
    post = ask_by_post(client)

    async def ask(request: dict[str, Any]) -> str:
        digest = hashlib.sha256(request["query"].encode()).hexdigest()
        named = {"persistedQuery": {"version": 1, "sha256Hash": digest}}
        whole = {**request, "extensions": {**request["extensions"], **named}}
        only = {key: value for key, value in whole.items() if key != "query"}
        return "\n".join([await post(only), await post(whole), await post(only)])

    return ask
