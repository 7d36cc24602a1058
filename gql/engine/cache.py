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

from auth.actor import Actor, Viewer
from gql.documents import Documents
from gql.engine.commands import Doing, doing_of, is_one
from gql.engine.operation import Operation
from gql.engine.plan import Plan, planned
from gql.engine.shape import shape
from gql.engine.sql import Unspeakable
from gql.engine.valid import is_valid
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
    plans: dict[bytes, Plan | Doing | None] = field(default_factory=dict)

    def keep(self, variables: Mapping[str, Any], plan: Plan | Doing | None) -> None:
        for name, paths in plan.leaves.items() if plan else ():
            self.leaves.setdefault(name, set()).update(paths)
        if len(self.plans) >= MOST_PLANS:
            self.plans.clear()
        self.plans[shape(variables, self.leaves)] = plan


@dataclass
class Document:
    """A valid document's operation, and its plans."""

    definition: OperationDefinitionNode
    fragments: Mapping[str, FragmentDefinitionNode]
    families: dict[Viewer, Family] = field(default_factory=dict)

    @property
    def reads(self) -> bool:
        return self.definition.operation is OperationType.QUERY

    def plan(self, viewer: Viewer, variables: Mapping[str, Any]) -> "Plan | Doing | None":
        """The plan, if it was made. Raises OperationTooComplex."""
        if (family := self.families.get(viewer)) is None:
            return None
        found = family.plans.get(shape(variables, family.leaves), UNMADE)
        if found is None:
            raise OperationTooComplex
        return found if found is not UNMADE else None


STANDARD = Plan((), "", (), {}, (), (), kind="standard")
UNMADE: Any = object()
UNREADABLE: Any = object()
"""What is invalid, or no plan is ever made of."""


class Cache:
    """schema: Strawberry's."""

    def __init__(self, schema: Any) -> None:
        self.schema = schema
        self.documents = Documents[Document]()

    def document(self, query: str, name: str | None) -> Document | None:
        """None for what is invalid, or no plan is ever made of."""
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
        if len(named) != 1 or not self.can_plan(named[0]):
            return None
        if not is_valid(self.schema._schema, document):  # noqa: SLF001  # graphql-core's
            return None
        fragments = {
            d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)
        }
        return Document(named[0], fragments)

    def can_plan(self, definition: OperationDefinitionNode) -> bool:
        kind, schema = definition.operation, self.schema._schema  # noqa: SLF001  # graphql-core's
        return kind is OperationType.QUERY or (
            kind is OperationType.MUTATION and is_one(schema, definition)
        )

    def planned(
        self, document: Document, actor: Actor, variables: Mapping[str, Any]
    ) -> Plan | Doing:
        """A new plan. Raises OperationTooComplex, GraphQLError for variables that do not fit."""
        schema = self.schema._schema  # noqa: SLF001  # graphql-core's
        family = document.families.setdefault(actor.viewer, Family())
        declared = document.definition.variable_definitions or ()
        coerced = get_variable_values(schema, declared, dict(variables))
        if isinstance(coerced, list):
            raise coerced[0]
        operation = Operation(schema, document.definition, document.fragments, coerced)
        plan: Plan | Doing
        try:
            make = planned if document.reads else doing_of
            plan = make(self.schema, operation, variables, actor)
        except OperationTooComplex:
            family.keep(variables, None)
            raise
        except Unspeakable:
            plan = STANDARD
        family.keep(variables, plan)
        return plan
