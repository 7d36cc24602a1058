"""Fields refused by grant: known before anything runs, told once for each coordinate (R6)."""

from collections.abc import Collection, Iterable, Iterator

from graphql import (
    FieldNode,
    GraphQLAbstractType,
    GraphQLError,
    GraphQLObjectType,
    get_named_type,
)

from auth.actor import Viewer
from auth.rights import Right
from gql.engine.operation import DEFINED, Asked, Operation
from models.problems import Forbidden


def denials(
    operation: Operation, viewer: Viewer, refused: Collection[str] = ()
) -> list[GraphQLError]:
    """An error for each field asked for that no right of the viewer reaches.

    refused: Keys of mutations that gave nothing to ask fields of.
    """
    found: dict[str, GraphQLError] = {}
    asked = (
        one
        for one in operation.fields(operation.root, [operation.selections])
        if one.key not in refused
    )
    for coordinate, right, nodes in denied(operation, viewer, operation.root, asked):
        cause = Forbidden(coordinate=coordinate, requires=right.value)
        found.setdefault(coordinate, GraphQLError(str(cause), nodes, original_error=cause))
    return list(found.values())


def denied(
    operation: Operation,
    viewer: Viewer,
    type_: GraphQLObjectType,
    fields: Iterable[Asked],
) -> Iterator[tuple[str, Right, list[FieldNode]]]:
    for asked in fields:
        if asked.name.startswith("__"):
            continue
        defined = type_.fields[asked.name]
        right = right_of(defined.extensions.get(DEFINED))
        if right and not viewer.scopes(right):
            yield f"{type_.name}.{asked.name}", right, asked.nodes
        elif asked.below:
            named = get_named_type(defined.type)
            if isinstance(named, GraphQLAbstractType):
                types = operation.schema.get_possible_types(named)
            else:
                types = [named]
            for below in types:
                inside = operation.fields(below, asked.below)
                yield from denied(operation, viewer, below, inside)


def right_of(definition: object) -> Right | None:
    """The right that a field needs."""
    right: Right | None = getattr(definition, "metadata", {}).get("right")
    return right
