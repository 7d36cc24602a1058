"""Operations of strangers, answered so that nobody can find out the schema by guessing.

Where strangers may not read the schema, what they may not ask gets the same answer whether it
exists or not: such root fields are answered before validation, each as it would be if it existed.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from graphql import (
    BooleanValueNode,
    DirectiveNode,
    DocumentNode,
    ExecutionResult,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLSchema,
    InlineFragmentNode,
    OperationType,
    SelectionSetNode,
    VariableNode,
    get_operation_ast,
)

from gql.guard.sums import SCHEMA
from gql.guard.walk import DEFINED
from models.problems import Unauthenticated

IS_NULL, RUNS = "is null", "runs"
"""What a root field that is open to strangers does: it is null for those without a token, or it
runs. Fields declare it as `open` in their metadata; all others refuse strangers."""


def answer_to_stranger(
    schema: GraphQLSchema,
    document: DocumentNode,
    name: str | None,
    variables: Mapping[str, Any],
    *,
    has_token: bool,
) -> ExecutionResult | None:
    """The answer to a stranger's operation of which nothing is open; None: there is nothing to
    hide in it, or a part that runs for strangers, and it goes on to validation.

    name: Of the operation. has_token: Whether they showed a token, which is not good.
    """
    operation = get_operation_ast(document, name)
    if operation is None:
        return None
    kind = operation.operation
    fields = list(root_fields(document, operation.selection_set, variables))
    if all(one.name.value == "__typename" for one in fields):
        return None
    if any(one.name.value in SCHEMA for one in fields):
        return ExecutionResult(None, [refused()])
    if kind is OperationType.SUBSCRIPTION:
        return ExecutionResult(None, [refused(fields[0], key_of(fields[0]))])
    root = schema.get_root_type(kind)
    known = root.fields if root else {}
    data: dict[str, Any] = {}
    errors: list[GraphQLError] = []
    for one in fields:
        key, called = key_of(one), one.name.value
        opening = open_by(known[called]) if called in known else None
        if opening == RUNS:
            return None
        if key not in data and called != "__typename" and (opening != IS_NULL or has_token):
            errors.append(refused(one, key))
        data[key] = root.name if called == "__typename" and root else None
    return ExecutionResult(data, errors or None)


def refused(field: FieldNode | None = None, key: str | None = None) -> GraphQLError:
    path = [key] if key else None
    return GraphQLError("", field, path=path, original_error=Unauthenticated())


def key_of(field: FieldNode) -> str:
    return field.alias.value if field.alias else field.name.value


def open_by(field: Any) -> str | None:
    """What a root field does for strangers."""
    found: str | None = field.extensions[DEFINED].metadata.get("open")
    return found


def root_fields(
    document: DocumentNode, selections: SelectionSetNode, variables: Mapping[str, Any]
) -> Iterator[FieldNode]:
    """The root fields of an operation in order, but for those that a directive leaves out."""
    fragments = {
        part.name.value: part
        for part in document.definitions
        if isinstance(part, FragmentDefinitionNode)
    }
    spread: set[str] = set()
    waiting = list(reversed(selections.selections))
    while waiting:
        one = waiting.pop()
        if any(leaves_out(directive, variables) for directive in one.directives or ()):
            continue
        if isinstance(one, FieldNode):
            yield one
        elif isinstance(one, InlineFragmentNode):
            waiting += reversed(one.selection_set.selections)
        elif isinstance(one, FragmentSpreadNode) and one.name.value not in spread:
            spread.add(one.name.value)
            if fragment := fragments.get(one.name.value):
                waiting += reversed(fragment.selection_set.selections)


def leaves_out(directive: DirectiveNode, variables: Mapping[str, Any]) -> bool:
    """Whether `@skip` or `@include` leaves out what it stands at."""
    unless = {"skip": True, "include": False}.get(directive.name.value)
    for argument in directive.arguments or ():
        value = argument.value
        if isinstance(value, BooleanValueNode):
            return value.value is unless
        if isinstance(value, VariableNode):
            return variables.get(value.name.value) is unless
    return False
