"""Values that are known before the statement runs: of the actor, or of the request."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLScalarType,
)

from gql.bridge.nodes import Word
from gql.execution.operation import DEFINED, Operation, SelectedField
from resolvers.core.shapes import Shape


def word_of(type_: GraphQLObjectType, asked: SelectedField) -> Word[Shape | None] | None:
    """Return the word by which the bridge declared a field."""
    found: Word[Shape | None] | None = (
        type_.fields[asked.name].extensions[DEFINED].metadata.get("word")
    )
    return found


@dataclass(frozen=True, slots=True)
class KnownValue:
    """A value of the actor or the request, and the fields that are selected of it."""

    ask: Callable[..., Any]
    returned: GraphQLOutputType
    asked: SelectedField

    def to_json(self, operation: Operation, value: object) -> object:
        """Return the value for JSON, with the selected fields."""
        return to_json_value(operation, self.returned, self.asked, value)


def to_json_value(
    operation: Operation, type_: GraphQLOutputType, asked: SelectedField, value: Any
) -> object:
    """Return a value of Python for JSON, with the selected fields only."""
    if isinstance(type_, GraphQLNonNull):
        return to_json_value(operation, type_.of_type, asked, value)
    if value is None:
        return None
    if isinstance(type_, GraphQLList):
        return [to_json_value(operation, type_.of_type, asked, one) for one in value]
    if not isinstance(type_, GraphQLObjectType):
        assert isinstance(type_, GraphQLScalarType | GraphQLEnumType)  # noqa: S101  # no unions
        return type_.serialize(value)
    found: dict[str, object] = {}
    for field_ in operation.fields(type_, asked.below):
        if field_.name == "__typename":
            found[field_.key] = type_.name
            continue
        defined = type_.fields[field_.name]
        word = word_of(type_, field_)
        name = defined.extensions[DEFINED].python_name
        part = word.resolve_value(value) if word else getattr(value, name)
        found[field_.key] = to_json_value(operation, defined.type, field_, part)
    return found
