"""The part of the schema that is open to strangers, if the rest is hidden from them.

The use case of a root field declares that it runs for strangers (`open_command`, `open_query`). The
schema says which fields may be selected below it: all fields of types that are no rows, and of rows
those in OF_ROWS. An operation that selects anything else does not fit, whether the schema has it or
not. So strangers cannot find out the rest of the schema by guessing.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    get_argument_values,
    get_named_type,
    get_variable_values,
    is_leaf_type,
)

from gql.guard.document import Document
from gql.guard.walk import DEFINED

IS_NULL, RUNS = "is null", "runs"
"""The two ways of a root field that is open to strangers: it is null without a token, or it runs.
Fields declare it as `open` in their metadata; all others refuse strangers."""
OF_ROWS = frozenset({"id", "fullName", "shortName", "timeZone"})
"""Fields of rows that strangers may select below a field that runs for them. A client greets the
user with them after signing in."""
ROW = "Node"
"""The interface of all types that show a row."""


def find_openness(field: Any) -> str | None:
    """Return the way of a root field for strangers; None if it refuses them."""
    found: str | None = field.extensions[DEFINED].metadata.get("open")
    return found


def fits_strangers(
    schema: GraphQLSchema, document: Document, name: str | None, operation: OperationDefinitionNode
) -> bool:
    """Whether the operation of a document runs for strangers with any variables: it is valid by
    itself, and all its fields are open. Other operations of the document do not matter.

    name: The requested operation name.
    """
    if (found := document.fits_strangers.get(name)) is None:
        found = document.fits_strangers[name] = is_open(schema, document, operation)
    return found


def is_open(schema: GraphQLSchema, document: Document, operation: OperationDefinitionNode) -> bool:
    root = schema.get_root_type(operation.operation)
    opening = OpenSelection(document.node)
    if root is None or not opening.opens_root(operation.selection_set, root):
        return False
    reached = (opening.fragments[one] for one, _ in opening.spread if one in opening.fragments)
    alone = DocumentNode(definitions=(operation, *dict.fromkeys(reached)))
    return not document.validate(alone)


class OpenSelection:
    """A walk through one operation.

    spread: Names of the fragments visited, each with the name of the type around its spread.
    """

    def __init__(self, document: DocumentNode) -> None:
        self.fragments = {
            part.name.value: part
            for part in document.definitions
            if isinstance(part, FragmentDefinitionNode)
        }
        self.spread: dict[tuple[str, str], bool] = {}

    def opens_root(self, selections: SelectionSetNode, root: GraphQLObjectType) -> bool:
        return all(
            one.name.value == "__typename"
            or (
                one.name.value in root.fields
                and find_openness(field := root.fields[one.name.value]) == RUNS
                and self.opens_below(one, field.type)
            )
            for one in self.fields(selections, root)
        )

    def opens(self, selections: SelectionSetNode, type_: GraphQLObjectType) -> bool:
        """Whether all selected fields of an object are open."""
        is_row = any(one.name == ROW for one in type_.interfaces)
        for one in self.fields(selections, type_):
            name = one.name.value
            if name == "__typename":
                continue
            if name not in type_.fields or one.arguments or (is_row and name not in OF_ROWS):
                return False
            if not self.opens_below(one, type_.fields[name].type):
                return False
        return True

    def opens_below(self, node: FieldNode, type_: Any) -> bool:
        inner = get_named_type(type_)
        if is_leaf_type(inner):
            return node.selection_set is None
        is_object = isinstance(inner, GraphQLObjectType) and node.selection_set is not None
        return is_object and self.opens(node.selection_set, inner)  # type: ignore[arg-type]

    def fields(self, selections: SelectionSetNode, type_: GraphQLObjectType) -> Iterable[FieldNode]:
        """Yield the fields of a selection with fragments spread, each fragment once per type."""
        waiting = [selections]
        while waiting:
            for one in waiting.pop().selections:
                if isinstance(one, FieldNode):
                    yield one
                elif isinstance(one, InlineFragmentNode):
                    waiting.append(one.selection_set)
                elif (key := (one.name.value, type_.name)) not in self.spread:  # type: ignore[attr-defined]
                    self.spread[key] = True
                    if fragment := self.fragments.get(key[0]):
                        waiting.append(fragment.selection_set)


def accepts_variables(
    schema: GraphQLSchema,
    operation: OperationDefinitionNode,
    fields: Iterable[FieldNode],
    variables: Mapping[str, Any],
) -> bool:
    """Whether an operation that fits accepts the values of the variables.

    fields: Its root fields.
    """
    declared = operation.variable_definitions or ()
    coerced = get_variable_values(schema, declared, dict(variables), 1, hide_suggestions=True)
    root = schema.get_root_type(operation.operation)
    if isinstance(coerced, list) or root is None:
        return False
    try:
        for one in fields:
            if one.name.value in root.fields:
                get_argument_values(root.fields[one.name.value], one, coerced)
    except GraphQLError:
        return False
    return True
