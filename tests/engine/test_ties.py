"""Every part of a compiled statement is tied to the row that it is asked for."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

import pytest
from graphql import GraphQLObjectType, get_named_type, is_leaf_type, is_required_argument

from auth.actor import Actor
from auth.rights import Right
from gql.engine.cache import Cache
from gql.guard.documents import Documents
from gql.guard.limits import Limits
from gql.schema import schema
from models.access.roles import AccessScope, Role
from tests.engine.ties import find_untied

CORE: Any = schema._schema  # noqa: SLF001  # graphql-core's
NODES = [
    type_
    for type_ in CORE.type_map.values()
    if isinstance(type_, GraphQLObjectType) and "Node" in {one.name for one in type_.interfaces}
]
ROOTS: dict[str, Any] = CORE.query_type.fields
GIVEN: dict[str, Any] = {
    "Date": "2026-11-24",
    "String": "а",
    "StudentByInput": {"personalFileNo": "А-1"},
}
KINDS = {"messageId": "MailMessage"}
WIDE = Limits(most_tokens=100_000, most_fields=100_000, most_cost=10**12)
"""One document asks for everything that a type has."""

SELF, CHILD, SECTION, CLASS, SCHOOL = AccessScope


def make_viewer(*scopes: AccessScope, is_scoped: bool = False) -> Actor:
    """Make an actor who holds all rights with these scopes."""
    return Actor(
        school_id=1, time_zone="Asia/Barnaul", account_id=1, session_id=1, person_id=1,
        role=Role.DIRECTOR, grants=frozenset((right, scope) for right in Right for scope in scopes),
        student_id=1, guardian_id=1, staff_id=1, role_grant_id=1, is_scoped=is_scoped,
        today=date(2026, 11, 24), now=datetime(2026, 11, 24, tzinfo=UTC),
    )  # fmt: skip


VIEWERS = {
    "own": make_viewer(SELF, CHILD, SECTION, CLASS),
    "scoped": make_viewer(SELF, CHILD, SECTION, CLASS, is_scoped=True),
    "school": make_viewer(SCHOOL),
}


def make_arguments(field: Any, variables: dict[str, Any]) -> str:
    """Return the required arguments of a field, as variables."""
    told = []
    for name, argument in field.args.items():
        if is_required_argument(argument):
            variables[variable := f"v{len(variables)}"] = (name, argument.type)
            told.append(f"{name}: ${variable}")
    return f"({', '.join(told)})" if told else ""


def make_selection(type_: Any, variables: dict[str, Any], depth: int) -> str:
    """Return all fields of a type that SQL answers, and those of the types they lead to."""
    named = get_named_type(type_)
    if is_leaf_type(named):
        return ""
    if not depth or not isinstance(named, GraphQLObjectType):
        return " { __typename }"
    fields = [
        f"{name}{make_arguments(field, variables)}"
        f"{make_selection(field.type, variables, depth - 1)}"
        for name, field in named.fields.items()
        if named not in NODES or is_answered_by_sql(named, name)
    ]
    return f" {{ __typename {' '.join(fields)} }}"


@cache
def is_answered_by_sql(type_: Any, name: str) -> bool:
    """Return whether SQL answers a field of a node. Python decrypts documents and signs links."""
    variables: dict[str, Any] = {}
    field = type_.fields[name]
    body = f"{name}{make_arguments(field, variables)}{make_selection(field.type, variables, 0)}"
    [plan] = make_plans(
        f"... on {type_.name} {{ {body} }}", variables, type_.name, [VIEWERS["school"]]
    )
    return bool(plan.sql)


def make_value(name: str, type_: Any) -> Any:
    named = get_named_type(type_)
    if named.name in GIVEN:
        return GIVEN[named.name]
    kind = KINDS.get(name, name[0].upper() + name.removesuffix("Id")[1:])
    return f"{kind if kind in CORE.type_map else 'Student'}:1-1"


def make_plans(
    body: str,
    variables: dict[str, Any],
    kind: str | None = None,
    viewers: Iterable[Actor] = tuple(VIEWERS.values()),
) -> Iterator[Any]:
    """Yield the engine's plans of a document for each viewer: for fields of a node of a kind, or
    for root fields."""
    if kind is not None:
        variables["node"] = ("node", ROOTS["node"].args["id"].type)
        body = f"node(id: $node) {{ {body} }}"
    declared = ", ".join(f"${one}: {type_}" for one, (_, type_) in variables.items())
    documents = Documents(CORE, WIDE, suggests=True)
    cache = Cache(schema, documents)
    document = documents.read(f"query Q{f'({declared})' if declared else ''} {{ {body} }}")
    compiled = cache.operation(document, None)
    assert compiled, document.errors
    given = {one: make_value(name, type_) for one, (name, type_) in variables.items()}
    given |= {"node": f"{kind}:1-1"} if kind else {}
    for actor in viewers:
        yield cache.make_and_keep(compiled, actor, given)


@pytest.mark.parametrize("type_", NODES, ids=str)
def test_every_field_of_a_row_is_tied_to_the_row(type_: Any) -> None:
    variables: dict[str, Any] = {}
    body = f"... on {type_.name} {make_selection(type_, variables, 1)}"
    made = [plan.sql for plan in make_plans(body, variables, type_.name)]
    assert all(made)
    found = [why for sql in made for why in find_untied(sql)]
    assert not found, found[0]


STANDARD = {"node", "viewer", "roles", "explainAccess", "eventsCursor", "rateLimit"}
"""Root fields that Python answers. `node` is asked for above."""


@pytest.mark.parametrize("name", sorted(ROOTS.keys() - STANDARD))
def test_every_field_of_a_root_field_is_tied_to_its_rows(name: str) -> None:
    variables: dict[str, Any] = {}
    field = ROOTS[name]
    body = f"{name}{make_arguments(field, variables)}{make_selection(field.type, variables, 3)}"
    made = [plan.sql for plan in make_plans(body, variables)]
    assert all(made)
    found = [why for sql in made for why in find_untied(sql, is_report=True)]
    assert not found, found[0]


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("SELECT (SELECT count(*) FROM a, s WHERE a.s = s.id) FROM s", "read again"),
        ("SELECT (SELECT avg(a.v) FROM a) FROM s AS t", "same for all rows"),
        ("SELECT EXISTS (SELECT FROM a WHERE a.s = $1) FROM s AS t", "same for all rows"),
        ("SELECT 1 FROM s JOIN a ON a.v > 3", "joined to nothing"),
        ("SELECT 1 FROM s, a WHERE s.id = $1 AND a.v = $2", "joined to nothing"),
        ("SELECT 1 FROM s JOIN LATERAL (SELECT 1 FROM a) AS b ON TRUE", "joined to nothing"),
    ],
)
def test_an_untied_part_is_found(sql: str, reason: str) -> None:
    assert any(reason in why for why in find_untied(sql))


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT (SELECT count(*) FROM a WHERE a.s = s.id) FROM s",
        "SELECT 1 FROM s WHERE s.id IN (SELECT a.s FROM a WHERE a.id = $1)",
        "SELECT 1 FROM s JOIN LATERAL (SELECT 1 FROM a WHERE a.s = s.id) AS b ON TRUE",
        "SELECT 1 FROM s, t WHERE s.id = $1 AND t.id = $2",
        "SELECT 1 FROM s WHERE s.a = (SELECT s.a FROM s WHERE s.id = $1)",
        "WITH k1 AS (SELECT z.k FROM z) SELECT (SELECT k FROM k1) FROM s",
    ],
)
def test_a_tied_statement_is_accepted(sql: str) -> None:
    assert not list(find_untied(sql))
