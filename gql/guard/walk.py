"""The walk through a document before validation. `gql.guard.sums` sums up its selections; here the
sums of each operation are compared with the limits."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
)

from gql.guard.cost import CHANGED, DESCRIBED, Cost, OperationCost
from gql.guard.limits import Limits
from gql.guard.over_limit import OverLimit, find_over_limit, require, require_one_try
from gql.guard.sizes import read_literal
from gql.guard.sums import SelectionSummer, find_most_described
from models.problems import OperationTooComplex

DEFINED = "strawberry-definition"


class Trait(Enum):
    """A trait of an operation that admission needs before it runs.

    LISTENS: It is a subscription.
    TRIES_PASSWORD: It checks a password.
    """

    LISTENS = "LISTENS"
    TRIES_PASSWORD = "TRIES_PASSWORD"  # noqa: S105  # no password


class Measured(NamedTuple):
    """The result of the walk by operation name; that of an only operation by None, too.

    costs: A number if it does not depend on variables.
    refusals: The limits exceeded that only the schema shows. A stranger from whom the schema is
        hidden must not see them: they would reveal it.
    """

    costs: Mapping[str | None, int | OperationCost]
    traits: Mapping[str | None, Trait]
    refusals: Mapping[str | None, OverLimit]


def measure_document(schema: GraphQLSchema, document: DocumentNode, limits: Limits) -> Measured:
    """Walk through a document. Raises OperationTooComplex, which names the limit, unless it takes
    the schema to see it."""
    try:
        walk = Walk(schema, document, limits)
        walk.check()
    except RecursionError:
        raise refuse_depth(limits) from None
    return Measured(walk.costs, walk.traits, walk.refusals)


def refuse_depth(limits: Limits) -> OperationTooComplex:
    """Return the refusal of a document that is too deep for Python's recursion."""
    return find_over_limit("depth", limits.most_depth + 1, limits.most_depth).problem()


@dataclass
class Walk:
    """One walk through a document."""

    schema: GraphQLSchema
    document: DocumentNode
    limits: Limits
    fragments: dict[str, FragmentDefinitionNode] = field(init=False)
    summing: SelectionSummer = field(init=False)
    costs: dict[str | None, int | OperationCost] = field(default_factory=dict)
    traits: dict[str | None, "Trait"] = field(default_factory=dict)
    refusals: dict[str | None, OverLimit] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.fragments = {
            one.name.value: one
            for one in self.document.definitions
            if isinstance(one, FragmentDefinitionNode)
        }
        self.summing = SelectionSummer(self.schema, self.fragments, self.limits)

    def check(self) -> None:
        parts = self.document.definitions
        operations = [one for one in parts if isinstance(one, OperationDefinitionNode)]
        self.summing.require("operations", len(operations))
        self.summing.require("fragments", len(self.fragments))
        for one in operations:
            self.check_operation(one)
        for name in self.fragments:  # unused ones are validated, too
            self.summing.sum_fragment(name)
        if len(operations) == 1:
            self.costs[None] = next(iter(self.costs.values()))
            for trait in list(self.traits.values()):
                self.traits[None] = trait
            for refusal in list(self.refusals.values()):
                self.refusals[None] = refusal

    def check_operation(self, operation: OperationDefinitionNode) -> None:
        kind = operation.operation
        variables = operation.variable_definitions or ()
        self.summing.require("variables", len(variables))
        roots = self.find_roots(operation.selection_set)
        changes = kind is OperationType.MUTATION
        self.summing.require("mutations" if changes else "root_fields", len(roots))
        self.summing.note_directives(operation)
        for variable in variables:
            self.summing.note_directives(variable)
            self.summing.note_literals(variable.default_value)
        sums = self.summing.sum_selection(operation.selection_set, self.schema.get_root_type(kind))
        for limit in ("depth", "fields", "aliases"):
            self.summing.require(limit, getattr(sums, limit))
        cost = sums.cost + Cost(sums.described // DESCRIBED + CHANGED * changes * len(roots))
        name = operation.name.value if operation.name else None
        defaults = {one.variable.name.value: read_literal(one.default_value) for one in variables}
        whole = OperationCost(cost, self.limits.most_cost, defaults)
        self.costs[name] = whole if cost.repeated else cost.flat
        tries = self.find_password_tries(roots) if changes else []
        if kind is OperationType.SUBSCRIPTION:
            self.traits[name] = Trait.LISTENS
        elif tries:
            self.traits[name] = Trait.TRIES_PASSWORD
        try:
            require_one_try(tries)
            if sums.described:
                require("introspection", sums.described, find_most_described(self.schema))
            self.summing.require("cost", cost.flat)
        except OperationTooComplex as refusal:
            self.refusals[name] = OverLimit.from_problem(refusal)

    # -- root fields ------------------------------------------------------------------

    def find_roots(self, selection_set: SelectionSetNode) -> dict[str, str]:
        """Return the root fields of an operation: names by response keys."""
        found: dict[str, str] = {}
        spread: set[str] = set()
        waiting = [selection_set]
        while waiting:
            for one in waiting.pop().selections:
                if isinstance(one, FieldNode):
                    name = one.name.value
                    if name != "__typename":
                        found[one.alias.value if one.alias else name] = name
                elif isinstance(one, InlineFragmentNode):
                    waiting.append(one.selection_set)
                elif isinstance(one, FragmentSpreadNode) and one.name.value not in spread:
                    spread.add(one.name.value)
                    if fragment := self.fragments.get(one.name.value):
                        waiting.append(fragment.selection_set)
        return found

    def find_password_tries(self, roots: dict[str, str]) -> list[str]:
        """Return the root mutations that try a password. One document may try one; see
        `resolvers.core.command.open_command`."""
        mutations = self.schema.mutation_type
        fields = mutations.fields if mutations else {}
        return [name for name in roots.values() if name in fields and tries_password(fields[name])]


def tries_password(mutation: GraphQLField) -> bool:
    command = mutation.extensions[DEFINED].metadata.get("command")
    return bool(getattr(command, "tries_password", False))
