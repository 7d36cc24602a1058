"""Enums of the models in the API: the enum itself, explained by its docstring."""

from enum import Enum

import strawberry
from strawberry.types.enum import StrawberryEnumDefinition

from gql.docs import read_doc


def shown_enum(enum: type[Enum]) -> type[Enum]:
    """The enum itself, explained by its docstring's `NAME: text` lines."""
    if "__strawberry_definition__" in vars(enum):
        explained(enum)
        return enum
    strawberry.enum(enum)
    explained(enum)
    return enum


def explained(enum: type[Enum]) -> None:
    summary, texts = read_doc(enum)
    definition: StrawberryEnumDefinition = enum.__strawberry_definition__  # type: ignore[attr-defined]
    definition.description = summary
    for value in definition.values:
        value.description = texts.get(value.name)
