"""Lookahead: the to-one rows that an operation selects below a field are joined at once."""

from collections.abc import Iterator, Mapping
from typing import TypeAlias

import strawberry
from graphql import (
    BooleanValueNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLResolveInfo,
    InlineFragmentNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
)
from graphql.execution.values import VariableValues
from strawberry.utils.str_converters import to_snake_case

from resolvers.core.context import Ctx
from resolvers.core.shapes import NOTHING, REPORTS, SHAPES, One, Path, Same, Via, Wanted

Variables: TypeAlias = VariableValues | Mapping[str, object]
"""The variables of an operation. graphql-core gives resolvers the plain values."""
Fragments: TypeAlias = dict[str, FragmentDefinitionNode]

THROUGH = {"edges", "node", "nodes"}
"""Fields of a connection that lead to its rows."""


def wanted_of(info: strawberry.Info[Ctx, None], row: type, *path: str) -> Wanted:
    """Return the selection of rows of the type `row` below the field that is being resolved, or
    below a `path` of fields inside it."""
    raw = raw_info(info)
    found = NOTHING
    for node in raw.field_nodes:
        if node.selection_set is not None:
            found = merge_wanted(
                found, collect_wanted(node.selection_set, row, raw.fragments, path)
            )
    return found


def raw_info(info: strawberry.Info[Ctx, None]) -> GraphQLResolveInfo[Ctx]:
    """Return graphql-core's own information, which Strawberry wraps."""
    return info._raw_info  # noqa: SLF001  # Strawberry shows no selection that is not converted


class FieldLookahead:
    """The selection below the field that is being resolved; a `Lookahead`."""

    def __init__(self, info: strawberry.Info[Ctx, None]) -> None:
        self.info = info

    def __call__(self, row: type, /, *path: str) -> Wanted:
        return wanted_of(self.info, row, *path)

    def asks(self, name: str) -> bool:
        raw = raw_info(self.info)
        return any(
            to_snake_case(node.name.value) == name
            for above in raw.field_nodes
            if above.selection_set is not None
            for node in fields_of(above.selection_set, raw.fragments)
            if is_included(node, raw.variable_values)
        )


def is_included(node: FieldNode, variables: Variables) -> bool:
    """Whether a field is selected in spite of `@skip` and `@include`."""
    for directive in node.directives or ():
        if directive.name.value in ("skip", "include"):
            [given] = directive.arguments or ()
            holds = truth_of(given.value, variables)
            if holds is (directive.name.value == "skip"):
                return False
    return True


def truth_of(value: ValueNode, variables: Variables) -> bool:
    if isinstance(value, VariableNode):
        coerced = variables.coerced if isinstance(variables, VariableValues) else variables
        return bool(coerced[value.name.value])
    return isinstance(value, BooleanValueNode) and value.value


def collect_wanted(
    selection: SelectionSetNode, row: type, fragments: Fragments, path: tuple[str, ...]
) -> Wanted:
    ones: dict[Path, Wanted] = {}
    vias: dict[Path, None] = {}
    for node in fields_of(selection, fragments):
        name = to_snake_case(node.name.value)
        shape = (SHAPES.get(row) or REPORTS.get(row, {})).get(name)
        inner = node.selection_set
        if (path and name == path[0]) or (name in THROUGH and shape is None):
            if inner is not None:
                deeper = collect_wanted(
                    inner, row, fragments, path[1:] if path and name == path[0] else path
                )
                ones |= dict(deeper.ones)
                vias |= dict.fromkeys(deeper.vias)
        elif path:
            continue
        elif isinstance(shape, One) and inner is not None:
            deeper = collect_wanted(inner, shape.target, fragments, ())
            ones[shape.path] = merge_wanted(ones.get(shape.path, NOTHING), deeper)
        elif isinstance(shape, Same) and inner is not None:
            deeper = collect_wanted(inner, shape.target, fragments, ())
            ones |= dict(deeper.ones)
            vias |= dict.fromkeys(deeper.vias)
        elif isinstance(shape, Via):
            vias[shape.path] = None
    return Wanted(tuple(ones.items()), tuple(vias))


def merge_wanted(one: Wanted, other: Wanted) -> Wanted:
    ones = dict(one.ones)
    for path, deeper in other.ones:
        ones[path] = merge_wanted(ones.get(path, NOTHING), deeper)
    return Wanted(tuple(ones.items()), tuple(dict.fromkeys((*one.vias, *other.vias))))


def fields_of(
    selection: SelectionSetNode, fragments: Fragments, spread: set[str] | None = None
) -> Iterator[FieldNode]:
    """Yield the fields of a selection and of its fragments. A fragment on another type may select
    a field of the same name: then one join too many is made, but no row is shown.

    spread: The fragments that were read already: reading each spread again would take exponential
        time.
    """
    spread = set() if spread is None else spread
    for node in selection.selections:
        if isinstance(node, FieldNode):
            yield node
        elif isinstance(node, InlineFragmentNode):
            yield from fields_of(node.selection_set, fragments, spread)
        elif isinstance(node, FragmentSpreadNode) and node.name.value not in spread:
            spread.add(node.name.value)
            yield from fields_of(fragments[node.name.value].selection_set, fragments, spread)
