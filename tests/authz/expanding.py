"""Selections of all fields of a type, and the fields of an answer that showed something."""

from collections.abc import Iterator
from typing import Any

from graphql import (
    GraphQLObjectType,
    GraphQLUnionType,
    get_named_type,
    is_leaf_type,
    is_required_argument,
)

from gql.schema import schema
from resolvers.core.shapes import SHAPES

CORE: Any = schema._schema  # noqa: SLF001
ROOTS = ("Query", "Mutation", "Subscription")
NODES = {row.api_name() for row in SHAPES if not row.is_view}
"""Types of rows, which are asked for by their ids."""
KEYS = ("id", "studentId", "lessonId", "date", "cursor", "role", "permission", "name", "revision")
"""Fields that tell one object from another of its type."""


def fields_of(type_: GraphQLObjectType) -> dict[str, Any]:
    """Return the fields of a type that need no arguments."""
    return {
        name: field
        for name, field in type_.fields.items()
        if not any(is_required_argument(argument) for argument in field.args.values())
    }


def expand(type_: GraphQLObjectType) -> str:
    """Return a selection of all fields of a type; of rows in it only their type is asked for."""
    return " ".join(select_field(name, field.type) for name, field in fields_of(type_).items())


def select_field(name: str, type_: Any) -> str:
    named = get_named_type(type_)
    if is_leaf_type(named):
        return name
    if named.name in NODES or not isinstance(named, GraphQLObjectType):
        return f"{name} {{ __typename }}"
    return f"{name} {{ {expand(named)} }}"


Showed = tuple[str, str, bool]
"""A coordinate, the object on which it was asked, and whether it showed something."""


def list_shown(type_: GraphQLObjectType, value: Any, at: str) -> Iterator[Showed]:
    """Yield the fields of an answer, and whether each showed something.

    `false` is a value that is shown, except in the types that tell what the viewer may do.
    """
    nothing: tuple[Any, ...] = (False,) if type_.name.endswith("ViewerCan") else ()
    told = [str(value[key]) for key in KEYS if value.get(key)]
    place = " ".join([at, *told])
    for name, field in fields_of(type_).items():
        found = value[name]
        empty = found is None or found == [] or any(found is one for one in nothing)
        yield f"{type_.name}.{name}", place, not empty
        named = get_named_type(field.type)
        if isinstance(named, GraphQLObjectType) and named.name not in NODES:
            for one in found if isinstance(found, list) else [found] if found else []:
                yield from list_shown(named, one, f"{place} {name}")


def list_types(type_: Any, known: set[str] | None = None) -> set[str]:
    """Return the type and the types that an expanded selection of it goes into."""
    known = set() if known is None else known
    if isinstance(type_, GraphQLUnionType):
        for one in type_.types:
            list_types(one, known)
    elif isinstance(type_, GraphQLObjectType) and type_.name not in known:
        known.add(type_.name)
        for field in type_.fields.values():
            named = get_named_type(field.type)
            if named.name not in NODES:
                list_types(named, known)
    return known


def render_arguments(root: str, arguments: dict[str, Any]) -> tuple[str, str]:
    """Return the declarations of variables and the arguments of a root field, as GraphQL text."""
    types = CORE.query_type.fields[root].args
    declared = ", ".join(f"${name}: {types[name].type}" for name in arguments)
    passed = ", ".join(f"{name}: ${name}" for name in arguments)
    return f"({declared})" if declared else "", f"({passed})" if passed else ""
