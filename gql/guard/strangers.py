"""Operations of strangers, answered so that they cannot find out the schema by guessing.

If the schema is hidden from strangers, their operation either selects only open fields
(`gql.guard.opened`) and runs, or it is answered here, before validation. That answer does not
depend on the schema: each root field is refused, whether it exists, is misspelt or is misused.
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
from gql.guard.opened import IS_NULL, accepts_variables, find_openness, fits_strangers
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


def answer_stranger(
    schema: GraphQLSchema,
    document: Document,
    name: str | None,
    variables: Mapping[str, Any],
    *,
    has_token: bool,
) -> ExecutionResult | None:
    """Return the answer to a stranger's operation that does not run. Return None if it runs, or if
    there is no such operation, which the executor reports.

    name: Of the operation. has_token: Whether the request has a token, which is invalid.
    """
    operation = get_operation_ast(document.node, name)
    if operation is None:
        return None
    kind = operation.operation
    fields = list(find_root_fields(document.node, operation.selection_set, variables))
    if fits_strangers(schema, document, name, operation) and accepts_variables(
        schema, operation, fields, variables
    ):
        return None
    names = {one.name.value for one in fields}
    every = list(find_root_fields(document.node, operation.selection_set))
    if names & SCHEMA or all(one.name.value == "__typename" for one in every):
        return ExecutionResult(None, [sign_in_error()])
    if kind is OperationType.SUBSCRIPTION:
        return ExecutionResult(None, [sign_in_error(every[0], key_of(every[0]))])
    root = schema.get_root_type(kind)
    known = root.fields if root else {}
    data: dict[str, Any] = {}
    errors: list[GraphQLError] = []
    for one in fields:
        key, called = key_of(one), one.name.value
        is_null = called in known and find_openness(known[called]) == IS_NULL and not has_token
        if key not in data and called != "__typename" and not is_null:
            errors.append(sign_in_error(one, key))
        data[key] = root.name if called == "__typename" and root else None
    return ExecutionResult(data, errors or None)


def runs_for_strangers(
    schema: GraphQLSchema, document: Document, name: str | None, *, has_token: bool
) -> bool:
    """Whether the operation runs for strangers with any variables, or is null without a token.

    has_token: Whether the request has a token, which is invalid.
    """
    operation = get_operation_ast(document.node, name)
    if operation is None:
        return False
    if fits_strangers(schema, document, name, operation):
        return True
    root = schema.get_root_type(operation.operation)
    asked = {one.name.value for one in find_root_fields(document.node, operation.selection_set)}
    asked.discard("__typename")
    known = root.fields if root else {}
    nulls = (one in known and find_openness(known[one]) == IS_NULL for one in asked)
    return bool(asked) and not has_token and all(nulls)


def sign_in_error(field: FieldNode | None = None, key: str | None = None) -> GraphQLError:
    path = [key] if key else None
    return GraphQLError("", field, path=path, original_error=SignInFirst())


def key_of(field: FieldNode) -> str:
    return field.alias.value if field.alias else field.name.value


def find_root_fields(
    document: DocumentNode,
    selections: SelectionSetNode,
    variables: Mapping[str, Any] | None = None,
) -> Iterator[FieldNode]:
    """Yield the root fields of an operation in order, without those that a directive omits.

    variables: The values for the directives; without them all fields are yielded.
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
        if any(omits_node(directive, variables or {}) for directive in directives):
            continue
        if isinstance(one, FieldNode):
            yield one
        elif isinstance(one, InlineFragmentNode):
            waiting += reversed(one.selection_set.selections)
        elif isinstance(one, FragmentSpreadNode) and one.name.value not in spread:
            spread.add(one.name.value)
            if fragment := fragments.get(one.name.value):
                waiting += reversed(fragment.selection_set.selections)


def omits_node(directive: DirectiveNode, variables: Mapping[str, Any]) -> bool:
    """Whether a `@skip` or `@include` omits its node."""
    unless = {"skip": True, "include": False}.get(directive.name.value)
    for argument in directive.arguments or ():
        value = argument.value
        if isinstance(value, BooleanValueNode):
            return value.value is unless
        if isinstance(value, VariableNode):
            return variables.get(value.name.value) is unless
    return False
