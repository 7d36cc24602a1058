"""The errors of fields refused by grant. They are known before anything is read. Each coordinate
gets one error, whose path leads to the first place of the answer where the field is null (R6)."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from graphql import (
    FieldNode,
    GraphQLAbstractType,
    GraphQLError,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    get_named_type,
)

from auth.actor import Viewer
from auth.rights import Right
from gql.execution.operation import DEFINED, Operation, SelectedField
from models.problems import Forbidden

Route = tuple[str | int, ...]
"""The response keys that lead to a field, with a 0 for each list on the way."""
Place = tuple[Route, Sequence[FieldNode]]
"""Where an operation selects a field, and the nodes that select it there."""


@dataclass(frozen=True, slots=True)
class Denial:
    """A field refused by grant, and all places that select it."""

    coordinate: str
    right: Right
    places: Sequence[Place]

    @property
    def depends_on_data(self) -> bool:
        """Whether only the answer tells the path."""
        return len(self.places) > 1 or 0 in self.places[0][0]

    def error(self, data: object) -> GraphQLError:
        """Make the error for an answer. Its path goes on below a null or an empty list if the field
        is nowhere in the answer."""
        path, nodes = self.places[0]
        for route, own_nodes in self.places:
            if (found := find_first_null(data, route)) is not None:
                path, nodes = found, own_nodes
                break
        cause = Forbidden(coordinate=self.coordinate, requires=self.right.value)
        return GraphQLError(str(cause), nodes, path=path, original_error=cause)


def find_denials(
    operation: Operation, viewer: Viewer, refused: Collection[str] = ()
) -> tuple[Denial, ...]:
    """Find the selected fields that no right of the viewer reaches.

    refused: Keys of mutations that were refused, so that there is nothing to ask fields of.
    """
    asked = [
        one
        for one in operation.fields(operation.root, [operation.selections])
        if one.key not in refused
    ]
    found: dict[tuple[str, Right], list[Place]] = {}
    for coordinate, right, place in find_denied(operation, viewer, operation.root, asked, ()):
        found.setdefault((coordinate, right), []).append(place)
    return tuple(Denial(*of, places) for of, places in found.items())


def make_errors(denied: Iterable[Denial], data: object) -> list[GraphQLError]:
    """Make the errors of an answer.

    data: The data of the answer. It is ignored by denials that do not `depends_on_data`.
    """
    return [one.error(data) for one in denied]


def find_denied(
    operation: Operation,
    viewer: Viewer,
    type_: GraphQLObjectType,
    fields: Iterable[SelectedField],
    above: Route,
) -> Iterator[tuple[str, Right, Place]]:
    """Find the coordinate, the missing right and the place of each denied field."""
    for asked in fields:
        if asked.name.startswith("__"):
            continue
        defined = type_.fields[asked.name]
        right = right_of(defined.extensions.get(DEFINED))
        if right and not viewer.scopes(right):
            yield f"{type_.name}.{asked.name}", right, ((*above, asked.key), asked.nodes)
        elif asked.below:
            route = (*above, asked.key, *[0] * count_lists(defined.type))
            named = get_named_type(defined.type)
            if isinstance(named, GraphQLAbstractType):
                types = operation.schema.get_possible_types(named)
            else:
                types = [named]
            for below in types:
                inside = operation.fields(below, asked.below)
                yield from find_denied(operation, viewer, below, inside, route)


def right_of(definition: object) -> Right | None:
    """Return the right that a field needs."""
    right: Right | None = getattr(definition, "metadata", {}).get("right")
    return right


def count_lists(type_: GraphQLOutputType) -> int:
    """Count the lists around a value of the type."""
    number = 0
    while isinstance(type_, GraphQLNonNull | GraphQLList):
        number += isinstance(type_, GraphQLList)
        type_ = type_.of_type
    return number


def find_first_null(data: object, route: Route) -> Route | None:
    """Return the path of the first null to which a route leads; None if there is none."""
    if not route:
        return () if data is None else None
    first, rest = route[0], route[1:]
    members: Iterable[tuple[str | int, object]]
    if first == 0:
        members = enumerate(data) if isinstance(data, list) else ()
    else:
        members = [(first, data[first])] if isinstance(data, dict) and first in data else ()
    for key, member in members:
        if (found := find_first_null(member, rest)) is not None:
            return (key, *found)
    return None
