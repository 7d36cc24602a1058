"""What is wrong with a document: by graphql-core's own rules, asked in fewer steps.

`validate` asks every rule at every node whether it has something to say there, and goes by every
name. Here a rule is called where it has; that and the end after a few errors is all the difference.
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

from gql.guard.rules import MOST_ERRORS, RULES, Enough

KEYS = {
    kind: tuple(key for key in keys if key not in ("name", "alias", "description"))
    for kind, keys in QUERY_DOCUMENT_KEYS.items()
}
"""What to go by. No rule looks at a name but from what it names."""


def errors_in(
    schema: GraphQLSchema,
    document: DocumentNode,
    *,
    suggest: bool = False,
    most: int = MOST_ERRORS,
    rules: Sequence[type[ASTValidationRule]] = RULES,
) -> list[GraphQLError]:
    """The first errors of a document, at most so many; none if it is valid.

    suggest: Whether they suggest names of the schema. To find a name that is alike takes longer
        than all else, so it is not done in vain.
    """
    info = TypeInfo(schema)
    errors: list[GraphQLError] = []

    def note(error: GraphQLError) -> None:
        error.extensions = {"code": "GRAPHQL_VALIDATION_FAILED"}
        errors.append(error)
        if len(errors) >= most:
            raise Enough

    context = Context(schema, document, info, note, not suggest)
    visitors: list[Visitor] = [rule(context) for rule in rules]
    fragments = {
        part.name.value: part
        for part in document.definitions
        if isinstance(part, FragmentDefinitionNode)
    }
    try:
        if fragments:
            visitors.insert(0, FragmentNestingVisitor(fragments))
        visit(document, Together(info, visitors), KEYS)
    except Enough:
        pass
    except RecursionError:
        note(GraphQLError("The document is nested too deeply."))
    return errors


@cache
def methods(kinds: tuple[type[Visitor], ...]) -> dict[tuple[str, str], list[tuple[int, str]]]:
    """By the way, into or out of, and the kind of node: places of the visitors of these kinds that
    do something there, and the names of what they do. Filled as it is asked for."""
    return {}


class Together(Visitor):
    """Visitors that look at a document together, and the types they ask for kept beside them."""

    def __init__(self, info: TypeInfo, visitors: Sequence[Visitor]) -> None:
        super().__init__()
        self.info, self.visitors = info, visitors
        self.methods = methods(tuple(map(type, visitors)))
        self.skipping: dict[int, Any] = {}
        """By places of visitors, the node they do not look into."""

    def get_enter_leave_for_kind(self, kind: str) -> EnterLeaveVisitor:
        if (found := self.enter_leave_map.get(kind)) is None:
            found = self.enter_leave_map[kind] = EnterLeaveVisitor(
                self.entering(kind), self.leaving(kind)
            )
        return found

    def bound(self, way: str, kind: str) -> tuple[Any, list[tuple[int, Any]]]:
        """What is to be called: of the types, and of the visitors."""
        visitors = self.visitors
        if (named := self.methods.get((way, kind))) is None:
            names = (f"{way}_{kind}", way)
            found = (next((n for n in names if hasattr(one, n)), None) for one in visitors)
            named = [(place, name) for place, name in enumerate(found) if name]
            self.methods[way, kind] = named
        calls = [(place, getattr(visitors[place], name)) for place, name in named]
        return getattr(self.info, f"{way}_{kind}", None), calls

    def entering(self, kind: str) -> Any:
        skipping = self.skipping
        told, calls = self.bound("enter", kind)

        def enter(node: Node, *around: Any) -> None:
            if told:
                told(node)
            for place, call in calls:
                if place not in skipping and (result := call(node, *around)) is not None:
                    skipping[place] = BREAK if result is BREAK or result is True else node

        return enter

    def leaving(self, kind: str) -> Any:
        skipping = self.skipping
        told, calls = self.bound("leave", kind)

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


class Context(ValidationContext):
    """What rules ask of a document as a whole."""

    def __init__(self, *about: Any) -> None:
        super().__init__(*about)
        self.direct: dict[int, list[VariableUsage]] = {}
        self.recursive: dict[int, list[VariableUsage]] = {}
        """By where a definition is: to tell it by what it holds is to look through all of it."""

    def get_variable_usages(
        self, node: OperationDefinitionNode | FragmentDefinitionNode
    ) -> list[VariableUsage]:
        if (found := self.direct.get(id(node))) is None:
            fragment = node if isinstance(node, FragmentDefinitionNode) else None
            visitor = VariableUsageVisitor(self._type_info, fragment)
            visit(node, Together(self._type_info, [visitor]), KEYS)
            found = self.direct[id(node)] = visitor.usages
        return found

    def get_recursive_variable_usages(
        self, operation: OperationDefinitionNode
    ) -> list[VariableUsage]:
        if (found := self.recursive.get(id(operation))) is None:
            found = super().get_recursive_variable_usages(operation)
            self.recursive[id(operation)] = found
        return found
