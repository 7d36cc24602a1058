"""Errors stand in the order of their fields in the answer, whichever executor finds them."""

import json
from typing import Any

import pytest

from gql.engine.asker import Asker
from gql.engine.run import Engine
from gql.schema import schema
from gql.transport.execution import Executor
from gql.transport.requests import Request
from resolvers.core.context import Services
from tests.conftest import SignIn
from tests.engine.conftest import make_asker

BAD, GOOD = (
    f'diary(studentId: "Student:1-1", from: "2026-11-23", to: "{to}") {{ student {{ fullName }} }}'
    for to in ("2027-11-29", "2026-11-29")
)
"""More days than a diary shows at once, and a week."""
DENIED = "accounts { nodes { id } }"
SNILS = 'student(by: {id: "Student:1-1"}) { identity { snils } }'
NOBODY = 'student(by: {id: "Student:1-999999"}) { identity { snils } contacts { address } }'
ROOMS = "rooms(first: 2) { nodes { number } }"
CASES: dict[str, tuple[str, list[str]]] = {
    "refused, then failed": (f"{{ a: {DENIED} b: {BAD} {ROOMS} }}", ["a", "b"]),
    "failed, then refused": (f"{{ a: {BAD} b: {DENIED} {ROOMS} }}", ["a", "b"]),
    "failed between refused": (f"{{ a: {SNILS} b: {BAD} c: {DENIED} {ROOMS} }}", ["a", "b", "c"]),
    "two failed around one": (f"{{ a: {BAD} b: {SNILS} c: {BAD} {ROOMS} }}", ["a", "b", "c"]),
    "against the alphabet": (f"{{ z: {BAD} y: {DENIED} x: {BAD} {ROOMS} }}", ["z", "y", "x"]),
    "by a fragment that stands later": (
        f"{{ ...f {ROOMS} b: {BAD} }} fragment f on Query {{ a: {SNILS} c: {BAD} }}",
        ["a", "c", "b"],
    ),
    "by a fragment that stands before": (
        f"fragment f on Query {{ c: {SNILS} }} {{ a: {BAD} b: {GOOD} ...f }}", ["a", "c"],
    ),
    "below a null": (f"{{ a: {NOBODY} b: {BAD} }}", ["a", "b"]),
    "refused only": (f"{{ c: {SNILS} b: {DENIED} a: {ROOMS} }}", ["c", "b"]),
}  # fmt: skip


@pytest.fixture
def executor(services: Services) -> Executor:
    return Executor(Engine(schema, services))


async def ask_both(executor: Executor, who: Asker, document: str) -> tuple[Any, Any]:
    """Return the answers of the two executors."""
    request = Request(document, {}, None, None)
    read, _ = await executor.read_document(who, request, len(document))
    return await executor.execute(who, read, request), await executor.execute_standard(
        who, read, request
    )


@pytest.mark.parametrize("what", CASES)
async def test_both_executors_give_the_same_bytes(
    api: SignIn, executor: Executor, what: str
) -> None:
    document, wanted = CASES[what]
    quick, standard = await ask_both(executor, make_asker(api("parent.ivanova")), document)
    assert quick.body == standard.body
    assert (quick.code, standard.kind) == (standard.code, "standard")
    assert quick.kind == ("mixed" if BAD in document else "compiled")
    errors = json.loads(quick.body)["errors"]
    assert [error["path"][0] for error in errors] == wanted
