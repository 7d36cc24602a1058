"""The fields that an operation selects: fragments spread, directives obeyed, equal keys merged."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLAbstractType,
    GraphQLIncludeDirective,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLSkipDirective,
    InlineFragmentNode,
    NamedTypeNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    get_directive_values,
)
from graphql.execution.values import VariableValues

DEFINED = "strawberry-definition"


@dataclass(frozen=True, slots=True)
class SelectedField:
    """A field of the answer: its response key, and all nodes of the document that select it."""

    key: str
    name: str
    nodes: list[FieldNode]

    @property
    def below(self) -> list[SelectionSetNode]:
        return [node.selection_set for node in self.nodes if node.selection_set]


@dataclass(frozen=True)
class Operation:
    """An operation of a document, with the variables as they were coerced."""

    schema: GraphQLSchema
    definition: OperationDefinitionNode
    fragments: Mapping[str, FragmentDefinitionNode]
    variables: VariableValues

    @property
    def root(self) -> GraphQLObjectType:
        found = self.schema.get_root_type(self.definition.operation)
        assert found  # noqa: S101  # validated
        return found

    @property
    def selections(self) -> SelectionSetNode:
        return self.definition.selection_set

    def fields(
        self, type_: GraphQLObjectType, selections: Sequence[SelectionSetNode]
    ) -> list[SelectedField]:
        """Return the fields selected of an object of the type, in the order of first mention."""
        found: dict[str, SelectedField] = {}
        for node in self.nodes(type_, selections, set()):
            key = node.alias.value if node.alias else node.name.value
            found.setdefault(key, SelectedField(key, node.name.value, [])).nodes.append(node)
        return list(found.values())

    def nodes(
        self, type_: GraphQLObjectType, selections: Sequence[SelectionSetNode], spread: set[str]
    ) -> Iterator[FieldNode]:
        for selection in (one for set_ in selections for one in set_.selections):
            if not self.is_included(selection):
                continue
            if isinstance(selection, FieldNode):
                yield selection
            elif isinstance(selection, InlineFragmentNode):
                if self.does_apply(selection.type_condition, type_):
                    yield from self.nodes(type_, [selection.selection_set], spread)
            elif isinstance(selection, FragmentSpreadNode):
                name = selection.name.value
                fragment = self.fragments[name]
                if name not in spread and self.does_apply(fragment.type_condition, type_):
                    spread.add(name)
                    yield from self.nodes(type_, [fragment.selection_set], spread)

    def is_included(self, node: SelectionNode) -> bool:
        if not node.directives:
            return True
        skip = get_directive_values(GraphQLSkipDirective, node, self.variables)
        include = get_directive_values(GraphQLIncludeDirective, node, self.variables)
        return not (skip and skip["if"]) and not (include and not include["if"])

    def does_apply(self, condition: NamedTypeNode | None, type_: GraphQLObjectType) -> bool:
        if condition is None or condition.name.value == type_.name:
            return True
        wanted = self.schema.get_type(condition.name.value)
        return isinstance(wanted, GraphQLAbstractType) and self.schema.is_sub_type(wanted, type_)
