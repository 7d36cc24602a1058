"""Asking at the door, where plans answer what they can: as a client over HTTP does."""

import json
from dataclasses import dataclass, field
from typing import Any

from graphql import GraphQLError
from strawberry.types import ExecutionResult

from gql.engine.asker import Asker
from gql.engine.run import Engine
from tests.conftest import Api, to_json


@dataclass
class AtDoor(Api):
    """One person's view of the API.

    kinds: How each answer was found.
    """

    engine: Engine
    kinds: list[str] = field(default_factory=list)

    async def reply(self, document: str, **variables: Any) -> ExecutionResult:
        given = {name: to_json(value) for name, value in variables.items()}
        asker = Asker(self.caller.token or "", self.caller.language)
        answer = await self.engine.answer(asker, document, given, None)
        self.kinds.append(answer.kind if answer else "standard")
        if answer is None:
            return await super().reply(document, **variables)
        said = json.loads(answer.body)
        errors = [
            GraphQLError(error["message"], extensions=error.get("extensions"))
            for error in said.get("errors", [])
        ]
        return ExecutionResult(said.get("data"), errors or None)
