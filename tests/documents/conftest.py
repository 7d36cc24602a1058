"""Trusted documents: manifests that the real tools wrote, commands that register them, and servers
that answer them."""

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from httpx2 import ASGITransport, AsyncClient, Response
from starlette.applications import Starlette

from gql.engine.run import Engine
from gql.guard.documents import Documents
from gql.guard.limits import Limits
from gql.schema import schema
from gql.transport.http import GraphQLOverHTTP
from gql.trusted.serving import TrustedServing
from models.database.readers import Readers
from resolvers.core.context import Services
from resolvers.trusted.documents import RegisteredDocument, register
from tests.cli.conftest import Run, type_command
from tests.clones import Clones
from tests.postgres import Server
from tests.signed_in import token_of

__all__ = ["type_command"]

DATA = Path(__file__).parent / "data"
"""Written by the client preset of GraphQL Code Generator 6.2 (with `hashAlgorithm` sha1, sha256 and
a function), relay-compiler 21.0 (`persistConfig.algorithm` MD5, SHA1, SHA256), and
@apollo/generate-persisted-query-manifest 1.4."""


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.fixture
def gorod(type_command: Run) -> Run:
    return partial(type_command, "documents")


WHO = "query Who { viewer { fullName } }"
OTHER = "query Other { viewer { role } }"
BOARD = "query Board($first: Int = 20) { notices(first: $first) { nodes { id title } } }"
CORE: Any = schema._schema  # noqa: SLF001


@dataclass
class Served:
    """A server and its registry."""

    client: AsyncClient
    serving: TrustedServing
    url: str
    tokens: dict[str, str]

    async def add(self, *texts: str, **more: Any) -> None:
        made = [RegisteredDocument(sha256(text), text, ("Who",), **more) for text in texts]
        await register(self.url, made)
        await self.serving.refresh()

    async def post(self, login: str | None = "parent.ivanova", **asked: Any) -> Response:
        headers = {"Accept-Language": "en"}
        if login:
            headers["Authorization"] = f"Bearer {self.tokens[login]}"
        return await self.client.post("/graphql", json=asked, headers=headers)

    async def error(self, login: str | None = "parent.ivanova", **asked: Any) -> dict[str, Any]:
        [error] = (await self.post(login, **asked)).json()["errors"]
        return {"message": error["message"], **error["extensions"]}

    async def name(self, login: str | None = "parent.ivanova", **asked: Any) -> Any:
        answer = (await self.post(login, **asked)).json()
        return answer["data"]["viewer"]["fullName"]


def apq(text: str) -> dict[str, Any]:
    return {"persistedQuery": {"version": 1, "sha256Hash": sha256(text)}}


LOGINS = ("parent.ivanova", "director", "teacher.belova")


@pytest.fixture
def limits() -> Limits:
    return Limits()


@pytest.fixture
def trusted_only() -> bool:
    return False


@pytest.fixture
async def server(
    services: Services, readers: Readers, postgres: Server, database: str, clones: Clones,
    template: Any, limits: Limits, trusted_only: bool,
) -> AsyncIterator[Served]:  # fmt: skip
    clones.written = True
    services = replace(services, readers=readers)
    documents = Documents(CORE, limits, trusted_only=trusted_only)
    engine = Engine(schema, services, documents=documents)
    serving = TrustedServing(documents, engine.cache, services)
    tokens = {login: token_of(login, *template.roles[login][0]) for login in LOGINS}
    app = GraphQLOverHTTP(Starlette(), engine)
    async with AsyncClient(transport=ASGITransport(app), base_url="http://gorod.test") as client:
        yield Served(client, serving, postgres.url("postgres", database), tokens)
