"""The edges of GraphQL over HTTP, in both executors."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from httpx2 import AsyncClient, Response

from gql.settings import Settings
from tests.conftest import SignIn
from tests.postgres import Server
from tests.serving import client_of
from tests.transport.edges import EDGES
from tests.transport.edges.edge import Edge

ROADS = ("standard", "auto")


@pytest.fixture
async def clients(
    settings: Settings, postgres: Server, database: str
) -> AsyncIterator[dict[str, AsyncClient]]:
    """Clients of the API, by the executor that answers them."""
    clients = {}
    generators = []
    for executor in ROADS:
        chosen = settings.model_copy(update={"executor": executor, "open_introspection": True})
        generator = client_of(chosen, postgres.url("gorod_app", database))
        clients[executor] = await anext(generator)
        generators.append(generator)
    yield clients
    for generator in generators:
        await anext(generator, None)


@dataclass(frozen=True)
class Answer:
    """The parts of an answer that a client can observe."""

    status: int
    media: str
    codes: tuple[str, ...]
    has_data: bool
    allow: str | None


def parse_answer(response: Response) -> Answer:
    """Parse a response. Fails if it is no JSON, or has an error without a code or a message."""
    body: Any = json.loads(response.content)
    assert isinstance(body, dict), response.text
    for error in body.get("errors", []):
        assert error["message"], response.text
    codes = tuple(dict.fromkeys(e["extensions"]["code"] for e in body.get("errors", [])))
    media, allow = response.headers["content-type"], response.headers.get("allow")
    return Answer(response.status_code, media, codes, bool(body.get("data")), allow)


def find_faults(edge: Edge, response: Response) -> list[str]:
    """Return the differences between an answer and the expected one."""
    if not response.headers.get("content-type", "").startswith("application/"):
        return [f"{edge.name}: {response.status_code} {response.headers} {response.text[:100]}"]
    found, headers = parse_answer(response), response.headers
    wanted = Answer(
        edge.status, edge.media, (edge.code,) if edge.code else (), edge.code is None, edge.allow
    )
    wrong = [f"{edge.name}: {found}, not {wanted}"] if found != wanted else []
    if "data" in json.loads(response.content) and edge.code:
        wrong.append(f"{edge.name}: has a member `data`")
    for name, part in {
        "cache-control": "no-store", "x-content-type-options": "nosniff", "vary": "Accept-Encoding",
        "x-request-id": "",
    }.items():  # fmt: skip
        if part not in headers.get(name, "missing: "):
            wrong.append(f"{edge.name}: {name} is {headers.get(name)}")
    if headers["x-request-id"] in ("", "\x7f"):
        wrong.append(f"{edge.name}: no request id")
    return wrong


def test_there_are_200_edges() -> None:
    assert sum(map(len, EDGES.values())) >= 200
    names = [edge.name for edges in EDGES.values() for edge in edges]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("login", [None, "zavuch"])
@pytest.mark.parametrize("group", EDGES)
async def test_both_executors_answer_edges_alike(
    clients: dict[str, AsyncClient], api: SignIn, group: str, login: str | None
) -> None:
    token = api(login).caller.token if login else None
    wrong: list[str] = []
    for edge in EDGES[group]:
        mine = {"authorization": f"Bearer {token}"} if token else {}
        given = mine | {name.lower(): value for name, value in edge.headers.items()}
        headers = [(name.encode(), value.encode()) for name, value in given.items()]
        for road, client in clients.items():
            request = client.build_request(
                edge.method, edge.path, headers=headers, content=edge.body
            )
            if "content-type" not in given:
                request.headers.pop("content-type", None)
            if "accept" not in given:
                request.headers.pop("accept", None)
            response = await client.send(request)
            wrong += [f"{road}: {fault}" for fault in find_faults(edge, response)]
    assert not wrong, "\n".join(wrong)
