"""What is kept of operations: how they were read, and the plans made of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    FragmentDefinitionNode,
    GraphQLError,
    OperationDefinitionNode,
    OperationType,
    get_variable_values,
    parse,
)

from auth.actor import Actor, Grants
from gql.documents import Documents
from gql.engine.operation import Operation
from gql.engine.plan import Plan, planned
from gql.engine.valid import is_valid
from gql.engine.values import shape
from models.problems import OperationTooComplex

MOST_PLANS = 100
"""Of one operation and one set of rights."""


@dataclass
class Family:
    """The plans of an operation for those with the same rights.

    leaves: Where in the variables parameters were found so far.
    plans: By the shape of the variables; None where a statement would be too long.
    """

    leaves: dict[str, set[Any]] = field(default_factory=dict)
    plans: dict[bytes, Plan | None] = field(default_factory=dict)

    def keep(self, variables: Mapping[str, Any], plan: Plan | None) -> None:
        if len(self.plans) >= MOST_PLANS:
            self.plans.clear()
        self.plans[shape(variables, self.leaves)] = plan


@dataclass
class Document:
    """A valid document's operation to read by, and its plans."""

    definition: OperationDefinitionNode
    fragments: Mapping[str, FragmentDefinitionNode]
    families: dict[Grants, Family] = field(default_factory=dict)

    def plan(self, grants: Grants, variables: Mapping[str, Any]) -> Plan | None:
        """The plan, if it was made. Raises OperationTooComplex."""
        if (family := self.families.get(grants)) is None:
            return None
        found = family.plans.get(shape(variables, family.leaves), UNMADE)
        if found is None:
            raise OperationTooComplex
        return found if found is not UNMADE else None


UNMADE: Any = object()
UNREADABLE: Any = object()
"""What is invalid, or does more than read."""


class Cache:
    """schema: Strawberry's."""

    def __init__(self, schema: Any) -> None:
        self.schema = schema
        self.documents = Documents[Document]()

    def document(self, query: str, name: str | None) -> Document | None:
        """None for what is invalid, or does more than read."""
        found = self.documents.get(query, name)
        if found is None:
            found = self.documents.keep(self.read(query, name) or UNREADABLE, query, name)
        return found if found is not UNREADABLE else None

    def read(self, query: str, name: str | None) -> Document | None:
        try:
            document = parse(query)
        except (GraphQLError, RecursionError):
            return None
        operations = [d for d in document.definitions if isinstance(d, OperationDefinitionNode)]
        named = [d for d in operations if name in (None, d.name.value if d.name else None)]
        if len(named) != 1 or named[0].operation is not OperationType.QUERY:
            return None
        if not is_valid(self.schema._schema, document):  # noqa: SLF001  # graphql-core's
            return None
        fragments = {
            d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)
        }
        return Document(named[0], fragments)

    def planned(self, document: Document, actor: Actor, variables: Mapping[str, Any]) -> Plan:
        """A new plan. Raises OperationTooComplex, GraphQLError for variables that do not fit."""
        schema = self.schema._schema  # noqa: SLF001  # graphql-core's
        family = document.families.setdefault(actor.grants, Family())
        declared = document.definition.variable_definitions or ()
        coerced = get_variable_values(schema, declared, dict(variables))
        if isinstance(coerced, list):
            raise coerced[0]
        operation = Operation(schema, document.definition, document.fragments, coerced)
        try:
            plan = planned(self.schema, operation, variables, actor)
        except OperationTooComplex:
            family.keep(variables, None)
            raise
        for name, paths in plan.leaves.items():
            family.leaves.setdefault(name, set()).update(paths)
        family.keep(variables, plan)
        return plan
