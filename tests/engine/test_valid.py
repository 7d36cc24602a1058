"""The engine and graphql-core find the same documents valid."""

import random
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from graphql import GraphQLError, parse, validate

from gql.guard.rules import RULES
from gql.guard.validate import find_errors
from gql.schema import schema
from tests.conftest import SignIn
from tests.engine.conftest import Both
from tests.engine.test_cost import HOME
from tests.engine.test_equality import QUARTER, WEEK
from tests.journal.test_class_averages import AVERAGES

CORE = schema._schema  # noqa: SLF001  # graphql-core's
EXAMPLES = [file.read_text() for file in sorted(Path("examples").glob("*.graphql"))]
FRAGMENTS = """query Q($s: ID!, $on: Boolean = true) { student(by: {id: $s}) {
    ...A @include(if: $on) ... on Student { fullName contacts { phone } } } }
    fragment A on Student { id ...B } fragment B on Student { fullName account { ...C } }
    fragment C on Account { __typename id }"""
DOCUMENTS = [HOME, QUARTER, WEEK, AVERAGES, FRAGMENTS, *EXAMPLES]
WRONG = {
    "a field nobody has": "{ viewer { nothing } }",
    "a leaf looked into": "{ viewer { fullName { a } } }",
    "an object not looked into": "{ viewer }",
    "two that cannot be one": "{ viewer { a: fullName a: role } }",
    "an argument nobody has": "{ notices(most: 1) { totalCount } }",
    "an argument twice": "{ notices(first: 1, first: 1) { totalCount } }",
    "a value of another type": '{ notices(first: "1") { totalCount } }',
    "an argument that is missing": "{ journal { students { id } } }",
    "a variable nobody declared": "{ notices(first: $n) { totalCount } }",
    "a variable nobody uses": "query ($n: Int) { notices { totalCount } }",
    "a variable in the wrong place": "query ($n: String) { notices(first: $n) { totalCount } }",
    "a variable twice": "query ($n: Int, $n: Int) { notices(first: $n) { totalCount } }",
    "a variable of what is given": "query ($n: Student) { notices(first: $n) { totalCount } }",
    "a directive nobody knows": "{ notices @never { totalCount } }",
    "a directive twice": "{ notices @skip(if: true) @skip(if: true) { totalCount } }",
    "a directive in the wrong place": "query @skip(if: true) { notices { totalCount } }",
    "a fragment nobody wrote": "{ viewer { ...A } }",
    "a fragment nobody spreads": "{ viewer { role } } fragment A on Viewer { role }",
    "a fragment in itself": "{ viewer { ...A } } fragment A on Viewer { role ...A }",
    "a fragment twice":
        "{ viewer { ...A } } fragment A on Viewer { id } fragment A on Viewer { id }",
    "a fragment on nothing": "{ viewer { ... on Nothing { role } } }",
    "a fragment that never fits": "{ viewer { ... on Student { id } } }",
    "a variable in a fragment": "{ viewer { ...A } } fragment A on Viewer { role @skip(if: $no) }",
    "two operations of one name": "query A { viewer { role } } query A { viewer { role } }",
    "one without a name beside another": "{ viewer { role } } query A { viewer { role } }",
    "a definition of a type": "{ viewer { role } } type A { b: Int }",
    "two answers to one choice": '{ student(by: {id: "a", personalFile: "b"}) { id } }',
    "an input's field twice": '{ student(by: {id: "a", id: "a"}) { id } }',
    "a depth without end": "{ viewer { ...F0 } } fragment F400 on Viewer { role }" + "".join(
        f" fragment F{n} on Viewer {{ ...F{n + 1} }}" for n in range(400)),
    "a schema too deep":
        "{ __schema { types { " + "fields { type { " * 5 + "name" + " } }" * 5 + "}}}",
}  # fmt: skip


def is_valid_for_graphql_core(document: str) -> bool:
    return not validate(CORE, parse(document), RULES)


def can_parse(document: str) -> bool:
    try:
        parse(document)
    except GraphQLError:
        return False
    return True


EARLY = """fragment A on Query { student(by: {id: $s}) { id fullName } }
    query Q($s: ID!) { ...A }"""


async def test_a_fragment_may_stand_before_the_operation_whose_variable_it_chooses_by(
    api: SignIn, both: Both
) -> None:
    mother = api("parent.ivanova")
    assert await both(mother, EARLY, s="Student:1-1") == "compiled"
    assert (await mother(EARLY, s="Student:1-1"))["student"]["id"] == "Student:1-1"


@pytest.mark.parametrize(
    ("choice", "told"),
    [
        ("id: $nobody", "Variable '$nobody' is not defined by operation 'Q'."),
        ("id: $s", "must be non-nullable"),
    ],
)
async def test_a_variable_that_does_not_fit_a_choice_is_refused_in_words(
    api: SignIn, choice: str, told: str
) -> None:
    asked = f"query Q($s: ID) {{ student(by: {{{choice}}}) {{ id }} a: node(id: $s) {{ id }} }}"
    refused = (await api("parent.ivanova").reply(asked)).errors or []
    assert {(e.extensions or {})["code"] for e in refused} == {"GRAPHQL_VALIDATION_FAILED"}
    assert any(told in error.message for error in refused), refused


@pytest.mark.parametrize("what", WRONG)
def test_an_invalid_document_is_found(what: str) -> None:
    assert not is_valid_for_graphql_core(WRONG[what])
    assert find_errors(CORE, parse(WRONG[what]))


def mutate(document: str, chance: random.Random) -> Iterator[str]:
    """Yield the document with words of it left out, doubled, or exchanged."""
    parts = re.split(r'("[^"]*"|\$?\w+)', re.sub("#.*", "", document))
    places = range(1, len(parts), 2)
    for _ in range(30):
        now = list(parts)
        for place in chance.sample(places, chance.choice((1, 1, 2))):
            other = chance.choice(parts[1::2])
            now[place] = chance.choice(("", f"{other} {now[place]}", other, other))
        yield "".join(now)


def test_documents_that_graphql_core_refuses_are_refused() -> None:
    chance = random.Random(1)
    found = dict.fromkeys((True, False), 0)
    for document in DOCUMENTS:
        for one in (document, *mutate(document, chance)):
            if can_parse(one):
                valid = is_valid_for_graphql_core(one)
                assert (not find_errors(CORE, parse(one))) is valid, one
                found[valid] += 1
    assert min(found.values()) > len(DOCUMENTS)


def test_no_rule_reads_a_name_node_alone() -> None:
    assert not [
        rule for rule in RULES for way in ("enter", "leave") if hasattr(rule, f"{way}_name")
    ]
