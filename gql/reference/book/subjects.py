"""Subjects: root fields and types that have a page of their own."""

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
)
from strawberry.utils.str_converters import to_camel_case

from gql.schema import FEATURES, ROOTS

COMMON = "common"
ROOMS = (
    "access", "school", "people", "structure", "timetable", "journal", "communication", "files",
    "events", COMMON,
)  # fmt: skip
DEFINED = "strawberry-definition"
FOLDERS = {"Query": "queries", "Mutation": "commands", "Subscription": "subscriptions"}


@dataclasses.dataclass(frozen=True)
class Subject:
    """A root field or a type, with the types that belong to it alone.

    root: `Query`, `Mutation` or `Subscription` of a root field; None of a type.
    types: On its page, in this order.
    """

    name: str
    room: str
    root: str | None
    field: GraphQLField | None = None
    types: list[GraphQLNamedType] = dataclasses.field(default_factory=list)

    @property
    def path(self) -> str:
        return f"{FOLDERS[self.root] if self.root else 'types'}/{self.name}.html"

    @property
    def coordinate(self) -> str:
        return f"{self.root}.{self.name}" if self.root else self.name

    @property
    def description(self) -> str:
        told = self.field.description if self.field else self.types[0].description
        return told or ""


def subjects_of(schema: GraphQLSchema) -> list[Subject]:
    """Return all subjects: root fields in the order of the rooms, then types by name."""
    owned: dict[str, Subject] = {}
    found = list(root_fields(schema))
    for subject in found:
        if subject.root == "Mutation" and subject.field:
            for type_ in types_of_command(subject.field):
                if type_.name not in owned:
                    owned[type_.name] = subject
                    subject.types.append(type_)
    roots = {schema.query_type, schema.mutation_type, schema.subscription_type}
    named = [
        type_
        for name, type_ in sorted(schema.type_map.items())
        if not name.startswith("__") and type_ not in roots and name not in owned
    ]
    parts = parts_of_lists(schema)
    known = {type_.name for type_ in named}
    for type_ in named:
        if parts.get(type_.name, type_.name) not in known or type_.name not in parts:
            owned[type_.name] = Subject(type_.name, room_of(type_), None, None, [type_])
    for type_ in named:
        if type_.name not in owned:
            owned[parts[type_.name]].types.append(type_)
    return found + [one for name, one in owned.items() if one.root is None and one.name == name]


def root_fields(schema: GraphQLSchema) -> Iterator[Subject]:
    rooms = {
        (root, to_camel_case(one.python_name)): room_of_module(feature.__name__)
        for feature in FEATURES
        for root in ROOTS
        if (part := getattr(feature, root, None)) is not None
        for one in part.__strawberry_definition__.fields
    }
    for root, type_ in (
        ("Query", schema.query_type),
        ("Mutation", schema.mutation_type),
        ("Subscription", schema.subscription_type),
    ):
        for name, field_ in type_.fields.items() if type_ else ():
            yield Subject(name, rooms.get((root, name), COMMON), root, field_)


def types_of_command(command: GraphQLField) -> Iterator[GraphQLNamedType]:
    """Yield the input of a mutation, its payload, and the types of its user errors."""
    for argument in command.args.values():
        if isinstance(input_ := get_named_type(argument.type), GraphQLInputObjectType):
            yield from inputs_inside(input_, set())
    payload: Any = get_named_type(command.type)
    yield payload
    if errors := getattr(payload, "fields", {}).get("userErrors"):
        yield from refusals_inside(get_named_type(errors.type))


def inputs_inside(
    input_: GraphQLInputObjectType, seen: set[str]
) -> Iterator[GraphQLInputObjectType]:
    yield input_
    seen.add(input_.name)
    for one in input_.fields.values():
        inner = get_named_type(one.type)
        if isinstance(inner, GraphQLInputObjectType) and inner.name not in seen:
            yield from inputs_inside(inner, seen)


def refusals_inside(type_: Any) -> Iterator[GraphQLNamedType]:
    """Yield a user error type with its codes and warnings."""
    if not type_.name.endswith(("UserError", "Warning")) or not hasattr(type_, "fields"):
        return
    yield type_
    for name in ("code", "warnings"):
        if name in type_.fields:
            inner = get_named_type(type_.fields[name].type)
            yield from [inner] if isinstance(inner, GraphQLEnumType) else refusals_inside(inner)


def parts_of_lists(schema: GraphQLSchema) -> Mapping[str, str]:
    """Return the owners of types that belong to one other type: its connection and edges, filters
    and orders, lookups, and the viewer's rights on it."""
    found: dict[str, str] = {}
    for type_ in schema.type_map.values():
        if not isinstance(type_, GraphQLObjectType) or type_.name.startswith("__"):
            continue
        for one in type_.fields.values():
            given = get_named_type(one.type)
            shown = node_of(given) or given.name
            if (edges := getattr(given, "fields", {}).get("edges")) and shown != given.name:
                found[given.name] = found[get_named_type(edges.type).name] = shown
            for name, argument in one.args.items():
                wanted = get_named_type(argument.type)
                if name in ("filter", "orderBy", "by") and wanted.name.startswith(shown):
                    found[wanted.name] = shown
                    order = getattr(wanted, "fields", {}).get("field")
                    if name == "orderBy" and order:
                        found[get_named_type(order.type).name] = shown
            if given.name == f"{type_.name}ViewerCan":
                found[given.name] = type_.name
    return found


def node_of(type_: GraphQLNamedType) -> str | None:
    """Return the name of the node type of a connection; None for other types."""
    fields = getattr(type_, "fields", {})
    if not {"edges", "nodes", "pageInfo"} <= fields.keys():
        return None
    node: GraphQLNamedType = get_named_type(fields["nodes"].type)
    return node.name


def room_of(type_: GraphQLNamedType) -> str:
    definition: Any = (type_.extensions or {}).get(DEFINED)
    origin = getattr(definition, "origin", None) or getattr(definition, "wrapped_cls", None)
    if origin is None and hasattr(type_, "types"):  # a union is in the room of its first member
        return room_of(type_.types[0])
    return room_of_module(getattr(origin, "__module__", None) or "")


def room_of_module(module: str) -> str:
    """Return the room of a module: `journal` of `gql.journal.marks` and `models.journal.marks`."""
    room = f"{module}..".split(".")[1]
    return room if room in ROOMS else COMMON
