"""What is kept of operations: how they were read, and the plans made of them."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

import strawberry
from graphql import (
    FragmentDefinitionNode,
    OperationDefinitionNode,
    OperationType,
    get_variable_values,
)

from auth.actor import Actor, Viewer
from gql.engine.commands import Doing, declared, doing_of
from gql.engine.plan import Plan, planned
from gql.engine.shape import Leaves, Path, Variables, shape
from gql.engine.sql import Unspeakable
from gql.engine.use_cases import UseCasePlan, is_planned, plan_use_case
from gql.execution.operation import Operation
from gql.guard.document import Document
from gql.guard.documents import Documents
from gql.guard.over_limit import OverLimit
from models.problems import OperationTooComplex

MOST_PLANS = 100
"""Of one operation and one set of rights."""
PART_ADDED = 4
"""Plans of registered documents that are made on demand get one part of so many."""
PER_LEAF = 300
"""Bytes that a place of a parameter takes: a tuple of a few names in a set."""
MOST_FAMILIES = 100
"""Of one operation. Whoever may grant rights can make any number of sets of them."""
PER_CHARACTER = 4
"""Bytes that a plan takes by a character of its statement."""


AnyPlan: TypeAlias = Plan | Doing | UseCasePlan


@dataclass(frozen=True, slots=True)
class TooLong:
    """In the place of a plan whose statement would be too long."""

    over: OverLimit
    leaves: Leaves = field(default_factory=dict)
    sql: str = ""

    def problem(self) -> OperationTooComplex:
        return self.over.problem()


@dataclass
class Family:
    """The plans of an operation for those with the same rights.

    leaves: Where in the variables parameters were found so far.
    plans: By the shape of the variables.
    weight: Bytes they take.
    pinned: Those of them that were made before anybody asked; they stay.
    pinned_leaves: The leaves of these.
    """

    leaves: dict[str, set[Path]] = field(default_factory=dict)
    plans: "dict[bytes, AnyPlan | TooLong]" = field(default_factory=dict)
    weight: int = 0
    pinned: "dict[bytes, AnyPlan | TooLong]" = field(default_factory=dict)
    pinned_leaves: dict[str, set[Path]] = field(default_factory=dict)

    def keep(self, variables: Variables, plan: "AnyPlan | TooLong") -> None:
        """Keep a plan. Others go where there are too many."""
        if len(self.plans) - len(self.pinned) >= MOST_PLANS:
            self.forget()
        for name, paths in plan.leaves.items():
            known = self.leaves.setdefault(name, set())
            self.weight += PER_LEAF * len(paths - known)
            known |= paths
        form = shape(variables, self.leaves)
        self.plans[form] = plan
        self.weight += weight_of(form, plan)

    def pin(self, samples: Iterable[Variables]) -> None:
        """Keep the plans for these variables, and no others."""
        forms = [shape(variables, self.leaves) for variables in samples]
        self.pinned = {form: self.plans[form] for form in forms if form in self.plans}
        self.pinned_leaves = {name: set(paths) for name, paths in self.leaves.items()}
        self.forget()

    def forget(self) -> None:
        """Drop all plans that are not pinned, and the leaves that only they have: clients can send
        lists and objects inside each other in any number of ways."""
        self.plans = dict(self.pinned)
        self.leaves = {name: set(paths) for name, paths in self.pinned_leaves.items()}
        self.weight = sum(weight_of(form, plan) for form, plan in self.plans.items())


def weight_of(form: bytes, plan: AnyPlan | TooLong) -> int:
    return len(form) + PER_CHARACTER * len(plan.sql)


@dataclass
class Compiled:
    """An operation of a valid document, and its plans.

    declared: The names of its variables.
    """

    document: Document
    definition: OperationDefinitionNode
    fragments: Mapping[str, FragmentDefinitionNode]
    families: dict[Viewer, Family] = field(default_factory=dict)
    reads: bool = field(init=False)
    declared: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        self.reads = self.definition.operation is OperationType.QUERY
        declared = self.definition.variable_definitions or ()
        self.declared = frozenset(one.variable.name.value for one in declared)

    def known_variables(self, variables: Variables) -> Variables:
        """The variables that the operation declares. GraphQL ignores all others. If they counted
        in the shape of the variables, a client could have a new plan made with each request."""
        if variables.keys() <= self.declared:
            return variables
        return {name: value for name, value in variables.items() if name in self.declared}

    @property
    def weight(self) -> int:
        """Bytes that the plans take."""
        return sum(family.weight for family in self.families.values())

    def family(self, viewer: Viewer) -> Family:
        """The family of plans for those with the same rights, made if there is none."""
        if (found := self.families.get(viewer)) is None:
            if len(self.families) >= MOST_FAMILIES:
                self.families = {who: one for who, one in self.families.items() if one.pinned}
            found = self.families[viewer] = Family()
        return found

    def plan(self, viewer: Viewer, variables: Variables) -> "AnyPlan | None":
        """The plan, if it was made. Raises OperationTooComplex."""
        if (family := self.families.get(viewer)) is None:
            return None
        found = family.plans.get(shape(variables, family.leaves))
        if isinstance(found, TooLong):
            raise found.problem()
        return found


STANDARD = Plan((), "", (), {}, (), (), kind="standard")


class Cache:
    """schema: Strawberry's.

    added: Bytes of plans of registered documents that were made when somebody asked.
    """

    def __init__(self, schema: strawberry.Schema, documents: Documents) -> None:
        self.schema, self.documents = schema, documents
        self.added = 0

    def operation(self, document: Document, name: str | None) -> Compiled | None:
        """None for what is invalid, or no plan is ever made of."""
        if name not in document.operations:
            if (definition := definition_of(document, name)) is None:
                return None  # not kept: clients may ask for any number of names that are not there
            document.operations[name] = self.compiled(document, definition)
        found: Compiled | None = document.operations[name]
        return found

    def compiled(self, document: Document, definition: OperationDefinitionNode) -> Compiled | None:
        if not self.can_plan(definition) or document.errors:
            return None
        for known in document.operations.values():  # by its name, or without one
            if known is not None and known.definition is definition:
                same: Compiled = known
                return same
        parts = document.node.definitions
        found = (one for one in parts if isinstance(one, FragmentDefinitionNode))
        return Compiled(document, definition, {one.name.value: one for one in found})

    def can_plan(self, definition: OperationDefinitionNode) -> bool:
        kind, schema = definition.operation, self.schema._schema  # noqa: SLF001  # graphql-core's
        return kind is OperationType.QUERY or (
            kind is OperationType.MUTATION and is_planned(schema, definition)
        )

    def grow(self, document: Document, weight: int) -> None:
        """Count a plan. Registered documents themselves stay; of their plans only those that were
        made beforehand do, or clients could fill the memory with others."""
        if not document.is_trusted:
            self.documents.grow(document, weight)
            return
        self.added += weight
        if self.added > self.documents.limits.most_kept * 1_048_576 // PART_ADDED:
            for one in self.documents.trusted.hashes.values():
                for family in families_of(one):
                    family.forget()
            self.added = 0

    def planned(self, compiled: Compiled, actor: Actor, variables: Variables) -> AnyPlan:
        """A new plan. Raises OperationTooComplex, and GraphQLError for variables that do not
        fit."""
        return self.keep(compiled, actor, variables, self.made(compiled, actor, variables))

    async def load(self, compiled: Compiled, actor: Actor, variables: Variables) -> AnyPlan:
        """A plan that was not there a moment ago, made in the lane. Raises OperationTooComplex,
        and GraphQLError for variables that do not fit."""
        lane = self.documents.lane
        async with lane.turn:
            if (plan := compiled.plan(actor.viewer, variables)) is not None:
                return plan
            made = await lane.work(self.made, compiled, actor, variables)
            return self.keep(compiled, actor, variables, made)

    async def refusing(self, compiled: Compiled, actor: Actor, variables: Variables) -> Plan:
        """A plan for variables that the plan which is kept does not take: it hands back no more
        than the root fields whose arguments are refused. Raises GraphQLError."""
        lane = self.documents.lane
        async with lane.turn:
            made = await lane.work(self.made, compiled, actor, variables)
        return made if isinstance(made, Plan) else STANDARD

    def keep(
        self,
        compiled: Compiled,
        actor: Actor,
        variables: Variables,
        made: AnyPlan | TooLong,
        *,
        beforehand: bool = False,
    ) -> AnyPlan:
        """A plan, once it is kept. Raises OperationTooComplex in the place of one."""
        if isinstance(made, Plan) and made.refuses:
            return made  # else those who send good values would be given it, too
        before = compiled.weight
        compiled.family(actor.viewer).keep(variables, made)
        self.grow(compiled.document, 0 if beforehand else compiled.weight - before)
        if isinstance(made, TooLong):
            raise made.problem()
        return made

    def made(self, compiled: Compiled, actor: Actor, variables: Variables) -> AnyPlan | TooLong:
        """A new plan for these variables, or TooLong. Raises GraphQLError for variables that do not
        fit."""
        operation = self.coerced(compiled, variables)
        make: Callable[..., AnyPlan] = planned if compiled.reads else plan_command
        try:
            return make(self.schema, operation, variables, actor)
        except OperationTooComplex as problem:
            return TooLong(OverLimit.from_problem(problem))
        except Unspeakable:
            return STANDARD

    def coerced(self, compiled: Compiled, variables: Variables) -> Operation:
        """The operation with its variables. Raises GraphQLError if they do not fit."""
        schema = self.schema._schema  # noqa: SLF001  # graphql-core's
        declared = compiled.definition.variable_definitions or ()
        coerced = get_variable_values(schema, declared, dict(variables), 1, hide_suggestions=True)
        if isinstance(coerced, list):
            raise coerced[0]
        return Operation(schema, compiled.definition, compiled.fragments, coerced)


def plan_command(
    schema: strawberry.Schema, operation: Operation, sent: Variables, actor: Actor
) -> Doing | UseCasePlan:
    """The plan of a mutation of one command. Raises Unspeakable."""
    fields = operation.fields(operation.root, [operation.selections])
    if len(fields) == 1 and declared(operation.root, fields[0].name):
        return doing_of(schema, operation, sent, actor)
    return plan_use_case(operation, actor)


def definition_of(document: Document, name: str | None) -> OperationDefinitionNode | None:
    """The operation of this name, or the only one; None if there is none, or more."""
    parts = document.node.definitions
    operations = [one for one in parts if isinstance(one, OperationDefinitionNode)]
    named = [one for one in operations if name in (None, one.name.value if one.name else None)]
    return named[0] if len(named) == 1 else None


def families_of(document: Document) -> list[Family]:
    """All plans of a document. An operation may be there by its name and without one."""
    found = {id(one): one for one in document.operations.values() if one is not None}
    return [family for one in found.values() for family in one.families.values()]


def weight_with_plans(document: Document) -> int:
    """Bytes that a registered document takes."""
    return document.weight + sum(family.weight for family in families_of(document))
