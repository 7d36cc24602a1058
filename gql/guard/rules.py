"""The rules that a document and its variables must keep to."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from graphql import (
    SKIP,
    GraphQLError,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLSchema,
    ObjectValueNode,
    OperationDefinitionNode,
    Undefined,
    ValidationContext,
    ValueNode,
    ValuesOfCorrectTypeRule,
    VariableDefinitionNode,
    VariableNode,
    get_nullable_type,
    is_input_type,
    specified_rules,
    type_from_ast,
    validate_input_literal,
    validate_input_value,
)
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

MOST_ERRORS = 10
"""No client reads more."""


class OneOf(OneOfInputValidationRule):
    """Strawberry's, which knows a variable only where it was declared before: not in a fragment
    that stands before its operation. Of one that nobody declared another rule tells."""

    def __init__(self, context: ValidationContext) -> None:
        super().__init__(context)
        self.declared = {
            one.variable.name.value: one
            for part in context.document.definitions
            if isinstance(part, OperationDefinitionNode)
            for one in part.variable_definitions or ()
        }
        self.variable_definitions = dict(self.declared)

    def enter_operation_definition(self, node: Any, *_: Any) -> None:
        """Each may declare a name in its own way; its own come after this."""
        self.variable_definitions = dict(self.declared)

    def validate_one_of(self, node: ObjectValueNode, type: GraphQLNamedType) -> None:
        values = [field.value for field in node.fields]
        names = {value.name.value for value in values if isinstance(value, VariableNode)}
        if names <= self.variable_definitions.keys():
            super().validate_one_of(node, type)


class Values(ValuesOfCorrectTypeRule):
    """graphql-core's, without the values: they may be passwords, and errors are passed on."""

    def is_valid_value_node(self, node: ValueNode, input_type: Any) -> Any:
        if input_type:
            errors: list[tuple[GraphQLError, Sequence[Any]]] = []
            validate_input_literal(
                node,
                input_type,
                lambda error, path: errors.append((error, path)),
                hide_suggestions=self.context.hide_suggestions,
            )
            for error, path in errors:
                if self.context.hide_suggestions:
                    error.message = expected(input_type, path)
                self.context.report_error(error)
        return SKIP


def expected(type_: Any, path: Sequence[Any]) -> str:
    """What belongs at a place inside of a value of the type."""
    for step in path:
        type_ = get_nullable_type(type_)
        if isinstance(step, int):
            type_ = type_.of_type
            continue
        while isinstance(type_, GraphQLList):  # one member may stand for a list of one
            type_ = get_nullable_type(type_.of_type)
        type_ = type_.fields[step].type
    place = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    where = f" at '{place.lstrip('.')}'" if place else ""
    inner = get_nullable_type(type_)
    if isinstance(inner, GraphQLInputObjectType):
        one = "exactly one field" if inner.is_one_of else "the fields it has and those it needs"
        return f"Expected a value of type '{type_}'{where}, with {one}."
    return f"Expected a value of type '{type_}'{where}."


RULES = (
    *(Values if rule is ValuesOfCorrectTypeRule else rule for rule in specified_rules),
    MaybeNullValidationRule,
    OneOf,
)
"""graphql-core's, and those that Strawberry adds."""


def variable_errors(
    schema: GraphQLSchema, declared: Iterable[VariableDefinitionNode], sent: Mapping[str, Any]
) -> list[GraphQLError]:
    """What is wrong with the variables of an operation, without the values that were sent: they may
    be passwords."""
    errors: list[GraphQLError] = []
    for node in declared:
        type_ = type_from_ast(schema, node.type)
        value = sent.get(node.variable.name.value, Undefined)
        if type_ is None or not is_input_type(type_) or (value is Undefined and node.default_value):
            continue

        def note(_: GraphQLError, path: Sequence[Any], at: Any = node, of: Any = type_) -> None:
            told = f"Variable '${at.variable.name.value}' has an invalid value."
            errors.append(GraphQLError(f"{told} {expected(of, path)}", at))
            if len(errors) >= MOST_ERRORS:
                raise Enough

        try:
            validate_input_value(value, type_, note, hide_suggestions=True)
        except Enough:
            break
    return errors


class Enough(Exception):
    """There are as many errors as anybody reads."""
