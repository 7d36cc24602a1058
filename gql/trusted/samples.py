"""Sample variables, with which the plans of an operation are made in advance.

A plan depends on the shape of the variables: which are given, and which parts are no parameters of
the statement (`gql.engine.shape`). Shapes that cannot be foreseen, such as a filter in a variable,
are planned when they first come.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import orjson
from graphql import (
    FragmentDefinitionNode,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLSchema,
    OperationDefinitionNode,
    get_nullable_type,
    type_from_ast,
    value_from_ast_untyped,
)

from gql.trusted.uses import Use, Uses, row_in, use_in_field, use_in_list
from models.base import OfSchool

MOST = 16
"""Samples of an operation."""
DEEPEST = 4
"""The deepest nesting of inputs."""
SCALARS: Mapping[str, Any] = {
    "Boolean": True,
    "Date": "2026-09-01",
    "DateTime": "2026-09-01T08:00:00Z",
    "Decimal": "1",
    "Float": 1.0,
    "Int": 20,
    "LocalTime": "08:00",
    "String": "x",
    "UUID": "00000000-0000-4000-8000-000000000000",
}
SOMEBODY = "Student:1-1"
"""An id for a place of any type."""


@dataclass
class Samples:
    """The samples of one operation.

    cursors: By variable, cursors that fit its list.
    """

    schema: GraphQLSchema
    operation: OperationDefinitionNode
    fragments: Mapping[str, FragmentDefinitionNode]
    cursors: dict[str, str] = field(default_factory=dict)

    def list_samples(self) -> list[dict[str, Any]]:
        """Return different samples, the likeliest first."""
        choices = {name: self.sample_values(name) for name in self.types}
        full = {name: values[0] for name, values in choices.items() if values}
        needed = {name: full[name] for name in full if name in self.needed}
        without = {name: value for name, value in full.items() if name not in self.cursors}
        nothing = dict.fromkeys(full.keys() - needed.keys())
        found = [
            without,
            full,
            needed,
            {**without, **dict.fromkeys(self.cursors)},
            {**nothing, **needed},
        ]
        for name, values in choices.items():
            found += [{**without, name: value} for value in values[1:]]
        written = {orjson.dumps(one, option=orjson.OPT_SORT_KEYS): one for one in found}
        return list(written.values())[:MOST]

    @cached_property
    def places(self) -> Uses:
        return Uses(self.schema, self.operation, self.fragments)

    @cached_property
    def uses(self) -> dict[str, list[Use]]:
        """The uses of each variable."""
        return self.places.by_variable()

    @cached_property
    def types(self) -> dict[str, Any]:
        """The types of the declared variables."""
        declared = self.operation.variable_definitions or ()
        return {one.variable.name.value: type_from_ast(self.schema, one.type) for one in declared}

    @cached_property
    def needed(self) -> set[str]:
        defaults = {
            one.variable.name.value
            for one in self.operation.variable_definitions or ()
            if one.default_value
        }
        return {n for n, t in self.types.items() if isinstance(t, GraphQLNonNull)} - defaults

    def sample_values(self, name: str) -> list[Any]:
        """Return values for the variable; none if no fitting value is known."""
        if name in self.cursors:
            return [self.cursors[name]]
        uses = self.uses.get(name, [])
        if any(use.is_cursor for use in uses):
            return []  # no cursor could be made for its list
        use = next((one for one in uses if one.annotation is not None), uses[0] if uses else None)
        declared = next(
            one
            for one in self.operation.variable_definitions or ()
            if one.variable.name.value == name
        )
        if declared.default_value:
            return [value_from_ast_untyped(declared.default_value)]
        return [one for one in self.sample_type(self.types[name], use) if one is not None]

    def sample_type(self, type_: Any, use: Use | None, depth: int = 0) -> list[Any]:
        """Return values of an input type."""
        type_ = get_nullable_type(type_)
        if isinstance(type_, GraphQLList):
            inner = self.sample_type(type_.of_type, use_in_list(use), depth)
            return [[one] for one in inner]
        if isinstance(type_, GraphQLEnumType):
            return list(type_.values)
        if isinstance(type_, GraphQLInputObjectType):
            return self.sample_input(type_, use, depth)
        if type_.name == "ID":
            return self.sample_ids(use)
        return [True, False] if type_.name == "Boolean" else [SCALARS.get(type_.name)]

    def sample_input(self, type_: GraphQLInputObjectType, use: Use | None, depth: int) -> list[Any]:
        """Return an object with all fields and one with the required fields; of a filter only the
        second."""
        if depth >= DEEPEST:
            return []
        parts: dict[str, Any] = {}
        for name, field_ in type_.fields.items():
            found = self.sample_type(field_.type, use_in_field(use, name), depth + 1)
            if type_.is_one_of:
                return [{name: found[0]}]
            if found and (is_required(field_) or not type_.name.endswith("Filter")):
                parts[name] = found[0]
        least = {n: value for n, value in parts.items() if is_required(type_.fields[n])}
        return [parts, least] if parts != least else [parts]

    # -- ids ------------------------------------------------------------------------------

    def sample_ids(self, use: Use | None) -> list[str]:
        """Return ids of the row type that the use case takes there. For any node, return one of
        each type that the selection names."""
        if use is None:
            return [SOMEBODY]
        row = row_in(use.annotation)
        if row is not None and row is not OfSchool:
            return [f"{row.api_name()}:1-1"]
        if row is OfSchool and use.root.selection_set:
            kinds = sorted(self.places.find_conditions(use.root.selection_set, set()))
            return [f"{kind}:1-1" for kind in kinds] or [SOMEBODY]
        return [f"{self.find_type_named(use.names) or 'Student'}:1-1"]

    def find_type_named(self, names: Sequence[str]) -> str | None:
        """Return the type after which a place is named: `room`, `studentId`."""
        for name in reversed(names):
            bare = name.removesuffix("s").removesuffix("Id")
            if (kind := f"{bare[:1].upper()}{bare[1:]}") in self.schema.type_map:
                return kind
        return None


def is_required(field_: Any) -> bool:
    return isinstance(field_.type, GraphQLNonNull) and field_.default_value is None
