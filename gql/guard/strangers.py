"""Operations of strangers, answered so that nobody can find out the schema by guessing.

Where strangers may not read the schema, an operation of theirs either keeps to what is open to them
(`gql.guard.opened`) and runs, or it is answered here, before validation. That answer is the same
whatever the schema has: each root field is refused, whether it exists or not, and whether the
schema lacks it or it is asked for in a wrong way.
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

from gql.guard.document import Document
from gql.guard.opened import IS_NULL, fits, open_by, takes
from gql.guard.sums import SCHEMA
from models.problems import Unauthenticated


class SignInFirst(Unauthenticated):
    """Sign in first: the token is missing, wrong or expired. Without one nothing runs but what the
    README lists under "Without signing in", in exactly that form."""

    russian = (
        "Сначала войдите: ключа доступа нет, он неверен или истёк. Без него выполняется только то, "
        "что перечислено в README в разделе «Without signing in», и только в таком виде."
    )

    @classmethod
    def code(cls) -> str:
        return Unauthenticated.code()


def answer_to_stranger(
    schema: GraphQLSchema,
    document: Document,
    name: str | None,
    variables: Mapping[str, Any],
    *,
    has_token: bool,
) -> ExecutionResult | None:
    """The answer to a stranger's operation that does not run; None: it runs, or there is no such
    operation, of which the executor tells.

    name: Of the operation. has_token: Whether they showed a token, which is not good.
    """
    operation = get_operation_ast(document.node, name)
    if operation is None:
        return None
    kind = operation.operation
    fields = list(root_fields(document.node, operation.selection_set, variables))
    if fits(schema, document, name, operation) and takes(schema, operation, fields, variables):
        return None
    names = {one.name.value for one in fields}
    every = list(root_fields(document.node, operation.selection_set))
    if names & SCHEMA or all(one.name.value == "__typename" for one in every):
        return ExecutionResult(None, [refused()])
    if kind is OperationType.SUBSCRIPTION:
        return ExecutionResult(None, [refused(every[0], key_of(every[0]))])
    root = schema.get_root_type(kind)
    known = root.fields if root else {}
    data: dict[str, Any] = {}
    errors: list[GraphQLError] = []
    for one in fields:
        key, called = key_of(one), one.name.value
        is_null = called in known and open_by(known[called]) == IS_NULL and not has_token
        if key not in data and called != "__typename" and not is_null:
            errors.append(refused(one, key))
        data[key] = root.name if called == "__typename" and root else None
    return ExecutionResult(data, errors or None)


def runs_for_strangers(
    schema: GraphQLSchema, document: Document, name: str | None, *, has_token: bool
) -> bool:
    """Whether the operation runs for strangers whatever the variables are, or is null for those
    without a token.

    has_token: Whether they showed a token, which is not good.
    """
    operation = get_operation_ast(document.node, name)
    if operation is None:
        return False
    if fits(schema, document, name, operation):
        return True
    root = schema.get_root_type(operation.operation)
    asked = {one.name.value for one in root_fields(document.node, operation.selection_set)}
    asked.discard("__typename")
    known = root.fields if root else {}
    nulls = (one in known and open_by(known[one]) == IS_NULL for one in asked)
    return bool(asked) and not has_token and all(nulls)


def refused(field: FieldNode | None = None, key: str | None = None) -> GraphQLError:
    path = [key] if key else None
    return GraphQLError("", field, path=path, original_error=SignInFirst())


def key_of(field: FieldNode) -> str:
    return field.alias.value if field.alias else field.name.value


def root_fields(
    document: DocumentNode,
    selections: SelectionSetNode,
    variables: Mapping[str, Any] | None = None,
) -> Iterator[FieldNode]:
    """The root fields of an operation in order, but for those that a directive leaves out.

    variables: By which directives do so; without them all fields are there.
    """
    fragments = {
        part.name.value: part
        for part in document.definitions
        if isinstance(part, FragmentDefinitionNode)
    }
    spread: set[str] = set()
    waiting = list(reversed(selections.selections))
    while waiting:
        one = waiting.pop()
        directives = one.directives or () if variables is not None else ()
        if any(leaves_out(directive, variables or {}) for directive in directives):
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
