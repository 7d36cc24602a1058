"""Any operation, asked by anyone, is answered the same by both executors."""

import os
from typing import Any

import pytest
from graphql import parse, validate
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import inspect, text
from sqlalchemy.ext.asyncio import AsyncConnection

from gql.engine.run import Engine
from gql.guard.documents import Documents
from gql.guard.limits import Limits
from gql.schema import schema
from models.base import Record
from resolvers.core.context import Services
from resolvers.core.shapes import SHAPES
from tests.conftest import SignIn
from tests.engine.conftest import Both
from tests.engine.generator import Generator

CORE = schema._schema  # noqa: SLF001  # graphql-core's
GIVEN = os.environ.get("GOROD_FUZZ")
ASKED = int(GIVEN or 4 * len(SHAPES))
"""How many operations: more as there are more types."""
LOGINS = (
    "parent.ivanova", "student.ivanova", "teacher.belova", "teacher.gusev", "zavuch", "admin",
    "secretary", "hr", "psychologist", "social", "director", "municipal",
)  # fmt: skip
LOGS, SPECIAL = ("sensitiveReads", "auditEvents"), ("health", "identity")
"""Root fields that log readings, and fields whose readings are logged."""


@pytest.fixture
def both(services: Services, monkeypatch: pytest.MonkeyPatch) -> Both:
    """Both executors, without the limits that random operations do not keep."""
    names = [name for name in Limits.model_fields if name != "most_kept"]
    limits = Limits(**dict.fromkeys(names, 1_000_000) | {"most_nesting": 100})
    documents = Documents(schema._schema, limits)  # noqa: SLF001  # graphql-core's
    monkeypatch.setitem(vars(schema), "documents", documents)
    return Both(Engine(schema, services, documents=documents))


def tells_of_itself(document: str) -> bool:
    """Whether an operation reads special data and the log of such readings: the second executor
    that answers it finds the reading by the first."""
    return any(log in document for log in LOGS) and any(one in document for one in SPECIAL)


async def ids_there_are(sql: AsyncConnection) -> dict[str, list[str]]:
    """Some ids of each type."""
    found = {}
    for row in SHAPES:
        if not row.is_view:
            table = inspect(row).local_table
            query = f"SELECT id FROM {table} WHERE school_id = 1 ORDER BY id LIMIT 12"
            keys = (await sql.execute(text(query))).scalars().all()
            found[row.api_name()] = [f"{row.api_name()}:1-{key}" for key in keys] or ["X:1-1"]
    assert len(Record.metadata.tables) > len(found)
    return found


@pytest.mark.embedded_only
@pytest.mark.lengthy
async def test_any_operation_of_anyone_is_answered_alike(
    api: SignIn, both: Both, sql: AsyncConnection
) -> None:
    generator = Generator(CORE, await ids_there_are(sql))
    kinds: dict[str, int] = {}
    asked: list[tuple[str, str, dict[str, Any]]] = []

    @settings(
        max_examples=ASKED, database=None, deadline=None, derandomize=GIVEN is None,
        phases=[Phase.generate], suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(data=st.data())
    def collect(data: st.DataObject) -> None:
        document, variables = generator.operation(data.draw)
        asked.append((data.draw(st.sampled_from(LOGINS)), document, variables))

    collect()
    for login, document, variables in asked:
        assert not validate(CORE, parse(document)), document
        if tells_of_itself(document):
            continue
        try:
            kind = await both(api(login), document, **variables)
        except BaseException as problem:
            problem.add_note(f"{login} asked:\n{document}\nwith {variables}")
            raise
        kinds[kind] = kinds.get(kind, 0) + 1
    assert kinds.get("compiled", 0) > ASKED / 4, kinds
