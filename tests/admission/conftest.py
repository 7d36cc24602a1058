"""A server with admission, and people who send requests to it."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest
from httpx2 import ASGITransport, AsyncClient, Response
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from gql.admission.admission import Admission
from gql.engine.run import Engine
from gql.guard.limits_of_use import LimitsOfUse
from gql.schema import schema
from gql.transport.admission import AdmissionAdapter
from gql.transport.http import GraphQLOverHTTP
from models.database.readers import Readers
from resolvers.core.context import Services
from tests.conftest import Template
from tests.signed_in import token_of

ADDRESS = "192.0.2.1"


@pytest.fixture
async def services(services: Services, readers: Readers) -> Services:
    """Add the readers that the engine uses."""
    return replace(services, readers=readers)


@dataclass
class Person:
    """A person who sends requests over HTTP."""

    server: "Application"
    token: str | None
    address: str = ADDRESS
    language: str = "en"

    async def post(self, query: str, extensions: Any = None, **variables: Any) -> Response:
        headers = {
            "Accept-Language": self.language,
            "Accept": "application/graphql-response+json",
        }
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        transport = ASGITransport(self.server.door, client=(self.address, 1))
        sent: dict[str, Any] = {"query": query, "variables": variables}
        if extensions is not None:
            sent["extensions"] = extensions
        async with AsyncClient(transport=transport, base_url="http://gorod.test") as client:
            return await client.post("/graphql", json=sent, headers=headers)

    async def __call__(self, query: str, **variables: Any) -> Any:
        response = await self.post(query, **variables)
        told = response.json()
        assert response.status_code == 200, told
        assert "errors" not in told, told
        return told["data"]


@dataclass
class Application:
    """An application with its admission and services."""

    services: Services
    template: Template
    admission: Admission
    door: GraphQLOverHTTP

    def person(self, login: str, number: int = 0, language: str = "en") -> Person:
        role, school = self.template.roles[login][number]
        return Person(self, token_of(login, role, school), language=language)

    def stranger(self, address: str = ADDRESS) -> Person:
        return Person(self, None, address)


Serve = Callable[..., Application]


@pytest.fixture
def serve(services: Services, template: Template) -> Serve:
    """Make a server with these limits: `serve(most_points=1000)`."""

    def make_application(pool_size: int = 10, executor: str = "auto", **limits: int) -> Application:
        mine = services if executor == "auto" else replace(services, readers=None)
        admission = Admission(LimitsOfUse(**limits), pool_size)
        health = Starlette(routes=[Route("/healthz", lambda _: PlainTextResponse("well"))])
        admitting = AdmissionAdapter(admission, mine.now)
        door = GraphQLOverHTTP(health, Engine(schema, mine), admission=admitting)
        return Application(mine, template, admission, door)

    return make_application


def get_error(response: Response) -> Any:
    """Return the one error of a response."""
    [error] = json.loads(response.content)["errors"]
    return error
