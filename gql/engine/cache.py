"""The cache of operations and of their plans."""

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
from gql.engine.commands import CommandPlan, find_change, plan_change
from gql.engine.plan import Plan, plan_query
from gql.engine.serial import split_commands
from gql.engine.shape import Leaves, Path, Variables, shape
from gql.engine.sql import NotCompilable
from gql.engine.use_cases import UseCasePlan, plan_use_case
from gql.execution.operation import Operation
from gql.guard.document import Document
from gql.guard.documents import Documents
from gql.guard.over_limit import OverLimit
from models.problems import OperationTooComplex

MOST_PLANS = 100
"""The limit of plans for an operation and a set of rights."""
PART_ADDED = 4
"""Plans of registered documents that are made on demand get one part of so many of the memory."""
PER_LEAF = 300
"""Bytes that a place of a parameter takes: a tuple of a few names in a set."""
MOST_FAMILIES = 100
"""The limit of sets of rights for an operation. Without it, an administrator who changes roles
again and again would fill the memory."""
PER_CHARACTER = 4
"""Bytes that a plan takes for a character of its statement."""


AnyPlan: TypeAlias = Plan | CommandPlan | UseCasePlan


@dataclass(frozen=True, slots=True)
class TooLong:
    """Stands in the cache for a plan whose statement would be too long."""

    over: OverLimit
    leaves: Leaves = field(default_factory=dict)
    sql: str = ""

    def problem(self) -> OperationTooComplex:
        return self.over.problem()


@dataclass
class Family:
    """The plans of an operation for viewers with the same rights.

    leaves: The places in the variables that hold parameters, as far as they were found.
    plans: The plans, by the shape of the variables.
    weight: The bytes that they take.
    pinned: The plans that were made beforehand; they stay in the cache.
    pinned_leaves: The leaves of the pinned plans.
    """

    leaves: dict[str, set[Path]] = field(default_factory=dict)
    plans: "dict[bytes, AnyPlan | TooLong]" = field(default_factory=dict)
    weight: int = 0
    pinned: "dict[bytes, AnyPlan | TooLong]" = field(default_factory=dict)
    pinned_leaves: dict[str, set[Path]] = field(default_factory=dict)

    def keep(self, variables: Variables, plan: "AnyPlan | TooLong") -> None:
        """Keep a plan. If there are too many, the others are dropped."""
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
        """Drop all plans that are not pinned, and their leaves. Clients can nest lists and objects
        in any number of ways: if these stayed, they would fill the memory."""
        self.plans = dict(self.pinned)
        self.leaves = {name: set(paths) for name, paths in self.pinned_leaves.items()}
        self.weight = sum(weight_of(form, plan) for form, plan in self.plans.items())


def weight_of(form: bytes, plan: AnyPlan | TooLong) -> int:
    return len(form) + PER_CHARACTER * len(plan.sql)


@dataclass
class CompiledOperation:
    """An operation of a valid document, with its plans.

    parts: The operations of its commands, where it has several. They have the plans.
    declared: The names of the variables that it declares.
    """

    document: Document
    definition: OperationDefinitionNode
    fragments: Mapping[str, FragmentDefinitionNode]
    parts: "tuple[CompiledOperation, ...]" = ()
    families: dict[Viewer, Family] = field(default_factory=dict)
    reads: bool = field(init=False)
    declared: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        self.reads = self.definition.operation is OperationType.QUERY
        declared = self.definition.variable_definitions or ()
        self.declared = frozenset(one.variable.name.value for one in declared)

    def known_variables(self, variables: Variables) -> Variables:
        """Return the variables that the operation declares. GraphQL ignores all others. If they
        counted in the shape of the variables, a client could have a new plan made with each
        request."""
        if variables.keys() <= self.declared:
            return variables
        return {name: value for name, value in variables.items() if name in self.declared}

    @property
    def weight(self) -> int:
        """The bytes that the plans take."""
        return sum(family.weight for family in self.families.values())

    def family(self, viewer: Viewer) -> Family:
        """Return the plans for viewers with the same rights, new if there are none."""
        if (found := self.families.get(viewer)) is None:
            if len(self.families) >= MOST_FAMILIES:
                self.families = {who: one for who, one in self.families.items() if one.pinned}
            found = self.families[viewer] = Family()
        return found

    def plan(self, viewer: Viewer, variables: Variables) -> "AnyPlan | None":
        """Return the cached plan, if there is one. Raises OperationTooComplex."""
        if (family := self.families.get(viewer)) is None:
            return None
        found = family.plans.get(shape(variables, family.leaves))
        if isinstance(found, TooLong):
            raise found.problem()
        return found


STANDARD = Plan((), "", (), {}, (), (), kind="standard")


class Cache:
    """The cache of operations, whose plans are made on demand.

    added: The bytes of plans of registered documents that were made on demand.
    """

    def __init__(self, schema: strawberry.Schema, documents: Documents) -> None:
        self.schema, self.documents = schema, documents
        self.added = 0

    def operation(self, document: Document, name: str | None) -> CompiledOperation | None:
        """Return an operation of a document; None if it is invalid, or has no plans."""
        if name not in document.operations:
            if (definition := definition_of(document, name)) is None:
                return None  # not cached: clients can ask for any number of missing names
            document.operations[name] = self.compile(document, definition)
        found: CompiledOperation | None = document.operations[name]
        return found

    def compile(
        self, document: Document, definition: OperationDefinitionNode
    ) -> CompiledOperation | None:
        if document.errors or definition.operation is OperationType.SUBSCRIPTION:
            return None
        for known in document.operations.values():  # asked for with and without its name
            if known is not None and known.definition is definition:
                same: CompiledOperation = known
                return same
        nodes = document.node.definitions
        fragments = {
            one.name.value: one for one in nodes if isinstance(one, FragmentDefinitionNode)
        }
        if definition.operation is OperationType.QUERY:
            return CompiledOperation(document, definition, fragments)
        schema = self.schema._schema  # noqa: SLF001  # graphql-core's
        commands = split_commands(schema, definition, fragments)
        parts = [CompiledOperation(document, one, fragments) for one in commands]
        if len(parts) < 2:
            return parts[0] if parts else None
        return CompiledOperation(document, definition, fragments, tuple(parts))

    def grow(self, document: Document, weight: int) -> None:
        """Count the bytes of a plan. Registered documents stay in the memory, with the plans made
        beforehand; plans made on demand are dropped when they are too many: else clients could fill
        the memory with them."""
        if not document.is_trusted:
            self.documents.grow(document, weight)
            return
        self.added += weight
        if self.added > self.documents.limits.most_kept * 1_048_576 // PART_ADDED:
            for one in self.documents.trusted.hashes.values():
                for family in families_of(one):
                    family.forget()
            self.added = 0

    def make_and_keep(
        self, compiled: CompiledOperation, actor: Actor, variables: Variables
    ) -> AnyPlan:
        """Make a plan and cache it. Raises OperationTooComplex, and GraphQLError for variables that
        do not fit."""
        return self.keep(compiled, actor, variables, self.make_plan(compiled, actor, variables))

    async def load(
        self, compiled: CompiledOperation, actor: Actor, variables: Variables
    ) -> AnyPlan:
        """Return a plan that was not cached a moment ago; make it in the lane, where one document
        at a time is worked on. Raises OperationTooComplex, and GraphQLError for variables that do
        not fit."""
        lane = self.documents.lane
        async with lane.turn:
            if (plan := compiled.plan(actor.viewer, variables)) is not None:
                return plan
            made = await lane.work(self.make_plan, compiled, actor, variables)
            return self.keep(compiled, actor, variables, made)

    async def make_refusing_plan(
        self, compiled: CompiledOperation, actor: Actor, variables: Variables
    ) -> Plan:
        """Return a plan for variables that the cached plan refuses. It hands back only the root
        fields whose arguments are refused. Raises GraphQLError."""
        lane = self.documents.lane
        async with lane.turn:
            made = await lane.work(self.make_plan, compiled, actor, variables)
        return made if isinstance(made, Plan) else STANDARD

    def keep(
        self,
        compiled: CompiledOperation,
        actor: Actor,
        variables: Variables,
        made: AnyPlan | TooLong,
        *,
        beforehand: bool = False,
    ) -> AnyPlan:
        """Cache a plan and return it. Raises OperationTooComplex for one that is TooLong."""
        if isinstance(made, Plan) and made.refuses:
            return made  # not cached: it would be used for valid variables, too
        before = compiled.weight
        compiled.family(actor.viewer).keep(variables, made)
        self.grow(compiled.document, 0 if beforehand else compiled.weight - before)
        if isinstance(made, TooLong):
            raise made.problem()
        return made

    def make_plan(
        self, compiled: CompiledOperation, actor: Actor, variables: Variables
    ) -> AnyPlan | TooLong:
        """Make a plan for these variables, or TooLong. Raises GraphQLError for variables that do
        not fit."""
        operation = self.coerce(compiled, variables)
        make: Callable[..., AnyPlan] = plan_query if compiled.reads else plan_mutation
        try:
            return make(self.schema, operation, variables, actor)
        except OperationTooComplex as problem:
            return TooLong(OverLimit.from_problem(problem))
        except NotCompilable:
            return STANDARD

    def coerce(self, compiled: CompiledOperation, variables: Variables) -> Operation:
        """Return the operation with coerced variables. Raises GraphQLError if they do not fit."""
        schema = self.schema._schema  # noqa: SLF001  # graphql-core's
        declared = compiled.definition.variable_definitions or ()
        coerced = get_variable_values(schema, declared, dict(variables), 1, hide_suggestions=True)
        if isinstance(coerced, list):
            raise coerced[0]
        return Operation(schema, compiled.definition, compiled.fragments, coerced)


def plan_mutation(
    schema: strawberry.Schema, operation: Operation, sent: Variables, actor: Actor
) -> CommandPlan | UseCasePlan:
    """Make the plan of a mutation of one command. Raises NotCompilable."""
    fields = operation.fields(operation.root, [operation.selections])
    if len(fields) == 1 and find_change(operation.root, fields[0].name):
        return plan_change(schema, operation, sent, actor)
    return plan_use_case(operation, actor)


def definition_of(document: Document, name: str | None) -> OperationDefinitionNode | None:
    """Return the operation of this name, or the only one; None if there is none, or several."""
    parts = document.node.definitions
    operations = [one for one in parts if isinstance(one, OperationDefinitionNode)]
    named = [one for one in operations if name in (None, one.name.value if one.name else None)]
    return named[0] if len(named) == 1 else None


def families_of(document: Document) -> list[Family]:
    """Return all plans of a document. An operation may be cached under its name and under None."""
    found = {id(one): one for one in document.operations.values() if one is not None}
    planned = [part for one in found.values() for part in one.parts or (one,)]
    return [family for one in planned for family in one.families.values()]


def weight_with_plans(document: Document) -> int:
    """Return the bytes that a registered document and its plans take."""
    return document.weight + sum(family.weight for family in families_of(document))
