"""The rules a document must keep to."""

from typing import Any

from graphql import (
    GraphQLNamedType,
    ObjectValueNode,
    OperationDefinitionNode,
    ValidationContext,
    VariableNode,
    specified_rules,
)
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule


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


RULES = (*specified_rules, MaybeNullValidationRule, OneOf)
"""graphql-core's, and those that Strawberry adds."""
