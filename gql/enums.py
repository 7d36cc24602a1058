"""Enums of the models as GraphQL enums, described by their docstrings."""

from enum import Enum

import strawberry
from strawberry.types.enum import StrawberryEnumDefinition

from gql.docs import read_doc


def shown_enum(enum: type[Enum]) -> type[Enum]:
    """Register an enum, described by its docstring's `NAME: text` lines, and return it."""
    if "__strawberry_definition__" in vars(enum):
        explain_enum(enum)
        return enum
    strawberry.enum(enum)
    explain_enum(enum)
    return enum


def explain_enum(enum: type[Enum]) -> None:
    summary, texts = read_doc(enum)
    definition: StrawberryEnumDefinition = enum.__strawberry_definition__  # type: ignore[attr-defined]
    definition.description = summary
    for value in definition.values:
        value.description = texts.get(value.name)
