"""Uses of variables: where they stand in the arguments of root fields, and what the use case takes
there."""

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

from gql.bridge.arguments import ids_among
from gql.bridge.types import is_report
from gql.engine.operation import DEFINED
from models.base import Id, OfSchool
from resolvers.core.parameters import plain

CURSORS = frozenset({"after", "before"})


@dataclass(frozen=True, slots=True)
class Use:
    """A place where a variable stands.

    names: From the root field inwards. annotation: What the use case takes there, if it is known.
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
        """By the names of variables, where they stand."""
        found: dict[str, list[Use]] = {}
        for root in self.roots(self.operation.selection_set, set()):
            taken = self.annotations(root)
            for argument in root.arguments or ():
                name = argument.name.value
                use = Use(root, (root.name.value, name), taken.get(to_snake_case(name)))
                for variable, place in placed(argument.value, use):
                    found.setdefault(variable, []).append(place)
        return found

    def roots(self, selections: SelectionSetNode, spread: set[str]) -> Iterator[FieldNode]:
        for one in selections.selections:
            if isinstance(one, FieldNode):
                yield one
            elif isinstance(one, InlineFragmentNode):
                yield from self.roots(one.selection_set, spread)
            elif isinstance(one, FragmentSpreadNode) and one.name.value not in spread:
                spread.add(one.name.value)
                yield from self.roots(self.fragments[one.name.value].selection_set, spread)

    def annotations(self, root: FieldNode) -> Mapping[str, Any]:
        """What the use case of a root field takes, by the names of its arguments."""
        type_ = self.schema.get_root_type(self.operation.operation)
        definition = type_.fields.get(root.name.value) if type_ else None
        metadata = definition.extensions[DEFINED].metadata if definition else {}
        if command := metadata.get("command"):
            return {"input": ids_among(command)}
        read = metadata.get("read")
        return read.annotations if read else {}

    def conditions(self, selections: SelectionSetNode, spread: set[str]) -> set[str]:
        """The types that parts of a selection are for."""
        found: set[str] = set()
        for one in selections.selections:
            inner: Any = one if isinstance(one, InlineFragmentNode) else None
            if isinstance(one, FragmentSpreadNode) and one.name.value not in spread:
                spread.add(one.name.value)
                inner = self.fragments[one.name.value]
            if inner and inner.type_condition:
                found.add(inner.type_condition.name.value)
            if inner:
                found |= self.conditions(inner.selection_set, spread)
        return found - {"Node"}


def inside(use: Use | None) -> Use | None:
    """A member of a list."""
    if use is None or use.annotation is None:
        return use
    inner = get_args(bare(use.annotation))
    return Use(use.root, use.names, inner[0] if inner else None)


def part(use: Use | None, name: str) -> Use | None:
    """A field of an input."""
    if use is None:
        return None
    hints: Any = bare(use.annotation)
    if is_report(hints):
        hints = get_type_hints(hints)
    known = hints if isinstance(hints, Mapping) else {}
    return Use(use.root, (*use.names, name), known.get(to_snake_case(name)))


def placed(value: ValueNode, use: Use) -> Iterator[tuple[str, Use]]:
    """The variables in the value of an argument, and where they stand."""
    if isinstance(value, VariableNode):
        yield value.name.value, use
    elif isinstance(value, ListValueNode):
        for one in value.values:
            yield from placed(one, inside(use) or use)
    elif isinstance(value, ObjectValueNode):
        for given in value.fields:
            yield from placed(given.value, part(use, given.name.value) or use)


def bare(annotation: Any) -> Any:
    """What is taken, without `Arg`, `Logged` and `| None`."""
    if annotation is None or isinstance(annotation, Mapping):
        return annotation
    found = plain(annotation)
    inner = [one for one in get_args(found) if one is not type(None)]
    return inner[0] if type(None) in get_args(found) else found


def row_in(annotation: Any) -> type[OfSchool] | None:
    """The row of an `Id[Row]`."""
    found = bare(annotation)
    return get_args(found)[0] if get_origin(found) is Id else None
