"""Garbage in every argument of every mutation: a typed refusal each time, and no trace."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    get_named_type,
    get_nullable_type,
    is_required_input_field,
)
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from auth.matrix import MATRIX, SHORT
from gql.schema import schema
from resolvers.demo.cast import LOGINS
from tests.conftest import Api, SignIn, refusals

CORE: Any = schema._schema  # noqa: SLF001
MUTATIONS = {n: f for n, f in CORE.mutation_type.fields.items() if f.args}
NUL, HALF, LONG, HTML = "a\0b", "a\ud800b", "ы" * 100_000, "<script>alert(1)</script>"
DIGITS = "9" * 200
TEXTS = [NUL, HALF, LONG, HTML, DIGITS, "", " ", "'; DROP TABLE marks; --", 5, [], {}]
SCALARS: dict[str, list[Any]] = {
    "String": TEXTS,
    "ID": [*TEXTS, "Mark:1-1", "School:2-2", "Student:1-999999999999999999", "Nothing:1-1", -1],
    "Int": [-1, 0, 2**31 - 1, -(2**31), 2**31, int(DIGITS), DIGITS, 1.5, True, NUL],
    "Date": ["0001-01-01", "9999-12-31", "2026-02-30", "2026-11-23T00:00:00Z", *TEXTS],
    "DateTime": [
        "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-11-23T25:00:00Z", *TEXTS
    ],
    "LocalTime": ["00:00", "23:59:59", "24:00", "12:00+03:00", *TEXTS],
    "Decimal": ["NaN", "Infinity", "1e999999", "-1", "999999999999999.999999999999999", *TEXTS],
    "UUID": ["00000000-0000-0000-0000-000000000000", *TEXTS],
    "Boolean": ["true", 1, NUL, []],
}  # fmt: skip
ALWAYS = 4
"""So many of them are tried in every argument: the first. Of the others each argument gets some."""
GOOD: dict[str, Any] = {
    "String": "Проба", "Int": 1, "Date": "2026-11-24", "DateTime": "2026-12-01T08:00:00Z",
    "LocalTime": "18:00", "Decimal": "1", "Boolean": True,
    "UUID": "8a5c1f0e-52c3-4d7f-9b11-1df0a7a5a0c1",
}  # fmt: skip
NAMED_OTHERWISE = {
    "Person": "PublicPerson", "Draft": "MailMessage", "ReplyTo": "MailMessage",
    "RemovedAttachment": "NoticeAttachment",
}  # fmt: skip
"""Types of rows by the names of arguments that take their ids under another name."""
Keys = dict[str, int]


@pytest.fixture
async def keys(sql: AsyncConnection) -> Keys:
    """Return keys of rows that commands can write to: an algebra lesson of 7А and its rows."""
    found = await sql.execute(
        text("""SELECT m.id AS "Mark", m.assignment_id AS "Assignment", m.lesson_id AS "Lesson",
        m.student_id AS "Student" FROM marks m JOIN lessons l ON l.id = m.lesson_id
        WHERE m.section_id = 68 AND l.date > '2026-11-02' LIMIT 1""")
    )
    known = {"SchoolClass": 7, "Section": 68, "Staff": 9, "Term": 2}
    return known | dict(found.mappings().one())


def find_login(name: str) -> str:
    """Return the login of someone with the right that the mutation needs, in its widest scope."""
    for directive in MUTATIONS[name].extensions["strawberry-definition"].directives:
        line = next(line for right, line in MATRIX.items() if right.value == directive.permission)
        return LOGINS[SHORT[line.split()[-1]]]
    return "director"


def make_value(field: str, type_: Any, keys: Keys) -> Any:
    """Return a value that could be right."""
    nullable, named = get_nullable_type(type_), get_named_type(type_)
    if isinstance(nullable, GraphQLList):
        return [make_value(field, nullable.of_type, keys)]
    if isinstance(named, GraphQLInputObjectType):
        return fill_input(named, keys)
    if isinstance(named, GraphQLEnumType):
        return next(iter(named.values))
    if named.name == "ID":
        kind = field.removesuffix("s").removesuffix("Id")
        kind = kind[:1].upper() + kind[1:]
        kind = NAMED_OTHERWISE.get(kind, kind)
        return f"{kind}:1-{keys.get(kind, 1)}"
    return GOOD[named.name]


def fill_input(input_: Any, keys: Keys) -> dict[str, Any]:
    needed = {n: f for n, f in input_.fields.items() if is_required_input_field(f)}
    if input_.is_one_of:
        needed = dict([next(iter(input_.fields.items()))])
    return {name: make_value(name, field.type, keys) for name, field in needed.items()}


def make_garbage(input_: Any, keys: Keys, step: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield inputs of which one argument, or one in a nested input or list, is wrong.

    step: Each argument gets every `step`-th value, and not the same ones as the argument before.
    """
    for number, (name, field) in enumerate(input_.fields.items()):
        nullable, named = get_nullable_type(field.type), get_named_type(field.type)
        listed = isinstance(nullable, GraphQLList)
        if isinstance(named, GraphQLInputObjectType):
            wrongs: list[Any] = [inner for _, inner in make_garbage(named, keys, step)]
        elif isinstance(named, GraphQLEnumType):
            wrongs = ["NOTHING", NUL, 5]
        else:
            every = SCALARS[named.name]
            wrongs = every[:ALWAYS] + every[ALWAYS + number % step :: step]
        for wrong in [*([[one] for one in wrongs] if listed else wrongs), None]:
            yield name, {**fill_input(input_, keys), name: wrong}


def codes_of(reply: Any) -> set[str]:
    codes = {(error.extensions or {}).get("code", "none") for error in reply.errors or []}
    return codes | {error["code"] for error in refusals(reply)}


async def try_mutation(api: Api, name: str, given: dict[str, Any]) -> Any:
    type_ = get_named_type(MUTATIONS[name].args["input"].type).name
    answer = "{ userErrors { field message code } }"
    return await api.reply(
        f"mutation ($input: {type_}!) {{ {name}(input: $input) {answer} }}", input=given
    )


@pytest.mark.parametrize("step", [4, pytest.param(1, marks=pytest.mark.endurance)])
@pytest.mark.parametrize("name", sorted(MUTATIONS))
async def test_no_garbage_is_an_unexpected_error_or_leaves_a_trace(
    api: SignIn, sql: AsyncConnection, keys: Keys, name: str, step: int
) -> None:
    operator: Any = (await sql.get_raw_connection()).driver_connection
    person = api(find_login(name))
    input_ = get_named_type(MUTATIONS[name].args["input"].type)
    failures, seen = [], 0
    for field, given in make_garbage(input_, keys, step):
        reply = await try_mutation(person, name, given)
        codes = codes_of(reply)
        wrote = await operator.fetchval("SELECT count(*) FROM audit_events")
        unexpected = codes & {"INTERNAL_SERVER_ERROR", "VALIDATION", "none"}
        if unexpected or (codes and wrote != seen) or names_no_argument(reply):
            failures.append((field, repr(given[field])[:60], codes, wrote - seen))
        seen = wrote
    assert not failures


OF_A_VALUE = {"NOT_FOUND", "BLANK", "TOO_LONG", "OUT_OF_RANGE", "LIMIT", "CONFLICT"}


def names_no_argument(reply: Any) -> bool:
    """Return whether a refusal of ours does not say which argument it is about."""
    told = [e.extensions or {} for e in reply.errors or []] + refusals(reply)
    return any(
        not error.get("field")
        for error in told
        if error["code"] in OF_A_VALUE
        or (error["code"] == "BAD_USER_INPUT" and "expected" in error)
    )


def render_literal(value: Any, type_: Any) -> str:
    """Render a value as it stands in a document."""
    named, nullable = get_named_type(type_), get_nullable_type(type_)
    if isinstance(nullable, GraphQLList) and isinstance(value, list):
        return f"[{', '.join(render_literal(one, nullable.of_type) for one in value)}]"
    if isinstance(value, dict):
        of = named.fields
        return f"{{{', '.join(f'{n}: {render_literal(v, of[n].type)}' for n, v in value.items())}}}"
    return str(value) if isinstance(named, GraphQLEnumType) else json.dumps(value)


@pytest.mark.parametrize("name", sorted(MUTATIONS))
async def test_a_number_of_200_digits_in_the_document_is_refused(
    api: SignIn, sql: AsyncConnection, keys: Keys, name: str
) -> None:
    person = api(find_login(name))
    input_ = get_named_type(MUTATIONS[name].args["input"].type)
    for field in input_.fields:
        given = {**fill_input(input_, keys), field: int(DIGITS)}
        arguments = render_literal(given, input_)
        document = f"mutation {{ {name}(input: {arguments}) {{ userErrors {{ field code }} }} }}"
        codes = codes_of(await person.reply(document))
        assert codes
        assert not codes & {"INTERNAL_SERVER_ERROR", "none"}, (field, codes)
    assert await sql.scalar(text("SELECT count(*) FROM audit_events")) == 0
