"""The texts of errors: they tell names of the schema only to people who may read it, and values of
a request to nobody."""

import re
from dataclasses import replace
from typing import Any

import pytest
from graphql import GraphQLError, parse, validate

from gql.guard.rules import RULES
from gql.guard.strangers import SignInFirst
from gql.schema import schema
from tests.conftest import Api, SignIn

SECRET = "hunter2"
CORE = schema._schema  # noqa: SLF001  # graphql-core's

INVALID: dict[str, list[str]] = {
    "ExecutableDefinitionsRule": ['type Foo { a: Int @x(b: "hunter2") } query { viewer { role } }'],
    "UniqueOperationNamesRule": ["query A { viewer { role } } query A { viewer { role } }"],
    "LoneAnonymousOperationRule": ["query A { viewer { role } } { viewer { role } }"],
    "SingleFieldSubscriptionsRule": [
        "subscription { mailEvents { __typename } noticeEvents { __typename } }"
    ],
    "KnownTypeNamesRule": ["query ($a: SignInInpu) { viewer { role } }"],
    "FragmentsOnCompositeTypesRule": ["{ viewer { ... on Role { a } } }"],
    "VariablesAreInputTypesRule": ["query ($a: Student) { viewer { role } }"],
    "ScalarLeafsRule": ["{ viewer }", "{ viewer { role { a } } }"],
    "FieldsOnCorrectTypeRule": ["{ viewr { role } }", "{ viewer { fulName } }"],
    "UniqueFragmentNamesRule": [
        "{ viewer { ...a } } fragment a on Viewer { role } fragment a on Viewer { role }"
    ],
    "KnownFragmentNamesRule": ["{ viewer { ...a } }"],
    "NoUnusedFragmentsRule": ["{ viewer { role } } fragment a on Viewer { role }"],
    "PossibleFragmentSpreadsRule": ["{ viewer { ... on Student { id } } }"],
    "NoFragmentCyclesRule": ["{ viewer { ...a } } fragment a on Viewer { ...a }"],
    "UniqueVariableNamesRule": [
        "query ($a: ID, $a: ID) { student(by: { id: $a }) { fullName } }"
    ],
    "NoUndefinedVariablesRule": ["{ student(by: { id: $a }) { fullName } }"],
    "NoUnusedVariablesRule": ['query ($a: String = "hunter2") { viewer { role } }'],
    "KnownDirectivesRule": ['{ viewer @skp(if: "hunter2") { role } }'],
    "UniqueDirectivesPerLocationRule": ["{ viewer @skip(if: true) @skip(if: true) { role } }"],
    "KnownArgumentNamesRule": ['{ student(bye: { id: "hunter2" }) { fullName } }'],
    "UniqueArgumentNamesRule": [
        '{ student(by: { id: "hunter2" }, by: { id: "hunter2" }) { fullName } }'
    ],
    "ValuesRule": [
        '{ student(by: { snil: "hunter2" }) { fullName } }',
        '{ student(by: "hunter2") { fullName } }',
        "{ student(by: { id: hunter2 }) { fullName } }",
        '{ student(by: { id: ["hunter2"] }) { fullName } }',
        'mutation { signIn(input: { logn: "a", password: "hunter2" }) { accessToken } }',
        'mutation { signIn(input: { password: "hunter2" }) { accessToken } }',
        'mutation { signIn(input: { login: 5, password: "hunter2" }) { accessToken } }',
        'mutation { signIn(input: { login: "a", password: hunter2 }) { accessToken } }',
        'mutation { signIn(input: { login: "a", password: "b", role: hunter2 }) { accessToken } }',
        '{ students(filter: { fulName: { eq: "hunter2" } }) { totalCount } }',
        '{ students(filter: { or: [{ fulName: { eq: "hunter2" } }] }) { totalCount } }',
        '{ diary(studentId: "Student:1-1", from: "hunter2") { days { date } } }',
        '{ students(first: "hunter2") { totalCount } }',
        '{ student(by: { id: "hunter2", snils: "b" }) { fullName } }',
        "{ student(by: { id: null }) { fullName } }",
    ],
    "ProvidedRequiredArgumentsRule": ["{ student { fullName } }", "{ viewer @skip { role } }"],
    "VariablesInAllowedPositionRule": [
        "query ($a: Int) { student(by: { id: $a }) { fullName } }"
    ],
    "OverlappingFieldsCanBeMergedRule": [
        '{ a: student(by: { id: "hunter2" }) { id } a: student(by: { id: "b" }) { id } }',
        "{ viewer { a: role a: fullName } }",
    ],
    "UniqueInputFieldNamesRule": ['{ student(by: { id: "hunter2", id: "b" }) { fullName } }'],
    "MaxIntrospectionDepthRule": [
        "{ __schema { types { fields { type { fields { type { fields { type { fields { name } } } } } } } } } }"  # noqa: E501
    ],
    "OneOfRule": ["query ($a: ID) { student(by: { id: $a }) { fullName } }"],
}  # fmt: skip
"""By rule, documents that break it."""
NOT_OURS = {
    "KnownOperationTypesRule",  # the schema has all three
    "DeferStreamDirectiveOnRootField", "DeferStreamDirectiveOnValidOperationsRule",
    "DeferStreamDirectiveLabel", "StreamDirectiveOnListField",  # it has no such directives
    "MaybeNullValidationRule",  # no argument is a `Maybe`
}  # fmt: skip
ALL = [(rule, document) for rule, documents in INVALID.items() for document in documents]


def test_the_table_has_every_rule() -> None:
    assert set(INVALID) | NOT_OURS == {rule.__name__ for rule in RULES}


@pytest.mark.parametrize(("rule", "document"), ALL)
def test_each_document_breaks_its_rule(rule: str, document: str) -> None:
    [broken] = [one for one in RULES if one.__name__ == rule]
    assert validate(CORE, parse(document), [broken])


def test_the_rules_that_are_left_out_can_find_nothing() -> None:
    assert CORE.mutation_type
    assert CORE.subscription_type
    assert {one.name for one in CORE.directives} & {"defer", "stream"} == set()


@pytest.mark.parametrize(("rule", "document"), ALL)
async def test_nobody_is_told_the_values_they_sent(api: SignIn, rule: str, document: str) -> None:
    person = api("zavuch")
    for open_ in (False, True):
        for told in await errors_of(allow_introspection(person) if open_ else person, document):
            assert SECRET not in told.message
            assert SECRET not in str(told.extensions)


async def errors_of(person: Api, document: str, **variables: Any) -> list[GraphQLError]:
    reply = await schema.execute(
        document, variables, replace(person.caller), operation_name=name_of(document)
    )
    assert reply.errors, document
    return reply.errors


def allow_introspection(person: Api) -> Api:
    """Return the same person on a server that lets strangers read the schema."""
    services = replace(person.caller.services, open_introspection=True)
    return Api(replace(person.caller, services=services))


CODES = {"GRAPHQL_VALIDATION_FAILED", "UNAUTHENTICATED", "OPERATION_TOO_COMPLEX"}


@pytest.mark.parametrize(("rule", "document"), ALL)
async def test_a_stranger_learns_no_name_of_the_schema(
    stranger: Api, rule: str, document: str
) -> None:
    written = set(re.findall(r"\w+", document))
    for language in ("en", "ru"):
        person = Api(replace(stranger.caller, language=language))
        name = name_of(document)
        reply = await schema.execute(document, {}, person.caller, operation_name=name)
        for told in reply.errors or []:
            assert (told.extensions or {})["code"] in CODES
            quoted = re.findall(r"'([^']*)'", told.message)
            assert set(re.findall(r"\w+", " ".join(quoted))) <= written, "their own words"
        assert not any((reply.data or {}).values())
        assert reply.errors or "viewer" in document


def name_of(document: str) -> str | None:
    """Return the name of the first operation, if the document has several."""
    return "A" if document.count("query A") + document.count("query B") else None


CLOSED = [
    ("{ students { nodes { fullName } } }", "{ studnts { nodes { fulName } } }"),
    ("{ a: student(by: { id: \"x\" }) { fullName } }", "{ a: studnt(bye: 5) }"),
    ("{ viewer { role } b: student(by: { id: 5 }) { id } }", "{ viewer { rle } b: nothing }"),
    ("{ viewer { fullName } }", "{ viewer { fulName { no } } }"),
    ("query ($a: Int) { lessons(first: $a) { totalCount } }", "query ($a: Foo) { lsns(x: $a) }"),
    ("{ ...a } fragment a on Query { lessons { totalCount } }", "{ ...a } fragment a on Qry { x }"),
    ("mutation { setMark(input: {}) { mark { id } } }", "mutation { setMark { nothing } }"),
    ("mutation { signOut { signedOut } }", "mutation { signOut { signdOut } }"),
    ("subscription { mailEvents { __typename } }", "subscription { malEvents { __typename } }"),
    ("{ __schema { types { name } } students { totalCount } }", "{ __schema { type } studnts }"),
]  # fmt: skip


@pytest.mark.parametrize(("there", "not_there"), CLOSED)
async def test_a_stranger_cannot_find_out_what_there_is_by_guessing(
    stranger: Api, there: str, not_there: str
) -> None:
    """A forbidden field has the same answer whether it exists or not (see the tool
    clairvoyance)."""
    told = []
    for document in (there, not_there):
        reply = await stranger.reply(document)
        values = list((reply.data or {}).values())
        told.append((values, [(error.extensions, error.message) for error in reply.errors or []]))
    assert told[0] == told[1]


async def test_a_stranger_is_answered_as_before_where_nothing_is_wrong(stranger: Api) -> None:
    reply = await stranger.reply("{ __typename viewer { role } v: students { totalCount } }")
    assert reply.data == {"__typename": "Query", "viewer": None, "v": None}
    [error] = reply.errors or []
    assert (error.path, (error.extensions or {})["code"]) == (["v"], "UNAUTHENTICATED")
    reply = await stranger.reply("{ a: students @skip(if: true) { totalCount } __typename }")
    assert (reply.data, reply.errors) == ({"__typename": "Query"}, None)
    wrong = Api(replace(stranger.caller, token="1.wrong", is_stranger=True))
    assert await wrong.expect_code("{ viewer { role } }") == "UNAUTHENTICATED"


async def test_a_stranger_in_development_is_told_all(stranger: Api) -> None:
    [told] = await errors_of(allow_introspection(stranger), "{ viewer { fulName } }")
    assert told.message == "Cannot query field 'fulName' on type 'Viewer'."


async def test_one_who_is_signed_in_is_told_names(api: SignIn) -> None:
    person = api("zavuch")
    for document, message in (
        ("{ viewer { fulName } }", "Cannot query field 'fulName' on type 'Viewer'."),
        (
            '{ student(by: { snil: "x" }) { id } }',
            "Expected a value of type 'StudentByInput!', which has no field 'snil'.",
        ),
        (
            'mutation { signIn(input: { login: "a" }) { accessToken } }',
            "Expected a value of type 'SignInInput!', which needs the field 'password'.",
        ),
    ):
        assert message in [told.message for told in await errors_of(person, document)]


# -- variables -----------------------------------------------------------------------

SIGN_IN = "mutation ($input: SignInInput!) { signIn(input: $input) { accessToken } }"
WRONG_VALUES: list[Any] = [
    SECRET, [SECRET], {"login": SECRET}, {"login": "a", "password": [SECRET]},
    {"logn": "a", "password": SECRET}, {"login": "a", "password": "b", "role": SECRET},
    {"login": "a", "password": "b", "schoolId": {"x": SECRET}}, None,
]  # fmt: skip


@pytest.mark.parametrize("value", WRONG_VALUES)
async def test_values_of_variables_are_quoted_to_nobody(
    api: SignIn, stranger: Api, value: Any
) -> None:
    for person in (
        api("zavuch"),
        allow_introspection(api("zavuch")),
        allow_introspection(stranger),
    ):
        for told in await errors_of(person, SIGN_IN, input=value):
            assert SECRET not in told.message
            assert (told.extensions or {})["code"] == "BAD_USER_INPUT"
    [told] = await errors_of(stranger, SIGN_IN, input=value)
    assert (told.message, told.extensions) == (
        SignInFirst().describe("en"),
        {"code": "UNAUTHENTICATED"},
    )


# -- syntax --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "document",
    [
        'mutation { signIn(input: { login: "a" "hunter2" }) { accessToken } }',
        'mutation { signIn(input: { login: "a", password: "b"hunter2" }) { accessToken } }',
        'mutation { signIn(input: { login: "a", password: "b" hunter2 }) { accessToken } }',
        'mutation { signIn(input: { login: "a", password: """b""" hunter2 hunter2',
        'mutation { "hunter2" }',
        'mutation { signIn(input: { login: "hunter2',
    ],
)
async def test_syntax_errors_quote_no_value(api: SignIn, document: str) -> None:
    for told in await errors_of(api("zavuch"), document):
        assert (told.extensions or {})["code"] == "GRAPHQL_PARSE_FAILED"
        assert SECRET not in told.message


async def test_syntax_errors_name_what_they_found_and_numbers_are_values(api: SignIn) -> None:
    person = api("zavuch")
    for document, message in (
        ("qury { a }", "Syntax Error: Unexpected Name 'qury'."),
        ("{ a(b: 5 89991234567) }", "Syntax Error: Expected Name, found Int."),
    ):
        [told] = await errors_of(person, document)
        assert told.message == message


# -- languages -----------------------------------------------------------------------


async def test_people_who_read_russian_are_told_in_russian_what_is_wrong(
    api: SignIn, stranger: Api
) -> None:
    here = Api(replace(api("zavuch").caller, language="ru"))
    there = Api(replace(stranger.caller, language="ru"))
    for person, document in (
        (here, "{ viewer { fulName } }"), (here, "{ viewer "), (there, "{ viewer "),
        (there, "mutation { signIn(input: 5) { accessToken } }"),
    ):  # fmt: skip
        for told in await errors_of(person, document):
            assert re.match("[А-Я][а-я]* ", told.message), told.message


# -- execution -----------------------------------------------------------------------


async def test_an_invalid_value_of_ours_is_no_fault_of_the_person_who_asks(
    api: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """graphql-core quotes a value that is not of its type: ours, from the database."""
    person = api("zavuch")
    text = CORE.type_map["String"]

    def refuse(value: Any) -> str:
        raise GraphQLError(f"String cannot represent value: {value!r}")

    monkeypatch.setattr(text, "coerce_output_value", refuse)
    monkeypatch.setattr(text, "serialize", refuse)
    reply = await person.reply("{ viewer { fullName } }")
    [told] = reply.errors or []
    assert (told.extensions or {})["code"] == "INTERNAL_SERVER_ERROR"
    assert told.message == "Unexpected error."
