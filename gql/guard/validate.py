"""Validation by graphql-core's own rules, in fewer steps.

graphql-core's `validate` looks up every rule's method at every node, and visits every name. Here
only the methods that exist are called, names are not visited, and validation ends after a few
errors.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

from graphql import (
    ASTValidationRule,
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    Node,
    OperationDefinitionNode,
    TypeInfo,
    ValidationContext,
    visit,
)
from graphql.language import BREAK, Visitor
from graphql.language.ast import QUERY_DOCUMENT_KEYS
from graphql.language.visitor import EnterLeaveVisitor
from graphql.validation.validate import FragmentNestingVisitor
from graphql.validation.validation_context import VariableUsage, VariableUsageVisitor

from gql.guard.rules import MOST_ERRORS, RULES, TooManyErrors

KEYS = {
    kind: tuple(key for key in keys if key not in ("name", "alias", "description"))
    for kind, keys in QUERY_DOCUMENT_KEYS.items()
}
"""The keys of a node to visit. No rule visits a name itself."""


def find_errors(
    schema: GraphQLSchema,
    document: DocumentNode,
    *,
    suggest: bool = False,
    most: int = MOST_ERRORS,
    rules: Sequence[type[ASTValidationRule]] = RULES,
) -> list[GraphQLError]:
    """Return the first errors of a document, at most so many; none if it is valid.

    suggest: Whether they suggest names of the schema. To find a similar name takes longer than all
        else.
    """
    info = TypeInfo(schema)
    errors: list[GraphQLError] = []

    def note(error: GraphQLError) -> None:
        error.extensions = {"code": "GRAPHQL_VALIDATION_FAILED"}
        errors.append(error)
        if len(errors) >= most:
            raise TooManyErrors

    context = CachedContext(schema, document, info, note, not suggest)
    visitors: list[Visitor] = [rule(context) for rule in rules]
    fragments = {
        part.name.value: part
        for part in document.definitions
        if isinstance(part, FragmentDefinitionNode)
    }
    try:
        if fragments:
            visitors.insert(0, FragmentNestingVisitor(fragments))
        visit(document, ParallelVisitor(info, visitors), KEYS)
    except TooManyErrors:
        pass
    except RecursionError:
        note(GraphQLError("The document is nested too deeply."))
    return errors


@cache
def find_methods(kinds: tuple[type[Visitor], ...]) -> dict[tuple[str, str], list[tuple[int, str]]]:
    """Return the methods of visitors of these classes, by direction (`enter`, `leave`) and kind of
    node: indexes of the visitors and names of their methods. It begins empty and is filled when a
    kind is first visited."""
    return {}


class ParallelVisitor(Visitor):
    """Visitors that visit a document in parallel, with the TypeInfo that they share."""

    def __init__(self, info: TypeInfo, visitors: Sequence[Visitor]) -> None:
        super().__init__()
        self.info, self.visitors = info, visitors
        self.methods = find_methods(tuple(map(type, visitors)))
        self.skipping: dict[int, Any] = {}
        """By indexes of visitors, the node whose inside they skip."""

    def get_enter_leave_for_kind(self, kind: str) -> EnterLeaveVisitor:
        if (found := self.enter_leave_map.get(kind)) is None:
            found = self.enter_leave_map[kind] = EnterLeaveVisitor(
                self.make_enter(kind), self.make_leave(kind)
            )
        return found

    def bind_methods(self, way: str, kind: str) -> tuple[Any, list[tuple[int, Any]]]:
        """Return the methods to call: of TypeInfo, and of the visitors."""
        visitors = self.visitors
        if (named := self.methods.get((way, kind))) is None:
            names = (f"{way}_{kind}", way)
            found = (next((n for n in names if hasattr(one, n)), None) for one in visitors)
            named = [(place, name) for place, name in enumerate(found) if name]
            self.methods[way, kind] = named
        calls = [(place, getattr(visitors[place], name)) for place, name in named]
        return getattr(self.info, f"{way}_{kind}", None), calls

    def make_enter(self, kind: str) -> Any:
        skipping = self.skipping
        told, calls = self.bind_methods("enter", kind)

        def enter(node: Node, *around: Any) -> None:
            if told:
                told(node)
            for place, call in calls:
                if place not in skipping and (result := call(node, *around)) is not None:
                    skipping[place] = BREAK if result is BREAK or result is True else node

        return enter

    def make_leave(self, kind: str) -> Any:
        skipping = self.skipping
        told, calls = self.bind_methods("leave", kind)

        def leave(node: Node, *around: Any) -> None:
            for place, call in calls:
                if place not in skipping:
                    result = call(node, *around)
                    if result is BREAK or result is True:
                        skipping[place] = BREAK
            if skipping:
                for place in [one for one, skipped in skipping.items() if skipped is node]:
                    del skipping[place]
            if told:
                told()

        return leave


class CachedContext(ValidationContext):
    """The context of rules, with variable usages cached by identity."""

    def __init__(self, *about: Any) -> None:
        super().__init__(*about)
        self.direct: dict[int, list[VariableUsage]] = {}
        self.recursive: dict[int, list[VariableUsage]] = {}
        """By `id` of a definition: hashing a node reads all that it contains."""

    def get_variable_usages(
        self, node: OperationDefinitionNode | FragmentDefinitionNode
    ) -> list[VariableUsage]:
        if (found := self.direct.get(id(node))) is None:
            fragment = node if isinstance(node, FragmentDefinitionNode) else None
            visitor = VariableUsageVisitor(self._type_info, fragment)
            visit(node, ParallelVisitor(self._type_info, [visitor]), KEYS)
            found = self.direct[id(node)] = visitor.usages
        return found

    def get_recursive_variable_usages(
        self, operation: OperationDefinitionNode
    ) -> list[VariableUsage]:
        if (found := self.recursive.get(id(operation))) is None:
            found = super().get_recursive_variable_usages(operation)
            self.recursive[id(operation)] = found
        return found
