"""Looking ahead: which to-one rows an operation asks for below a field, to join them at once."""

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
    """What is asked of rows of the type `row` below the field being resolved, or below a `path`
    of fields inside it."""
    raw = raw_info(info)
    found = NOTHING
    for node in raw.field_nodes:
        if node.selection_set is not None:
            found = merged(found, below(node.selection_set, row, raw.fragments, path))
    return found


def raw_info(info: strawberry.Info[Ctx, None]) -> GraphQLResolveInfo[Ctx]:
    """Return graphql-core's own information, which Strawberry wraps."""
    return info._raw_info  # noqa: SLF001  # Strawberry shows no selection that is not converted


class Below:
    """The selection below the field that is being resolved."""

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
    """Whether no `@skip` or `@include` leaves a field out."""
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


def below(
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
                deeper = below(
                    inner, row, fragments, path[1:] if path and name == path[0] else path
                )
                ones |= dict(deeper.ones)
                vias |= dict.fromkeys(deeper.vias)
        elif path:
            continue
        elif isinstance(shape, One) and inner is not None:
            deeper = below(inner, shape.target, fragments, ())
            ones[shape.path] = merged(ones.get(shape.path, NOTHING), deeper)
        elif isinstance(shape, Same) and inner is not None:
            deeper = below(inner, shape.target, fragments, ())
            ones |= dict(deeper.ones)
            vias |= dict.fromkeys(deeper.vias)
        elif isinstance(shape, Via):
            vias[shape.path] = None
    return Wanted(tuple(ones.items()), tuple(vias))


def merged(one: Wanted, other: Wanted) -> Wanted:
    ones = dict(one.ones)
    for path, deeper in other.ones:
        ones[path] = merged(ones.get(path, NOTHING), deeper)
    return Wanted(tuple(ones.items()), tuple(dict.fromkeys((*one.vias, *other.vias))))


def fields_of(
    selection: SelectionSetNode, fragments: Fragments, spread: set[str] | None = None
) -> Iterator[FieldNode]:
    """All fields of a selection, those in fragments too, each once. A fragment on another type asks
    for fields this row type does not have, which are passed over, or for the same of it: then a
    join more is made than needed, never a row shown.

    spread: The fragments that were looked into: those that spread each other twice would take
        time without end.
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
