"""Sending operations to both executors, and comparing the answers."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from strawberry.types import ExecutionResult

from gql.engine.asker import Asker
from gql.engine.run import Engine
from gql.schema import schema
from models.database.readers import Readers
from resolvers.core.context import Services
from tests.conftest import Api, to_json


@pytest.fixture
def services(services: Services, readers: Readers) -> Services:
    return replace(services, readers=readers)


@dataclass
class Both:
    """Both executors."""

    engine: Engine

    async def __call__(self, api: Api, document: str, **variables: Any) -> str:
        """Ask both executors, whose answers must agree; return the kind of the engine's plan."""
        kind, _ = await self.ask(api, document, variables)
        return kind

    async def reply(self, api: Api, document: str, **variables: Any) -> ExecutionResult:
        """Ask both executors, whose answers must agree; return the answer."""
        _, reply = await self.ask(api, document, variables)
        return reply

    async def ask(
        self, api: Api, document: str, variables: dict[str, Any]
    ) -> tuple[str, ExecutionResult]:
        given = {name: to_json(value) for name, value in variables.items()}
        answer = await self.engine.answer(make_asker(api), document, given, None)
        reply = await api.reply(document, **variables)
        if answer is None:
            return "standard", reply
        said = json.loads(answer.body)
        errors = [error.formatted for error in reply.errors or []]
        assert said["data"] == round_trip_json(reply.data)
        assert said.get("errors", []) == round_trip_json(errors)
        return answer.kind, reply

    def list_families(self, document: str) -> list[Any]:
        """Return the plans that the engine keeps of an operation, one family for each set of
        rights."""
        kept = self.engine.documents.read(document).operations[None]
        return list(kept.families.values())


def make_asker(api: Api) -> Asker:
    return Asker(api.caller.token or "", api.caller.language)


def round_trip_json(value: Any) -> Any:
    return json.loads(json.dumps(value))


@pytest.fixture
def both(services: Services) -> Both:
    return Both(Engine(schema, services))


Ask = Callable[..., Any]


async def count_special_reads(sql: AsyncConnection) -> int:
    """Count the special reads that the audit log holds."""
    found = await sql.scalar(text("SELECT count(*) FROM audit_events WHERE action = 'read'"))
    return int(found or 0)
