"""Any operation, asked by anyone, is answered the same by both executors."""

import os
from typing import Any

import pytest
from graphql import parse, validate
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from gql.engine.run import Engine
from gql.guard.documents import Documents
from gql.schema import schema
from resolvers.core.context import Services
from resolvers.core.shapes import SHAPES
from tests.authz.everybody import EVERYBODY, WIDE, Person
from tests.authz.subjects import ROWS, make_global_id
from tests.conftest import SignIn
from tests.engine.conftest import Both
from tests.engine.generator import Generator
from tests.specimens.declaring import BOOK

CORE = schema._schema  # noqa: SLF001  # graphql-core's
GIVEN = os.environ.get("GOROD_FUZZ")
ASKED = int(GIVEN or 4 * len(SHAPES))
"""The number of operations, which grows with the number of types."""
LOGS, SPECIAL = ("sensitiveReads", "auditEvents"), ("health", "identity")
"""Root fields that list logged reads, and fields whose reads are logged."""


@pytest.fixture
def both(services: Services, monkeypatch: pytest.MonkeyPatch) -> Both:
    """Both executors, without the limits, which random operations exceed."""
    documents = Documents(schema._schema, WIDE)  # noqa: SLF001  # graphql-core's
    monkeypatch.setitem(vars(schema), "documents", documents)
    return Both(Engine(schema, services, documents=documents))


def reads_its_own_log(document: str) -> bool:
    """Return whether an operation reads special data and the log of such reads.

    The executor that answers second would find the read of the first in the log.
    """
    return any(log in document for log in LOGS) and any(one in document for one in SPECIAL)


IDS = {
    name: [make_global_id(row, one) for one in list(BOOK[row].rows)[:12]]
    for name, row in ROWS.items()
}
"""Some ids of each type."""


@pytest.mark.embedded_only
@pytest.mark.lengthy
async def test_any_operation_of_anyone_is_answered_alike(api: SignIn, both: Both) -> None:
    generator = Generator(CORE, IDS)
    kinds: dict[str, int] = {}
    asked: list[tuple[Person, str, dict[str, Any]]] = []

    @settings(
        max_examples=ASKED, database=None, deadline=None, derandomize=GIVEN is None,
        phases=[Phase.generate], suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(data=st.data())
    def collect(data: st.DataObject) -> None:
        document, variables = generator.draw_operation(data.draw)
        asked.append((data.draw(st.sampled_from(EVERYBODY)), document, variables))

    collect()
    for person, document, variables in asked:
        assert not validate(CORE, parse(document)), document
        if reads_its_own_log(document):
            continue
        try:
            kind = await both(api(person.login, person.role), document, **variables)
        except BaseException as problem:
            problem.add_note(f"{person} asked:\n{document}\nwith {variables}")
            raise
        kinds[kind] = kinds.get(kind, 0) + 1
    assert kinds.get("compiled", 0) > ASKED / 4, kinds
