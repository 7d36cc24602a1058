"""No count, filter or order reveals values that one may not read (domain.md c.2, side channels).

Every list is asked for, in every role, by both executors.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from graphql import GraphQLObjectType, get_named_type, is_leaf_type, is_required_argument

from gql.schema import schema
from models.access.roles import Role
from resolvers.demo.cast import LOGINS
from tests.conftest import Api, SignIn
from tests.engine.conftest import Both

CORE: Any = schema._schema  # noqa: SLF001
MOST_PAGES, MOST_ROOTS = 4, 8


@dataclass(frozen=True)
class List:
    """A root list that needs no arguments.

    fields: The fields by which its rows can be filtered, each with its selection.
    orders: The fields of its order, by their names in the enum.
    """

    root: str
    filter: str
    fields: dict[str, str]
    orders: dict[str, str]


def find_lists() -> Iterator[List]:
    for root, field in CORE.query_type.fields.items():
        if "filter" not in field.args or any(map(is_required_argument, field.args.values())):
            continue
        row: GraphQLObjectType = get_named_type(get_named_type(field.type).fields["nodes"].type)
        compared = get_named_type(field.args["filter"].type)
        fields = {
            name: name
            if is_leaf_type(get_named_type(row.fields[name].type))
            else f"{name} {{ id }}"
            for name, one in compared.fields.items()
            if name in row.fields and "isNull" in getattr(get_named_type(one.type), "fields", ())
        }
        named = get_named_type(get_named_type(field.args["orderBy"].type).fields["field"].type)
        orders = {value: convert_to_camel_case(value) for value in named.values}
        known = {value: name for value, name in orders.items() if name in row.fields}
        yield List(root, compared.name, fields, known)


def select_field(name: str, row: GraphQLObjectType) -> str:
    leaf = is_leaf_type(get_named_type(row.fields[name].type))
    return name if leaf else f"{name} {{ id }}"


def convert_to_camel_case(name: str) -> str:
    first, *rest = name.lower().split("_")
    return first + "".join(word.capitalize() for word in rest)


LISTS = list(find_lists())
ALIKE = (Role.SUBJECT_TEACHER, Role.SOCIAL_PEDAGOGUE, Role.SCHOOL_ADMINISTRATOR, Role.DIRECTOR)
"""Roles whose rights are nearly those of a class teacher, a psychologist, a secretary, a deputy."""
ROLES = [
    pytest.param(role, id=role.name, marks=pytest.mark.endurance if role in ALIKE else ())
    for role in Role
]


async def fetch_rows(who: Api, of: List) -> tuple[list[Any], set[str]]:
    """Return all its rows, or some hundred of the first, and the fields that are refused."""
    found: list[Any] = []
    shown = " ".join(of.fields.values())
    document = f"""query ($after: String) {{ {of.root}(first: 100, after: $after) {{ totalCount
        nodes {{ id {shown} }} pageInfo {{ hasNextPage endCursor }} }} }}"""
    after = None
    for _ in range(MOST_PAGES):
        reply = await who.reply(document, after=after)
        errors = [error.extensions or {} for error in reply.errors or []]
        assert {error["code"] for error in errors} <= {"FORBIDDEN"}
        refused = {error["coordinate"].partition(".")[2] for error in errors}
        page = (reply.data or {})[of.root]
        if page is None:
            assert f"Query.{of.root}" in {error["coordinate"] for error in errors}
            return [], set(of.fields)
        found += page["nodes"]
        if not page["pageInfo"]["hasNextPage"]:
            assert page["totalCount"] == len(found), (of.root, "counts rows that it does not show")
            return found, refused
        after = page["pageInfo"]["endCursor"]
    return [], refused


@pytest.mark.lengthy
@pytest.mark.parametrize("role", ROLES)
async def test_a_filter_finds_as_many_as_show_a_value(api: SignIn, both: Both, role: Role) -> None:
    """A field that is refused cannot be compared; one that is hidden in some rows is null there for
    a filter, too."""
    who, compared, closed = api(LOGINS[role], role, 1), 0, 0
    for of in LISTS:
        found, refused = await fetch_rows(who, of)
        filters = {name: {name: {"isNull": False}} for name in of.fields}
        open_ = [name for name in of.fields if name not in refused]
        for names in (open_[at : at + MOST_ROOTS] for at in range(0, len(open_), MOST_ROOTS)):
            if not found:
                break
            declared = ", ".join(f"${name}: {of.filter}" for name in names)
            asked = " ".join(
                f"{name}: {of.root}(filter: ${name}) {{ totalCount }}" for name in names
            )
            given = {name: filters[name] for name in names}
            document = f"query ({declared}) {{ {asked} }}"
            reply = await both.reply(who, document, **given)
            assert not reply.errors, reply.errors
            for name in names:
                expected = sum(one[name] is not None for one in found)
                assert (reply.data or {})[name]["totalCount"] == expected, (of.root, name)
                compared += 1
        for name in set(of.fields) & refused:
            document = f"query ($f: {of.filter}) {{ {of.root}(filter: $f) {{ totalCount }} }}"
            [error] = (await both.reply(who, document, f=filters[name])).errors or []
            assert (error.extensions or {})["code"] == "FORBIDDEN", (of.root, name)
            closed += 1
    assert compared > 15, "some lists have rows for everybody"
    assert closed or role in (Role.DEPUTY_DIRECTOR, Role.DIRECTOR), "some fields are for others"


@pytest.mark.lengthy
@pytest.mark.parametrize("role", ROLES)
async def test_an_order_tells_nothing_of_what_is_hidden(
    api: SignIn, both: Both, role: Role
) -> None:
    """Rows in which the field is hidden come last or first, all together, as if it were null."""
    who, ordered = api(LOGINS[role], role, 1), 0
    for of in LISTS:
        for value, name in of.orders.items():
            found = of.fields.get(name, name)
            document = f"""query ($order: [{order_type_of(of)}!]) {{ {of.root}(first: 100,
                orderBy: $order) {{ nodes {{ id {found} }} edges {{ cursor }} }} }}"""
            given = {"order": [{"field": value}]}
            reply = await both.reply(who, document, **given)
            page = (reply.data or {})[of.root]
            if reply.errors:
                assert page is None, (of.root, value, "is refused to be shown, and yet orders")
                continue
            hidden = [one[name] is None for one in page["nodes"]]
            assert hidden in (sorted(hidden), sorted(hidden, reverse=True)), (of.root, value)
            ordered += 1
    assert ordered > 5


def order_type_of(of: List) -> str:
    found: str = get_named_type(CORE.query_type.fields[of.root].args["orderBy"].type).name
    return found
