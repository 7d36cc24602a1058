"""A refusal names the argument it is about: each id of each mutation in turn is one of nothing, of
another school, or of another type."""

from collections.abc import Iterator
from typing import Any

import pytest
from graphql import GraphQLInputObjectType, GraphQLList, get_named_type, get_nullable_type

from tests.conftest import SignIn, refusals
from tests.test_bad_input import MUTATIONS, Keys, actor_of, filled, good, keys, tried

__all__ = ["keys"]
GOES_WITH: dict[str, dict[str, Any]] = {
    "draftId": {"expectedVersion": 1},
    "personId": {"kind": "PERSON"},
    "sectionId": {"kind": "SECTION", "toStudents": True},
    "schoolClassId": {"kind": "SCHOOL_CLASS", "toStudents": True, "scope": "SCHOOL_CLASS"},
    "termId": {"kind": "TERM"},
}
"""What else must be said for the id to be looked at."""


def places(input_: Any, keys: Keys) -> Iterator[tuple[list[str], dict[str, Any], str]]:
    """Where an id stands in an input: its path, all the rest as it should be, and a good id."""
    for name, field in input_.fields.items():
        nullable, named = get_nullable_type(field.type), get_named_type(field.type)
        listed = isinstance(nullable, GraphQLList)
        rest = filled(input_, keys)
        if isinstance(named, GraphQLInputObjectType):
            for path, inner, one in places(named, keys):
                whole = {**rest, name: [inner] if listed else inner}
                yield [name, *(["0"] if listed else []), *path], whole, one
        elif named.name == "ID":
            known = input_.fields.keys()
            also = {n: v for n, v in GOES_WITH.get(name, {}).items() if n in known}
            one = good(name, named, keys)
            path = [name, *(["0"] if listed else [])]
            yield path, {**rest, **also, name: [one] if listed else one}, one


def put(given: Any, path: list[str], value: str) -> Any:
    """The input with another id in that place."""
    first, *rest = path
    if isinstance(given, list):
        return [put(given[0], rest, value) if rest else value]
    return {**given, first: put(given[first], rest, value) if rest else value}


def wrong(one: str) -> list[str]:
    kind, _, _ = one.partition(":")
    other = "Room:1-1" if kind != "Room" else "Subject:1-1"
    return [f"{kind}:1-99999999", f"{kind}:2-1", other]


@pytest.mark.parametrize("name", sorted(MUTATIONS))
async def test_the_id_that_is_wrong_is_the_one_that_is_blamed(
    api: SignIn, keys: Keys, name: str
) -> None:
    person = api(actor_of(name))
    input_ = get_named_type(MUTATIONS[name].args["input"].type)
    failures = []
    for path, given, one in places(input_, keys):
        for id_ in wrong(one):
            reply = await tried(person, name, put(given, path, id_))
            told = [dict(e.extensions or {}) for e in reply.errors or []] + refusals(reply)
            blamed = [(error["code"], error.get("field")) for error in told]
            if [field for _, field in blamed] != [path]:
                failures.append((".".join(path), id_, blamed))
    assert not failures
