"""What is known of who asks before anything is read, as JSON."""

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
from gql.execution.operation import DEFINED, Asked, Operation
from resolvers.core.shapes import Shape


def word_of(type_: GraphQLObjectType, asked: Asked) -> Word[Shape | None] | None:
    """What the bridge declared of a field."""
    found: Word[Shape | None] | None = (
        type_.fields[asked.name].extensions[DEFINED].metadata.get("word")
    )
    return found


@dataclass(frozen=True, slots=True)
class Telling:
    """Something known of who asks, and what of it is asked for."""

    ask: Callable[..., Any]
    returned: GraphQLOutputType
    asked: Asked

    def written(self, operation: Operation, value: object) -> object:
        """A value as JSON has it, with what is asked of it."""
        return written(operation, self.returned, self.asked, value)


def written(operation: Operation, type_: GraphQLOutputType, asked: Asked, value: Any) -> object:
    """A value as JSON has it, with what is asked of it and no more."""
    if isinstance(type_, GraphQLNonNull):
        return written(operation, type_.of_type, asked, value)
    if value is None:
        return None
    if isinstance(type_, GraphQLList):
        return [written(operation, type_.of_type, asked, one) for one in value]
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
        found[field_.key] = written(operation, defined.type, field_, part)
    return found
