"""The fields of queries that the standard executor answers, and the reasons: `not_compiled.txt`."""

from pathlib import Path

from auth.rights import Right
from gql.engine.explain import plan_document
from gql.schema import schema
from gql.trusted.preparing import make_actor
from models.access.roles import AccessScope, Role
from tests.engine.coordinates import list_operations

CORE = schema._schema  # noqa: SLF001  # graphql-core's
LIST = Path(__file__).with_name("not_compiled.txt")
EVERY_RIGHT = frozenset((right, AccessScope.SCHOOL) for right in Right)
MOST = 5


def test_all_other_fields_are_compiled() -> None:
    known = [line.partition(": ")[0] for line in LIST.read_text().splitlines()]
    assert len(known) <= MOST
    actor, asked, handed_back = make_actor(Role.DIRECTOR, EVERY_RIGHT), 0, []
    for coordinate, document in list_operations(CORE, ends=known):
        asked += 1
        if plan_document(schema, document, {}, actor).kind != "compiled":
            handed_back.append(coordinate)
    assert asked > 700
    assert sorted(handed_back) == sorted(known)
