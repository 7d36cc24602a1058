"""Uses of variables in the arguments of root fields, with the types that use cases take there."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, get_args, get_origin, get_type_hints

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSchema,
    InlineFragmentNode,
    ListValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
)
from strawberry.utils.str_converters import to_snake_case

from gql.bridge.arguments import annotations_of
from gql.bridge.types import is_report
from gql.execution.operation import DEFINED
from models.base import Id, OfSchool
from resolvers.core.parameters import plain

CURSORS = frozenset({"after", "before"})


@dataclass(frozen=True, slots=True)
class Use:
    """A use of a variable.

    names: The path from the root field inwards. annotation: The use case's type there, if known.
    """

    root: FieldNode
    names: tuple[str, ...]
    annotation: Any = None

    @property
    def is_cursor(self) -> bool:
        return len(self.names) == 2 and self.names[1] in CURSORS


@dataclass(frozen=True)
class Uses:
    """The uses of the variables of one operation."""

    schema: GraphQLSchema
    operation: OperationDefinitionNode
    fragments: Mapping[str, FragmentDefinitionNode]

    def by_variable(self) -> dict[str, list[Use]]:
        """Return the uses by variable."""
        found: dict[str, list[Use]] = {}
        for root in self.find_roots(self.operation.selection_set, set()):
            taken = self.find_annotations(root)
            for argument in root.arguments or ():
                name = argument.name.value
                use = Use(root, (root.name.value, name), taken.get(to_snake_case(name)))
                for variable, place in find_uses(argument.value, use):
                    found.setdefault(variable, []).append(place)
        return found

    def find_roots(self, selections: SelectionSetNode, spread: set[str]) -> Iterator[FieldNode]:
        for one in selections.selections:
            if isinstance(one, FieldNode):
                yield one
            elif isinstance(one, InlineFragmentNode):
                yield from self.find_roots(one.selection_set, spread)
            elif isinstance(one, FragmentSpreadNode) and one.name.value not in spread:
                spread.add(one.name.value)
                yield from self.find_roots(self.fragments[one.name.value].selection_set, spread)

    def find_annotations(self, root: FieldNode) -> Mapping[str, Any]:
        """Return the parameter types of a root field's use case, by argument."""
        type_ = self.schema.get_root_type(self.operation.operation)
        definition = type_.fields.get(root.name.value) if type_ else None
        metadata = definition.extensions[DEFINED].metadata if definition else {}
        if command := metadata.get("command"):
            return {"input": annotations_of(command)}
        read = metadata.get("read")
        return read.annotations if read else {}

    def find_conditions(self, selections: SelectionSetNode, spread: set[str]) -> set[str]:
        """Return the type conditions in a selection."""
        found: set[str] = set()
        for one in selections.selections:
            inner: Any = one if isinstance(one, InlineFragmentNode) else None
            if isinstance(one, FragmentSpreadNode) and one.name.value not in spread:
                spread.add(one.name.value)
                inner = self.fragments[one.name.value]
            if inner and inner.type_condition:
                found.add(inner.type_condition.name.value)
            if inner:
                found |= self.find_conditions(inner.selection_set, spread)
        return found - {"Node"}


def use_in_list(use: Use | None) -> Use | None:
    """Return the use inside a list."""
    if use is None or use.annotation is None:
        return use
    inner = get_args(strip_annotation(use.annotation))
    return Use(use.root, use.names, inner[0] if inner else None)


def use_in_field(use: Use | None, name: str) -> Use | None:
    """Return the use in a field of an input."""
    if use is None:
        return None
    hints: Any = strip_annotation(use.annotation)
    if is_report(hints):
        hints = get_type_hints(hints)
    known = hints if isinstance(hints, Mapping) else {}
    return Use(use.root, (*use.names, name), known.get(to_snake_case(name)))


def find_uses(value: ValueNode, use: Use) -> Iterator[tuple[str, Use]]:
    """Yield the variables in the value of an argument, with their uses."""
    if isinstance(value, VariableNode):
        yield value.name.value, use
    elif isinstance(value, ListValueNode):
        for one in value.values:
            yield from find_uses(one, use_in_list(use) or use)
    elif isinstance(value, ObjectValueNode):
        for given in value.fields:
            yield from find_uses(given.value, use_in_field(use, given.name.value) or use)


def strip_annotation(annotation: Any) -> Any:
    """Return a type without `Arg`, `Logged` and `| None`."""
    if annotation is None or isinstance(annotation, Mapping):
        return annotation
    found = plain(annotation)
    inner = [one for one in get_args(found) if one is not type(None)]
    return inner[0] if type(None) in get_args(found) else found


def row_in(annotation: Any) -> type[OfSchool] | None:
    """Return the row type of an `Id[Row]`; None for other types."""
    found = strip_annotation(annotation)
    return get_args(found)[0] if get_origin(found) is Id else None
