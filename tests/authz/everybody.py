"""The people who ask for everything: one of the specimens for each role."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from gql.engine.asker import Asker
from gql.engine.run import Engine
from gql.guard.documents import Documents
from gql.guard.limits import Limits
from gql.schema import schema
from models.access.roles import Role
from resolvers.access.rate_limit import RateLimit
from resolvers.core.context import Services
from tests.signed_in import token_of
from tests.specimens.declaring import split_names

CAST = {
    Role.STUDENT: "masha, oleg",
    Role.PARENT: "mother",
    Role.SUBJECT_TEACHER: "belova",
    Role.CLASS_TEACHER: "klimova, fomina",
    Role.PSYCHOLOGIST: "psychologist",
    Role.SOCIAL_PEDAGOGUE: "social",
    Role.DEPUTY_DIRECTOR: "deputy",
    Role.SCHOOL_ADMINISTRATOR: "admin",
    Role.SECRETARY: "secretary",
    Role.HR_SPECIALIST: "hr",
    Role.DIRECTOR: "director",
    Role.MUNICIPAL_OFFICER: "municipal",
}
"""Logins of the people who ask, by role; `tests/specimens/stories.py` describes them. The other
people ask for each rule in `test_rules.py`."""


class Person(NamedTuple):
    role: Role
    login: str

    @property
    def token(self) -> str:
        return token_of(self.login, self.role, 1)


EVERYBODY = [Person(role, login) for role, logins in CAST.items() for login in split_names(logins)]
WIDE = Limits(
    **dict.fromkeys([name for name in Limits.model_fields if name != "most_kept"], 1_000_000)
    | {"most_nesting": 100}
)
"""One document asks for everything that a type has."""


REQUEST = "one of the tests"
"""The id of each request, which the audit log holds."""


class Client:
    """Asks the schema as a server does: by a plan if there is one."""

    def __init__(self, services: Services) -> None:
        self.services = services
        documents = Documents(schema._schema, WIDE)  # noqa: SLF001  # graphql-core's
        self.engine = Engine(schema, services, documents=documents)

    def turn_to(self, services: Services) -> None:
        """Ask another database by the same plans."""
        self.services = self.engine.services = services

    async def __call__(
        self, person: Person, document: str, variables: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        """Return the answer as JSON."""
        asker = Asker(person.token, "en", request_id=REQUEST, rate_limit=self.make_budget)
        answer = await self.engine.answer(asker, document, dict(variables), None)
        if answer is not None:
            told: dict[str, Any] = json.loads(answer.body)
            return told
        return await self.ask_standard_executor(person, document, variables)

    async def ask_standard_executor(
        self, person: Person, document: str, variables: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        """Return the answer of the standard executor."""
        caller = Asker(person.token, "en", request_id=REQUEST, rate_limit=self.make_budget).caller(
            self.services
        )
        reply: Any = await schema.execute(document, dict(variables), context_value=caller)
        errors = [error.formatted for error in reply.errors or ()]
        whole = {"data": reply.data} | ({"errors": errors} if errors else {})
        told: dict[str, Any] = json.loads(json.dumps(whole))
        return told

    def make_budget(self) -> RateLimit:
        return RateLimit(1, 10, 9, self.services.now())
