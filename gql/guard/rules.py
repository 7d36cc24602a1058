"""The validation rules of documents and variables."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from graphql import (
    SKIP,
    ExecutableDefinitionsRule,
    GraphQLError,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLSchema,
    KnownFragmentNamesRule,
    LoneAnonymousOperationRule,
    NoFragmentCyclesRule,
    NoUndefinedVariablesRule,
    NoUnusedFragmentsRule,
    NoUnusedVariablesRule,
    ObjectValueNode,
    OperationDefinitionNode,
    Undefined,
    UniqueArgumentNamesRule,
    UniqueFragmentNamesRule,
    UniqueInputFieldNamesRule,
    UniqueOperationNamesRule,
    UniqueVariableNamesRule,
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
from graphql.pyutils import did_you_mean, suggestion_list
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

MOST_ERRORS = 8
"""Errors of one answer. The tool graphql-cop takes ten as a sign that there is no limit."""


class OneOfRule(OneOfInputValidationRule):
    """Strawberry's rule, extended to variables in a fragment before the operation that declares
    them. Another rule reports undeclared ones."""

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
        """Forget the variables of the operation before: each may declare a name differently."""
        self.variable_definitions = dict(self.declared)

    def validate_one_of(self, node: ObjectValueNode, type: GraphQLNamedType) -> None:
        """Check a variable only; graphql-core checks all else, except the nullability of one."""
        values = [field.value for field in node.fields]
        names = {value.name.value for value in values if isinstance(value, VariableNode)}
        if len(values) == len(names) == 1 and names <= self.variable_definitions.keys():
            super().validate_one_of(node, type)


class ValuesRule(ValuesOfCorrectTypeRule):
    """graphql-core's rule without the values in its messages: they may be passwords."""

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
                suggest = not self.context.hide_suggestions
                error.message = describe_expected(input_type, path, error.message, suggest=suggest)
                self.context.report_error(error)
        return SKIP


def describe_expected(
    type_: Any, path: Sequence[Any], found: str = "", *, suggest: bool = False
) -> str:
    """Describe the value that is expected at a place inside of a value of the type.

    found: graphql-core's message, of which only the name of a field is used.
    suggest: Whether to suggest similar names.
    """
    for step in path:
        type_ = get_nullable_type(type_)
        if isinstance(step, int):
            type_ = type_.of_type
            continue
        while isinstance(type_, GraphQLList):  # GraphQL takes one member as a list of one
            type_ = get_nullable_type(type_.of_type)
        type_ = type_.fields[step].type
    place = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    where = f" at '{place.lstrip('.')}'" if place else ""
    inner = get_nullable_type(type_)
    while isinstance(inner, GraphQLList):
        inner = get_nullable_type(inner.of_type)
    told = f"Expected a value of type '{type_}'{where}"
    if isinstance(inner, GraphQLInputObjectType):
        if unknown := UNKNOWN.match(found):
            name = unknown[1]
            close = did_you_mean(suggestion_list(name, list(inner.fields))) if suggest else ""
            return f"{told}, which has no field '{name}'.{close}"
        if missing := MISSING.match(found):
            return f"{told}, which needs the field '{missing[1]}'."
        one = "exactly one field" if inner.is_one_of else "the fields it has and those it needs"
        return f"{told}, with {one}."
    return f"{told}."


UNKNOWN = re.compile(r"Expected value of type '[^']*' not to include unknown field '(\w{1,80})'")
MISSING = re.compile(r"Expected value of type '[^']*' to include required field '(\w{1,80})'")


RULES = (
    *(ValuesRule if rule is ValuesOfCorrectTypeRule else rule for rule in specified_rules),
    MaybeNullValidationRule,
    OneOfRule,
)
"""The rules of graphql-core, and those that Strawberry adds."""
RULES_OF_FORM = (
    ExecutableDefinitionsRule,
    UniqueOperationNamesRule,
    LoneAnonymousOperationRule,
    UniqueFragmentNamesRule,
    KnownFragmentNamesRule,
    NoUnusedFragmentsRule,
    NoFragmentCyclesRule,
    UniqueVariableNamesRule,
    NoUndefinedVariablesRule,
    NoUnusedVariablesRule,
    UniqueArgumentNamesRule,
    UniqueInputFieldNamesRule,
)
"""The rules that need the document only: their messages reveal nothing of the schema."""


def find_variable_errors(
    schema: GraphQLSchema, declared: Iterable[VariableDefinitionNode], sent: Mapping[str, Any]
) -> list[GraphQLError]:
    """Return the errors of an operation's variables without their values, which may be
    passwords."""
    errors: list[GraphQLError] = []
    for node in declared:
        type_ = type_from_ast(schema, node.type)
        value = sent.get(node.variable.name.value, Undefined)
        if type_ is None or not is_input_type(type_) or (value is Undefined and node.default_value):
            continue

        def note(error: GraphQLError, path: Sequence[Any], at: Any = node, of: Any = type_) -> None:
            told = f"Variable '${at.variable.name.value}' has an invalid value."
            errors.append(GraphQLError(f"{told} {describe_expected(of, path, error.message)}", at))
            if len(errors) >= MOST_ERRORS:
                raise TooManyErrors

        try:
            validate_input_value(value, type_, note, hide_suggestions=True)
        except TooManyErrors:
            break
    return errors


class TooManyErrors(Exception):
    """There are MOST_ERRORS errors."""
