"""The execution of operations: a table of cases after graphql-js's tests of execution."""

import json
from dataclasses import replace
from typing import Any

import pytest

from gql.engine.cache import TooLong
from gql.guard.over_limit import ADVICE
from tests.conftest import SignIn
from tests.engine.conftest import Both, make_asker

MARKS = 'diary(studentId: "Student:1-1", from: "2026-11-16")'
CASES = {
    "aliases": "{ a: school { b: shortName c: shortName } d: school { shortName } }",
    "equal keys merge": "{ school { shortName } school { fullName shortName } }",
    "equal keys merge deeply": f"{{ {MARKS} {{ days {{ date }} }} {MARKS} {{ days {{ lessons "
    "{ ordinal } } days { lessons { subject { name } } } } }",
    "order is of first mention": "{ terms { name } school { fullName } ...F } "
    "fragment F on Query { school { shortName } terms { id } }",
    "fragments in fragments": "{ ...A } fragment A on Query { ...B school { id } } "
    "fragment B on Query { school { shortName } }",
    "a fragment spread twice": "{ ...A ...A } fragment A on Query { school { id } }",
    "inline fragments": "{ ... { school { ... on School { id } ... on Node { id } } } }",
    "fragments on an interface": '{ node(id: "Student:1-1") { id __typename ...S ... on Section '
    "{ name } } } fragment S on Student { fullName }",
    "fragments that do not apply": '{ node(id: "Section:1-68") { ... on Student { fullName } } }',
    "typenames": "{ __typename school { __typename } terms { __typename } viewer { __typename } }",
    "typename of a page": "{ rooms(first: 1) { __typename edges { __typename node { __typename } } "
    "pageInfo { __typename } } }",
    "skip": "query ($y: Boolean = true) { school @skip(if: $y) { id } terms { id @skip(if: true) "
    "name } }",
    "include": "query ($y: Boolean = true) { school @include(if: $y) { id } terms { "
    "id @include(if: false) name } }",
    "skip wins": "{ school { id @include(if: true) @skip(if: true) shortName } }",
    "a skipped fragment": "{ ...A @skip(if: true) ...B @include(if: true) } "
    "fragment A on Query { school { id } } fragment B on Query { terms { id } }",
    "a skipped spread does not hide another": "{ ...A @skip(if: true) ...A } "
    "fragment A on Query { school { id } }",
    "nothing is left": "{ school @skip(if: true) { id } }",
    "variables with defaults": "query ($n: Int = 2) { rooms(first: $n) { nodes { number } } }",
    "a null": "{ terms(academicYearId: null) { name } }",
    "an input with nulls": "{ rooms(filter: {capacity: null, number: {isNull: false}}, first: 2) "
    "{ totalCount } }",
    "a list of one": '{ rooms(filter: {number: {in: "101"}}, first: 2) { totalCount } }',
    "no such id": '{ student(by: {id: "Student:1-999999"}) { fullName } }',
    "an id of another school": '{ student(by: {id: "Student:2-1"}) { fullName } }',
    "many ids": '{ nodes(ids: ["Student:1-1", "Section:1-68", "Student:1-999999", "Student:1-2"]) '
    "{ __typename id ... on Student { shortName } } }",
    "no ids": "{ nodes(ids: []) { id } }",
    "a page of nothing": "{ rooms(first: 0) { nodes { id } edges { cursor } totalCount "
    "pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }",
    "a page from the end": "{ rooms(last: 2) { nodes { number } edges { cursor node { id } } "
    "pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }",
    "an order": "{ students(first: 4, orderBy: [{field: ADMITTED_ON, direction: DESC}, "
    "{field: FULL_NAME}]) { nodes { fullName } pageInfo { endCursor } } }",
    "and, or, not": '{ students(first: 5, filter: {or: [{fullName: {contains: "ова"}}, {and: '
    '[{status: {eq: ENROLLED}}, {not: {sex: {in: [FEMALE]}}}]}]}) { totalCount } }',
    "denied by grant": '{ student(by: {id: "Student:1-1"}) { identity { snils snilsMasked } } }',
    "denied once for all places": "{ notices(first: 3) { nodes { readCount r: readCount } } "
    "n: notices(first: 1) { nodes { readCount } } }",
}  # fmt: skip


@pytest.mark.parametrize("login", ["parent.ivanova", "zavuch", "municipal"])
@pytest.mark.parametrize("case", CASES)
async def test_an_operation_is_executed_as_the_specification_says(
    api: SignIn, both: Both, case: str, login: str
) -> None:
    assert await both(api(login), CASES[case]) == "compiled"


async def test_pages_go_on_where_they_ended(api: SignIn, both: Both) -> None:
    asked = """query ($a: String, $f: Int) { students(first: $f, after: $a) {
        nodes { fullName } pageInfo { endCursor hasPreviousPage hasNextPage } } }"""
    zavuch, after = api("zavuch"), None
    seen: list[Any] = []
    for _ in range(3):
        assert await both(zavuch, asked, a=after, f=4) == "compiled"
        page = (await zavuch(asked, a=after, f=4))["students"]
        after, seen = page["pageInfo"]["endCursor"], [*seen, *page["nodes"]]
    assert len({one["fullName"] for one in seen}) == 12


async def test_a_plan_serves_other_values_but_no_other_shape(api: SignIn, both: Both) -> None:
    asked = """query ($f: RoomFilter, $n: Int) { rooms(filter: $f, first: $n) { totalCount
        nodes { number } } }"""
    deputy = api("zavuch")
    shapes = [
        {"number": {"eq": "101"}}, {"number": {"eq": "102"}}, {"number": {"in": ["101", "102"]}},
        {"number": {"in": ["201"]}}, {"number": {"isNull": True}}, {"number": {"isNull": False}},
        {"or": [{"number": {"eq": "101"}}]},
        {"or": [{"number": {"eq": "102"}}, {"number": {"eq": "103"}}]}, None,
    ]  # fmt: skip
    for shape in shapes:
        assert await both(deputy, asked, f=shape, n=5) == "compiled"
    [family] = both.list_families(asked)
    assert len(family.plans) == len(shapes) - 2


async def test_variables_that_are_not_declared_make_no_other_plan(api: SignIn, both: Both) -> None:
    """Otherwise a client could cause a new plan with each request."""
    asked = "query ($n: Int) { rooms(first: $n) { nodes { number } } }"
    deputy = api("zavuch")
    for other in ({}, {"a": 1}, {"b": None}, {"c": [{"d": "e"}]}):
        assert await both(deputy, asked, n=2, **other) == "compiled"
    [family] = both.list_families(asked)
    assert len(family.plans) == 1
    compiled = both.engine.documents.read(asked).operations[None]
    assert compiled.known_variables({"n": 1, "a": 2}) == {"n": 1}


async def test_facts_about_variables_are_dropped_with_the_plans(
    api: SignIn, both: Both, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Filters can be nested in any number of ways."""
    monkeypatch.setattr("gql.engine.cache.MOST_PLANS", 2)
    asked = "query ($f: RoomFilter) { rooms(filter: $f) { totalCount } }"
    deputy = api("zavuch")
    shape: dict[str, Any] = {"number": {"eq": "101"}}
    weights = []
    for _ in range(6):
        shape = {"or": [shape]}
        assert await both(deputy, asked, f=shape) == "compiled"
        [family] = both.list_families(asked)
        assert len(family.leaves["f"]) <= 2
        weights.append(family.weight)
    assert weights[4] < weights[1] * 2, "what was dropped is not counted any more"


async def test_true_is_not_the_number_one(api: SignIn, both: Both) -> None:
    asked = "query ($n: Int) { rooms(first: $n) { nodes { number } } }"
    assert await both(api("zavuch"), asked, n=1) == "compiled"
    assert await both(api("zavuch"), asked, n=True) == "standard"


@pytest.mark.parametrize("language", ["ru", "en"])
async def test_a_client_that_asks_for_too_much_at_once_is_told_so(
    api: SignIn, both: Both, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    monkeypatch.setattr("gql.engine.plan.MOST_TEXT", 5_000)
    week = "fragment Week on Diary { days { lessons { topic teacher { shortName } } } }"
    diaries = " ".join(f'd{n}: diary(studentId: "Student:1-1") {{ ...Week }}' for n in range(10))
    who = replace(make_asker(api("parent.ivanova")), language=language)
    asked = f"{{ {diaries} }} {week}"
    for _ in range(2):
        answer = await both.engine.answer(who, asked, {}, None)
        assert answer
        [error] = json.loads(answer.body)["errors"]
        told = error["extensions"]
        assert (told["code"], told["limit"]) == ("OPERATION_TOO_COMPLEX", "statement")
        assert told["asked"] > told["most"] == 5_000
        advice = ADVICE["statement"]
        said = advice.ru if language == "ru" else advice.en
        assert error["message"] == said.format(most=5_000)
    [family] = both.list_families(asked)
    [found] = family.plans.values()
    assert isinstance(found, TooLong)  # the statement is not built twice to find that out


async def test_a_document_that_is_too_heavy_is_answered_but_not_kept(
    api: SignIn, both: Both
) -> None:
    """A thousand of them would fill the memory of the server."""
    both.engine.documents.waiting.most = 20_000
    long = "{ school { shortName } } # " + "о" * 20_000
    assert await both(api("parent.ivanova"), long) == "compiled"
    assert not both.engine.documents.waiting.kept
    assert both.engine.documents.waiting.weight == 0
