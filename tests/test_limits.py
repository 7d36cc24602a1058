"""The limits of a request: each has a code, says which limit it is, and holds on every path."""

import os
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from graphql import GraphQLSyntaxError

from gql.guard.documents import PER_TOKEN, Documents
from gql.guard.limits import Limits, limits_table
from gql.guard.limits_of_use import LimitsOfSockets, LimitsOfTries, LimitsOfUse, table_of
from gql.guard.over_limit import ADVICE
from gql.schema import schema
from gql.transport.requests import check_values
from models.problems import OperationTooComplex
from tests.conftest import Api, SignIn
from tests.making import double_fragments, pack, repeat

README = Path(__file__).parents[1] / "README.md"
CORE = schema._schema  # noqa: SLF001  # graphql-core's
SIGN_IN = 's#: signIn(input: { login: "a", password: "b" }) { retryAt }'
SIGN_OUT = "s#: signOut { signedOut }"
MARKS = "{ lessons { nodes { marks { lesson { marks { lesson { id } } } } } } }"

TOO_MUCH = {
    "tokens": f"{{ {repeat(1000, 'viewr#: viewer')} }}",
    "depth": "{ viewer { " + "a { " * 12 + "b" + " }" * 12 + " } }",
    "aliases": f"{{ school {{ {repeat(31, 'a#: shortName')} }} }}",
    "root_fields": f"{{ {repeat(11, 'a#: school { shortName }')} }}",
    "mutations": f"mutation {{ {repeat(5, SIGN_OUT)} }}",
    "signIn": f"mutation {{ {repeat(2, SIGN_IN)} }}",
    "directives": "{ __typename " + "@skip(if: true) " * 51 + "}",
    "fragments": "{ __typename } " + repeat(61, "fragment F# on Query { __typename }"),
    "variables": f"query ({repeat(51, '$v#: Int')}) {{ school {{ shortName }} }}",
    "literals": f"{{ nodes(ids: [{'[] ' * 501}]) {{ id }} }}",
    "operations": repeat(51, "query Q# { __typename }"),
    "repeated": f"{{ {repeat(40, 'viewer { role }')} }}",
    "cost": MARKS,
}
AT_THE_LIMIT = {
    "aliases": f"{{ school {{ {repeat(30, 'a#: shortName')} }} }}",
    "root_fields": f"{{ {repeat(10, 'a#: school { shortName }')} }}",
    "mutations": f"mutation {{ {repeat(4, SIGN_OUT)} }}",
    "signIn": f"mutation {{ {repeat(1, SIGN_IN)} }}",
    "directives": "{ __typename " + "@skip(if: true) " * 50 + "}",
    "doubling": double_fragments(50),
    "depth of the schema": "{ __schema { types { fields { type { " + "ofType { " * 9 + "name"
    + " }" * 9 + " } } } } }",
}  # fmt: skip


@pytest.fixture
def documents() -> Documents:
    return Documents(CORE, Limits())


@pytest.mark.parametrize("limit", TOO_MUCH)
async def test_too_much_is_refused_and_the_limit_is_named(stranger: Api, limit: str) -> None:
    refused = await stranger.expect_refusal(TOO_MUCH[limit])
    assert refused["code"] == "OPERATION_TOO_COMPLEX"
    assert refused["limit"] == limit
    assert refused["asked"] > refused["most"]


@pytest.mark.parametrize("language", ["ru", "en"])
async def test_somebody_over_a_limit_is_told_what_to_do_about_that_limit(
    stranger: Api, language: str
) -> None:
    told = {}
    asking = replace(stranger, caller=replace(stranger.caller, language=language))
    for limit, asked in TOO_MUCH.items():
        refused = await asking.expect_refusal(asked)
        assert limit == "signIn" or str(refused["most"]) in refused["message"]
        assert ("Наиб" in refused["message"]) == (language == "ru" and limit != "signIn")
        told[limit] = refused["message"]
    assert len(set(told.values())) == len(TOO_MUCH)


def test_a_stranger_over_a_limit_that_is_wider_for_others_is_told_to_sign_in(
    documents: Documents,
) -> None:
    with pytest.raises(OperationTooComplex, match="sign in") as refused:
        documents.read(f"{{ {repeat(300, 'a#: __typename')} }}", stranger=True)
    assert refused.value.extensions["limit"] == "tokens"
    with pytest.raises(OperationTooComplex, match="sign in") as refused:
        check_values({"ids": ["x"] * 200}, Limits(), stranger=True)
    assert refused.value.extensions["limit"] == "values"


def test_every_limit_of_a_document_and_its_variables_has_its_advice() -> None:
    limits = {name.removeprefix("most_") for name in Limits.model_fields}
    assert limits - set(ADVICE) == {
        "body",
        "stranger_body",
        "kept",
    }  # limits of other things than documents
    texts = [text for advice in ADVICE.values() for text in advice]
    assert len(set(texts)) == len(texts)


@pytest.mark.parametrize("what", AT_THE_LIMIT)
def test_as_much_as_is_allowed_is_read(documents: Documents, what: str) -> None:
    documents.read(AT_THE_LIMIT[what])


def test_more_fields_than_anybody_shows_are_refused() -> None:
    documents = Documents(CORE, Limits(most_fields=10, most_repeated=100))
    documents.read("{ viewer { " + repeat(9, "f#") + " } }")
    with pytest.raises(OperationTooComplex) as refused:
        documents.read("{ viewer { " + repeat(10, "f#") + " } }")
    assert refused.value.extensions["limit"] == "fields"


def test_limits_are_settings() -> None:
    with pytest.raises(OperationTooComplex):
        Documents(CORE, Limits(most_depth=2)).read("{ school { academicYear { id } } }")


async def test_examples_of_lists_in_lists_stay_answered(api: SignIn) -> None:
    deputy = api("zavuch")
    for asked in (
        "{ classes(first: 100) { nodes { students { guardianLinks { guardian { id } } } } } }",
        "{ sections { nodes { members { fullName } teaching { id } } } }",
    ):
        assert await deputy(asked)


FEW = Limits(most_values=15, most_nesting=5)


@pytest.mark.parametrize(
    ("variables", "limit"),
    [
        ({"a": [0] * 20}, "values"),
        ({"a": {f"b{n}": n for n in range(20)}}, "values"),
        ({f"b{n}": n for n in range(20)}, "values"),
        ({"a": [[[[[[1]]]]]]}, "nesting"),
        ({"a": {"b": {"c": {"d": {"e": {}}}}}}, "nesting"),
    ],
)
def test_variables_have_a_size_and_a_depth(variables: Any, limit: str) -> None:
    with pytest.raises(OperationTooComplex) as refused:
        check_values(variables, FEW)
    assert refused.value.extensions["limit"] == limit
    check_values({"a": [1, {"b": "c"}]}, FEW)


DIRECTIVES = "@skip(if: false) " * 51
ALL_TOO_MUCH = (
    f"query Q0({repeat(51, '$v#: Int')}) {DIRECTIVES} {{ {repeat(11, 'a#: school { shortName }')} "
    f"nodes(ids: [{'[] ' * 501}]) {{ {'id ' * 40} }} viewer {{ {'a { ' * 12} b {'} ' * 12} }} "
    f"school {{ {repeat(1001, 'b#: shortName')} }} {MARKS[1:-1]} }} "
    f"{repeat(50, 'query P# { __typename }')} {repeat(61, 'fragment F# on Query { __typename }')}"
)


def test_a_document_that_asks_too_much_in_all_ways_is_told_of_the_limits_in_their_order() -> None:
    """README says in which order the limits are checked."""
    order = [name.removeprefix("most_") for name in Limits.model_fields]
    chosen = {"most_mutations": 1}
    told: list[str] = []
    while len(told) < len(order):
        documents = Documents(CORE, Limits(**({"most_tokens": 2_000} | chosen)))
        try:
            documents.read(ALL_TOO_MUCH).cost("Q0", {})
        except OperationTooComplex as refused:
            told.append(refused.extensions["limit"])
            chosen[f"most_{told[-1]}"] = 10**9
        else:
            break
    assert told == [
        "tokens", "operations", "fragments", "variables", "root_fields", "directives", "literals",
        "repeated", "depth", "fields", "aliases", "cost",
    ]  # fmt: skip
    assert told == [name for name in order if name in told]


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("limits", limits_table),
        ("limits of use", lambda: table_of(LimitsOfUse)),
        ("limits of sockets", lambda: table_of(LimitsOfSockets)),
    ],
)
def test_readme_shows_the_limits(name: str, lines: Callable[[], Iterable[str]]) -> None:
    """With GOROD_WRITE_README it is written anew."""
    text = README.read_text()
    start, end = text.index(f"<!-- {name}:"), text.index(f"<!-- end of {name} -->")
    start = text.index("\n", start) + 1
    table = "".join(f"{line}\n" for line in lines())
    if os.environ.get("GOROD_WRITE_README"):
        README.write_text(text[:start] + table + text[end:])
        return
    assert text[start:end] == table


def test_no_two_limits_have_one_name() -> None:
    """They are settings of one class: the second would silently be the first."""
    kinds = (Limits, LimitsOfUse, LimitsOfSockets, LimitsOfTries)
    names = [name for kind in kinds for name in kind.model_fields]
    assert len(names) == len(set(names))


# -- what is kept --------------------------------------------------------------------


def make_query(number: int) -> str:
    return f"query Q{number} {{ school {{ shortName }} }}"


def test_kept_documents_have_a_bounded_weight(documents: Documents) -> None:
    documents.waiting.most = 20 * PER_TOKEN * 10
    for number in range(100):
        documents.read(make_query(number))
    assert documents.waiting.weight <= documents.waiting.most
    assert documents.waiting.weight == sum(one.weight for one in documents.waiting.kept.values())
    assert 10 < len(documents.waiting.kept) < 30


def test_plans_weigh_too(documents: Documents) -> None:
    document = documents.read(make_query(1))
    before = documents.waiting.weight
    documents.grow(document, 5000)
    assert documents.waiting.weight == before + 5000
    documents.grow(document, documents.waiting.most)
    assert not documents.waiting.kept
    assert documents.waiting.weight == 0


def test_a_document_in_use_is_not_pushed_out_by_those_of_strangers(documents: Documents) -> None:
    documents.waiting.most = 20 * PER_TOKEN * 10
    known = documents.read(make_query(0))
    assert documents.read(make_query(0)) is known
    for number in range(1, 100):
        for _ in range(2):
            documents.read(make_query(number), stranger=True)
    assert documents.read(make_query(0)) is known
    assert set(documents.known.kept) == {make_query(0)}


def test_a_document_is_parsed_and_validated_once(
    documents: Documents, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []
    validate = documents.validate

    def count_and_validate(node: Any) -> Any:
        asked.append(node)
        return validate(node)

    monkeypatch.setattr(documents, "validate", count_and_validate)
    for _ in range(3):
        assert documents.read("{ nothing }").errors
    assert len(asked) == 1


def test_a_stranger_has_smaller_limits(documents: Documents) -> None:
    long = "{ " + repeat(180, "f# { a }") + " }"
    with pytest.raises(OperationTooComplex):
        documents.read(long, stranger=True)


# -- what errors tell ----------------------------------------------------------------

SECRET = "correct horse battery"
LEAKS: dict[str, tuple[str, dict[str, Any]]] = {
    "a variable of the wrong shape": (
        "query ($f: StudentByInput!) { student(by: $f) { id } }", {"f": {"snil": SECRET}}),
    "a field of an input": (
        "mutation ($i: SignInInput!) { signIn(input: $i) { retryAt } }",
        {"i": {"logn": "a", "password": SECRET}}),
    "a password that is no string": (
        "mutation ($i: SignInInput!) { signIn(input: $i) { retryAt } }",
        {"i": {"login": "a", "password": [SECRET]}}),
    "a literal": (
        f'mutation {{ signIn(input: {{ logn: "a", password: "{SECRET}" }}) {{ retryAt }} }}', {}),
    "a literal of another type": (
        f'{{ students(filter: {{ fulName: {{ eq: "{SECRET}" }} }}) {{ totalCount }} }}', {}),
    "an enum": ("query ($k: Role!) { roles { role } a: node(id: $k) { id } }", {"k": SECRET}),
    "an enum's name": (
        "mutation ($i: SignInInput!) { signIn(input: $i) { retryAt } }",
        {"i": {"login": "a", "password": SECRET, "role": "DIRECTR"}}),
    "a scalar": (
        "query ($d: Date) { diary(studentId: \"Student:1-1\", from: $d) { days { date } } }",
        {"d": SECRET}),
    "a number": ("query ($n: Int) { students(first: $n) { totalCount } }", {"n": SECRET}),
    "a default": (
        f'query ($n: Int = "{SECRET}") {{ students(first: $n) {{ totalCount }} }}', {}),
    "syntax": (f'{{ school "{SECRET}" }}', {}),
    "syntax of blocks": (f'{{ school """{SECRET}""" }}', {}),
    "a choice": (
        "query ($f: StudentByInput!) { student(by: $f) { id } }",
        {"f": {"id": SECRET, "snils": SECRET}}),
    "a choice by null": (
        "query ($s: String) { student(by: {snils: $s}) { id } }", {"s": None}),
    "an unknown field": ("{ viewr { role } }", {}),
    "an unknown type": ("{ viewer { ... on Studnt { id } } }", {}),
    "an unknown argument": ("{ students(frst: 1) { totalCount } }", {}),
    "an unknown directive": ("{ viewer @skp(if: true) { role } }", {}),
}  # fmt: skip


@pytest.mark.parametrize("what", LEAKS)
async def test_an_error_neither_repeats_values_nor_suggests_names(api: SignIn, what: str) -> None:
    document, variables = LEAKS[what]
    reply = await api("parent.ivanova").reply(document, **variables)
    assert reply.errors
    for error in reply.errors:
        assert SECRET not in error.message
        assert "Did you mean" not in error.message
        assert "ound:" not in error.message
        assert (error.extensions or {})["code"] in (
            "GRAPHQL_VALIDATION_FAILED", "GRAPHQL_PARSE_FAILED", "BAD_USER_INPUT",
        )  # fmt: skip


async def test_an_error_of_a_variable_says_what_belongs_there(api: SignIn) -> None:
    asked = "query ($f: StudentFilter) { students(filter: $f) { totalCount } }"
    wrong = {"or": [{"fullName": {"contains": 1}}]}
    [error] = (await api("zavuch").reply(asked, f=wrong)).errors or []
    assert error.message == (
        "Variable '$f' has an invalid value. "
        "Expected a value of type 'String' at 'or[0].fullName.contains'."
    )


async def test_where_names_are_suggested_values_of_the_document_are_told(
    documents: Documents,
) -> None:
    open_ = Documents(CORE, Limits(), suggests=True)
    [error] = open_.read("{ viewr { role } }").errors
    assert error.message.endswith("Did you mean 'viewer'?")
    [error] = documents.read("{ viewr { role } }").errors
    assert error.message == "Cannot query field 'viewr' on type 'Query'."


def test_a_syntax_error_tells_its_place(documents: Documents) -> None:
    with pytest.raises(GraphQLSyntaxError) as refused:
        documents.read('{ a\n "b" }')
    assert refused.value.message == "Syntax Error: Expected Name, found String."
    assert [tuple(place) for place in refused.value.locations or ()] == [(2, 2)]


# -- filters -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong",
    [
        {"or": [{"fullName": {"contains": "а"}}] * 41},
        {"or": [{"and": [{"fullName": {"contains": "а"}}] * 10}] * 5},
        {"fullName": {"contains": "а" * 201}},
    ],
)
async def test_a_filter_has_a_size(api: SignIn, wrong: Any) -> None:
    asked = "query ($f: StudentFilter) { students(filter: $f) { totalCount } }"
    refused = await api("zavuch").expect_refusal(asked, f=wrong)
    assert (refused["code"], refused["field"][0]) == ("BAD_USER_INPUT", "filter")
    assert "at most" in refused["expected"]


def test_the_body_of_an_attack_is_json() -> None:
    assert pack("{ a }") == b'{"query": "{ a }"}'
