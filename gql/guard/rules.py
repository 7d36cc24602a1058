"""The rules that a document and its variables must keep to."""

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
"""No client reads more. graphql-cop takes ten for a sign that there is no limit."""


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
        """Only a variable: of all else graphql-core tells. It does not look into `Choice!`."""
        values = [field.value for field in node.fields]
        names = {value.name.value for value in values if isinstance(value, VariableNode)}
        if len(values) == len(names) == 1 and names <= self.variable_definitions.keys():
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
                suggest = not self.context.hide_suggestions
                error.message = expected(input_type, path, error.message, suggest=suggest)
                self.context.report_error(error)
        return SKIP


def expected(type_: Any, path: Sequence[Any], found: str = "", *, suggest: bool = False) -> str:
    """What belongs at a place inside of a value of the type.

    found: What graphql-core says of it. Only the name of a field is taken from that.
    suggest: Whether to suggest names that are like it.
    """
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
    *(Values if rule is ValuesOfCorrectTypeRule else rule for rule in specified_rules),
    MaybeNullValidationRule,
    OneOf,
)
"""graphql-core's, and those that Strawberry adds."""
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
"""Those of them that look at the document alone: what they say tells nothing of the schema."""


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

        def note(error: GraphQLError, path: Sequence[Any], at: Any = node, of: Any = type_) -> None:
            told = f"Variable '${at.variable.name.value}' has an invalid value."
            errors.append(GraphQLError(f"{told} {expected(of, path, error.message)}", at))
            if len(errors) >= MOST_ERRORS:
                raise Enough

        try:
            validate_input_value(value, type_, note, hide_suggestions=True)
        except Enough:
            break
    return errors


class Enough(Exception):
    """There are as many errors as anybody reads."""
