"""The static cost of operations, reckoned by hand; see `gql.guard.cost`."""

from dataclasses import replace
from typing import Any

import pytest
from starlette.applications import Starlette

from gql.engine.run import Engine
from gql.guard.cost import MOST_KEPT, OperationCost
from gql.guard.documents import Documents
from gql.guard.limits import Limits
from gql.schema import schema
from gql.transport.http import GraphQLOverHTTP
from models.database.readers import Readers
from models.problems import OperationTooComplex
from resolvers.core.context import Services
from tests.conftest import Api, SignIn
from tests.making import pack
from tests.test_attacks import Request

CORE = schema._schema  # noqa: SLF001  # graphql-core's
DIARY = "diary(studentId: $s, from: $from, to: $to) { days { lessons { marks { value } } } }"
DAY = 1 + 7 * (1 + 2)
"""The day itself, and each of its seven lessons with two marks."""

BY_HAND = {
    "a scalar": ("{ __typename }", 0),
    "an object": ("{ school { shortName name } }", 1),
    "an object in an object": ("{ node(id: 1) { ... on SchoolClass { classTeacher { id } } } }", 2),
    "a list of 15": ("{ node(id: \"SchoolClass:1-1\") { ... on SchoolClass { sections { id } } } }",
                     1 + 15),
    "a list of scalars": ("{ viewer { rights } }", 1),
    "a page of 20": ("{ students { nodes { id } } }", 1 + 20),
    "a page of 5": ("{ students(first: 5) { nodes { id } } }", 1 + 5),
    "a page of none": ("{ students(first: 0) { nodes { id } } }", 1),
    "a page of what no page has": ("{ students(last: 1000) { nodes { id } } }", 1 + 100),
    "the same page by edges": ("{ students(first: 5) { edges { cursor node { id } } } }",
                               1 + 5 + 5),
    "what stands once in a page": (
        "{ students(first: 5) { totalCount pageInfo { hasNextPage } nodes { id } } }",
        1 + 10 + 1 + 5),
    "lists in a page": ("{ classes(first: 10) { totalCount nodes { students { id } } } }",
                        1 + 10 + 10 * (1 + 30)),
    "lists in lists": ("{ classes(first: 10) { nodes { students { guardianLinks { id } } } } }",
                       1 + 10 * (1 + 30 * (1 + 3))),
    "aliases": ("{ a: school { name } b: school { name } }", 2),
    "a fragment that is spread twice": (
        "{ a: classes { ...F } b: classes(first: 1) { ...F } } "
        "fragment F on SchoolClassConnection { nodes { sections { id } } }",
        (1 + 20 * (1 + 15)) + (1 + 1 * (1 + 15))),
    "an inline fragment": ("{ ... { students(first: 3) { ... { nodes { id } } } } }", 1 + 3),
    "ids": ('{ nodes(ids: ["Mark:1-1", "Mark:1-2"]) { id } }', 2),
    "what Python makes": ("{ roles { rights { permission } } }", 10 * 12 * (1 + 80)),
    "a mutation": ("mutation { signOut { signedOut } }", 10 + 1),
    "a diary of a week": ("{ diary(studentId: 1) { days { date } } }", 1 + 7),
    "a diary of a fortnight": (
        '{ diary(studentId: 1, from: "2026-11-16", to: "2026-11-29") { days { date } } }',
        1 + 14),
    "a diary of years": (
        '{ diary(studentId: 1, from: "2006-11-16", to: "2026-11-29") { days { date } } }',
        1 + 62),
    "a journal of a week": ("{ journal(sectionId: 1) { cells { lessonId } lessons { id } } }",
                            1 + 5 * 30 + 5),
}  # fmt: skip
SENT: dict[str, tuple[str, dict[str, Any], int]] = {
    "the size of a page": (
        "query ($n: Int) { students(first: $n) { nodes { id } } }", {"n": 7}, 1 + 7),
    "no size": ("query ($n: Int) { students(first: $n) { nodes { id } } }", {}, 1 + 20),
    "null for a size": ("query ($n: Int) { students(first: $n) { nodes { id } } }",
                        {"n": None}, 1 + 20),
    "a default of the document": (
        "query ($n: Int = 3) { students(first: $n) { nodes { id } } }", {}, 1 + 3),
    "no number": ("query ($n: Int) { students(first: $n) { nodes { id } } }",
                  {"n": ["a"]}, 1 + 100),
    "a page in aliases": (
        "query ($n: Int) { a: students(first: $n) { ...F } b: students(last: $n) { ...F } } "
        "fragment F on StudentConnection { nodes { guardianLinks { id } } }",
        {"n": 2}, 2 * (1 + 2 * (1 + 3))),
    "ids": ("query ($i: [ID!]!) { nodes(ids: $i) { id } }", {"i": ["a", "b", "c"]}, 3),
    "days": (
        "query ($s: ID!, $from: Date, $to: Date) { " + DIARY + " }",
        {"from": "2026-11-16", "to": "2026-11-18"}, 1 + 3 * DAY),
    "days that are none": (
        "query ($s: ID!, $from: Date, $to: Date) { " + DIARY + " }",
        {"from": "x", "to": 5}, 1 + 62 * DAY),
    "items of a batch": (
        "mutation ($i: SetMarksInput!) { setMarks(input: $i) { results { mark { id } } } }",
        {"i": {"items": [{}] * 40}}, 10 + 1 + 40 * (1 + 1)),
}  # fmt: skip


@pytest.fixture
def documents() -> Documents:
    return Documents(CORE, Limits())


@pytest.mark.parametrize("what", BY_HAND)
def test_an_operation_costs_what_it_asks_for(documents: Documents, what: str) -> None:
    text, cost = BY_HAND[what]
    assert documents.read(text).cost(None, {}) == cost


@pytest.mark.parametrize("what", SENT)
def test_variables_say_how_long_lists_are(documents: Documents, what: str) -> None:
    text, variables, cost = SENT[what]
    assert documents.read(text).cost(None, variables) == cost


ONE_AND_LIKE_IT: list[tuple[Any, int]] = [
    (1.0, 1), (1, 1), (True, 1), (1.5, 100), (7, 7), (None, 20), ("1", 100), ([1], 100),
    (1e300, 100),
]  # fmt: skip
"""Sizes of a page, and how many members each stands for; GraphQL takes `1.0` for an integer."""


def test_a_cost_that_is_kept_serves_no_other_value(documents: Documents) -> None:
    """`1.0` and `true` equal `1` in Python, by which costs are kept."""
    document = documents.read(SENT["the size of a page"][0])
    for _ in range(2):
        for sent, members in ONE_AND_LIKE_IT:
            assert document.cost(None, {"n": sent}) == 1 + members, sent
        assert document.cost(None, {}) == 1 + 20
    for number, (sent, members) in enumerate(ONE_AND_LIKE_IT):
        fresh = documents.read(f"{SENT['the size of a page'][0]} # {number}")
        assert fresh.cost(None, {"n": sent}) == 1 + members, "in whatever order they come"


def test_costs_that_are_kept_do_not_grow_with_what_clients_send(documents: Documents) -> None:
    document = documents.read(SENT["days"][0])
    kept = document.costs[None]
    assert isinstance(kept, OperationCost)
    for number in range(100):
        assert document.cost(None, {"from": f"{number}", "to": None}) == 1 + 7 * DAY
        assert document.cost(None, {"from": "2" * (number + 33), "to": None}) == 1 + 7 * DAY
        assert len(kept.found) <= MOST_KEPT
        assert all(len(day) < 33 for day, _ in kept.found)
    assert kept.found


def test_each_operation_of_a_document_has_a_cost(documents: Documents) -> None:
    text = "query A { school { name } } query B { students(first: 1) { nodes { id } } }"
    document = documents.read(text)
    assert [document.cost(name, {}) for name in ("A", "B", None, "C")] == [1, 2, 0, 0]


def test_fragments_that_spread_each_other_twice_are_reckoned_once(documents: Documents) -> None:
    """The cost doubles eight times, and so would a walk that went into each of them."""
    fragments = " ".join(
        f"fragment F{n} on Room {{ ...F{n + 1} ... on Room {{ ...F{n + 1} }} }}" for n in range(8)
    )
    text = f"{{ rooms(first: 2) {{ nodes {{ ...F0 }} }} }} {fragments}"
    found = documents.read(text + " fragment F8 on Room { number }")
    assert found.cost(None, {}) == 1 + 2


async def test_what_costs_too_much_is_refused_with_the_values_that_were_sent(
    api: SignIn, stranger: Api
) -> None:
    asked = (
        "query ($n: Int) { classes(first: $n) { nodes { students { guardianLinks { guardian "
        "{ students: links { student { id } } } } } } } }"
    )
    assert await api("zavuch")(asked, n=1)
    for who in (api("zavuch"), stranger):
        refused = await who.expect_refusal(asked, n=100)
        assert (refused["code"], refused["limit"]) == ("OPERATION_TOO_COMPLEX", "cost")
        student = 1 + 3 * (1 + 1 + 3 * (1 + 1))
        assert (refused["asked"], refused["most"]) == (1 + 100 * (1 + 30 * student), 30_000)


@pytest.mark.parametrize("login", [None, "zavuch"])
async def test_the_door_asks_for_the_cost_with_new_documents_and_known_ones(
    services: Services, readers: Readers, api: SignIn, login: str | None
) -> None:
    door = GraphQLOverHTTP(Starlette(), Engine(schema, replace(services, readers=readers)))
    token = api(login).caller.token if login else None
    asked = (
        "query ($n: Int) { classes(first: $n) { nodes { students { guardianLinks { guardian "
        "{ links { student { id } } } } } } } }"
    )
    for text in (asked, asked + " #" + 400 * "x"):
        codes = []
        for size in (100, 1, 100):
            sent = Request(door, pack(text, {"n": size}), token)
            await sent.answer()
            codes.append(sent.code())
        if login is None:  # the cost would tell a stranger what is in the schema
            assert codes == ["UNAUTHENTICATED"] * 3
            continue
        assert codes == ["OPERATION_TOO_COMPLEX", "data", "OPERATION_TOO_COMPLEX"]


def test_a_cost_beyond_any_number_is_told_as_the_greatest(documents: Documents) -> None:
    """As an `Int` of GraphQL, which every client can read."""
    deep = Documents(CORE, Limits(most_depth=80))
    around = "sections { schoolClass { " * 30 + "id" + " } }" * 30
    with pytest.raises(OperationTooComplex) as refused:
        deep.read(f"{{ classes {{ nodes {{ {around} }} }} }}")
    assert refused.value.extensions["asked"] == 2**31 - 1
