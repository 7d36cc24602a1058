"""A server as strangers meet it, one that shows everybody its schema, and the ways to ask them."""

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
"""So that nobody who probes must wait."""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    tries = {f"most_{one}tries": MANY for one in ("", "address_", "login_", "refresh_")}
    return settings_in(tmp_path, most_stranger_points=2 * MANY, **tries)


@pytest.fixture(params=["auto", "standard"])
async def serve(
    request: pytest.FixtureRequest, settings: Settings, postgres: Server, database: str
) -> AsyncIterator[AsyncClient]:
    """What `gorod serve` runs, down each road: compiled plans, and the standard executor."""
    chosen = settings.model_copy(update={"executor": request.param})
    async for client in client_of(chosen, postgres.url("gorod_app", database)):
        yield client


def told(response: Response) -> str:
    """All that a client can tell of an answer."""
    headers = "\n".join(f"{name}: {value}" for name, value in sorted(response.headers.items()))
    return f"{response.status_code}\n{headers}\n\n{response.text}"


def by_post(client: AsyncClient, token: str | None = None) -> Ask:
    headers = {"Accept-Language": "en"}
    if token:
        headers["Authorization"] = f"Bearer {token}"

    async def ask(request: dict[str, Any]) -> str:
        return told(await client.post("/graphql", json=request, headers=headers))

    return ask


def by_get(client: AsyncClient, token: str | None = None) -> Ask:
    headers = {"Accept-Language": "en", "graphql-require-preflight": "1"}
    headers["Accept"] = "application/graphql-response+json"
    if token:
        headers["Authorization"] = f"Bearer {token}"

    async def ask(request: dict[str, Any]) -> str:
        sent = {key: value if isinstance(value, str) else json.dumps(value)
                for key, value in request.items()}  # fmt: skip
        return told(await client.get("/graphql", params=sent, headers=headers))

    return ask


def by_hash(client: AsyncClient) -> Ask:
    """As Apollo does: first only the hash, then the text, then the hash again."""
    post = by_post(client)

    async def ask(request: dict[str, Any]) -> str:
        digest = hashlib.sha256(request["query"].encode()).hexdigest()
        named = {"persistedQuery": {"version": 1, "sha256Hash": digest}}
        whole = {**request, "extensions": {**request["extensions"], **named}}
        only = {key: value for key, value in whole.items() if key != "query"}
        return "\n".join([await post(only), await post(whole), await post(only)])

    return ask
