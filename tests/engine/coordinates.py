"""An operation for each field of the schema: the shortest path to its type, and the field."""

from collections import deque
from collections.abc import Collection, Iterator
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_abstract_type,
    is_composite_type,
)

SCALARS = {"Int": "1", "Boolean": "true", "Date": '"2026-11-23"'}
KINDS = {
    "accountId": "Account", "lessonId": "Lesson", "messageId": "MailMessage", "noticeId": "Notice",
    "schoolClassId": "SchoolClass", "sectionId": "Section", "termId": "Term",
}  # fmt: skip
"""The types that arguments identify, other than students."""


def list_operations(schema: GraphQLSchema, ends: Collection[str] = ()) -> Iterator[tuple[str, str]]:
    """Yield the coordinates of all fields that queries reach, each with an operation that asks for
    it.

    ends: Coordinates of fields below which no field is asked for.
    """
    assert schema.query_type
    ways: dict[str, list[str]] = {schema.query_type.name: []}
    waiting = deque([schema.query_type])
    while waiting:
        type_ = waiting.popleft()
        way = ways[type_.name]
        for name, field in type_.fields.items():
            asked = f"{name}{render_arguments(field)}"
            named: Any = get_named_type(field.type)
            leaf = " { __typename }" if is_composite_type(named) else ""
            yield f"{type_.name}.{name}", f"{{ {wrap(way, asked + leaf)} }}"
            below = [] if f"{type_.name}.{name}" in ends else list_objects(schema, named)
            for found in below:
                if found.name not in ways:
                    inside = f"... on {found.name} {{ # }}" if is_abstract_type(named) else "#"
                    ways[found.name] = [*way, f"{asked} {{ {inside} }}"]
                    waiting.append(found)


def list_objects(schema: GraphQLSchema, type_: Any) -> list[GraphQLObjectType]:
    if is_abstract_type(type_):
        return list(schema.get_possible_types(type_))
    return [type_] if isinstance(type_, GraphQLObjectType) else []


def wrap(way: list[str], inner: str) -> str:
    for step in reversed(way):
        before, _, after = step.partition("#")
        inner = f"{before}{inner}{after}"
    return inner


def render_arguments(field: GraphQLField) -> str:
    """Return values for the required arguments."""
    given = [
        f"{name}: {render_literal(one.type, name)}"
        for name, one in field.args.items()
        if isinstance(one.type, GraphQLNonNull)
    ]
    return f"({', '.join(given)})" if given else ""


def render_literal(type_: Any, name: str) -> str:
    if isinstance(type_, GraphQLNonNull):
        return render_literal(type_.of_type, name)
    if isinstance(type_, GraphQLList):
        return f"[{render_literal(type_.of_type, name)}]"
    if isinstance(type_, GraphQLEnumType):
        return str(next(iter(type_.values)))
    if isinstance(type_, GraphQLInputObjectType):  # one of its fields is enough
        first, field = next(iter(type_.fields.items()))
        return f"{{ {first}: {render_literal(field.type, first)} }}"
    if type_.name == "ID":
        return f'"{KINDS.get(name, "Student")}:1-1"'
    return SCALARS.get(type_.name, '"…"')
