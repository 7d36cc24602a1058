"""The sums of a selection: its depth, fields, aliases and cost.

Each node is visited once. A fragment is summed up when it is first spread, and the sums are reused,
so that fragments which spread each other twice take no longer than others. Errors of a document are
ignored here; validation reports them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLList,
    GraphQLSchema,
    InlineFragmentNode,
    ListValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    get_introspection_query,
    get_named_type,
    get_nullable_type,
    parse,
)

from gql.guard.cost import COMPLETED, COUNTED, NOTHING, ONE, Cost
from gql.guard.limits import Limits
from gql.guard.over_limit import require
from gql.guard.sizes import length_of, members_of, members_of_parent

SCHEMA = {"__schema", "__type"}


class Sums(NamedTuple):
    """The sums of a selection with its fragments spread.

    depth: Fields inside each other.
    cost: See `gql.guard.cost`.
    each: The cost of each member whose number the arguments of the field around it set.
    described: Members of lists of the schema itself, lists inside lists multiplied.
    """

    depth: int = 0
    fields: int = 0
    aliases: int = 0
    cost: Cost = NOTHING
    each: Cost = NOTHING
    described: int = 0


EMPTY = Sums()


@dataclass
class SelectionSummer:
    """Sums up the selections of one document. Raises OperationTooComplex, which names the limit.

    known: The sums of fragments, by their names.
    directives, literals, repeated: The counts so far.
    """

    schema: GraphQLSchema
    fragments: Mapping[str, FragmentDefinitionNode]
    limits: Limits
    known: dict[str, Sums] = field(default_factory=dict)
    directives: int = 0
    literals: int = 0
    repeated: int = 0

    def sum_selection(
        self, selection_set: SelectionSetNode, type_: Any, seen: set[str] | None = None
    ) -> Sums:
        """Sum up a selection on the type.

        seen: The keys before it in the selection around an inline fragment.
        """
        depth = fields = aliases = described = 0
        cost = each = NOTHING
        seen = set() if seen is None else seen
        for one in selection_set.selections:
            if isinstance(one, FieldNode):
                key = one.alias.value if one.alias else one.name.value
                found = self.sum_field(one, type_)
            elif isinstance(one, InlineFragmentNode):
                key = ""
                condition = one.type_condition
                inner = self.schema.get_type(condition.name.value) if condition else type_
                self.note_directives(one)
                found = self.sum_selection(one.selection_set, inner, seen)
            elif isinstance(one, FragmentSpreadNode):
                key = f"...{one.name.value}"
                self.note_directives(one)
                found = EMPTY if key in seen else self.sum_fragment(one.name.value)
            else:
                continue
            if key in seen and isinstance(one, FieldNode):
                self.repeated += 1
                self.require("repeated", self.repeated)
            seen.add(key)
            depth = max(depth, found.depth)
            fields += found.fields
            aliases += found.aliases
            described += found.described
            if found.cost is not NOTHING:
                cost += found.cost
            if found.each is not NOTHING:
                each += found.each
        return Sums(depth, fields, aliases, cost, each, described)

    def sum_field(self, node: FieldNode, type_: Any) -> Sums:
        self.note_directives(node)
        for argument in node.arguments or ():
            self.note_literals(argument.value)
        name, inner = node.name.value, node.selection_set
        aliased = 1 if node.alias else 0
        definition = self.find_definition(type_, name)
        if inner is None:
            counted = name == "totalCount"
            return Sums(1, 1, aliased, Cost(COUNTED) if counted else NOTHING)
        below = self.sum_selection(inner, get_named_type(definition.type) if definition else None)
        aliases = below.aliases + aliased
        if name in SCHEMA:  # graphql-core limits its depth
            return Sums(1, 1, aliases, described=below.described)
        sums = Sums(below.depth + 1, below.fields + 1, aliases, described=below.described)
        if definition is None:
            return sums
        found = self.add_cost(sums, below, node, type_, definition)
        return (
            found._replace(cost=found.cost.times(COMPLETED))
            if is_made_in_python(definition)
            else found
        )

    def add_cost(
        self, sums: Sums, below: Sums, node: FieldNode, type_: Any, definition: GraphQLField
    ) -> Sums:
        """Return the sums of a field of objects with its cost."""
        name = node.name.value
        cost = below.cost
        if (length := length_of(type_, node, definition)) is not None:
            cost += below.each.for_each(length)
            if isinstance(get_nullable_type(definition.type), GraphQLList):
                return sums._replace(cost=(ONE + below.cost).for_each(length))
            return sums._replace(cost=ONE + cost)
        if not isinstance(get_nullable_type(definition.type), GraphQLList):
            return sums._replace(cost=ONE + cost)
        if type_.name.startswith("__"):
            members = members_of(f"{type_.name}.{name}")
            return sums._replace(described=members * (1 + below.described))
        if times := members_of_parent(type_, name):
            return sums._replace(each=(ONE + cost).times(times))
        return sums._replace(cost=(ONE + cost).times(members_of(f"{type_.name}.{name}")))

    def find_definition(self, type_: Any, name: str) -> Any:
        if type_ is None or not hasattr(type_, "fields"):
            return None
        if name in SCHEMA:
            return self.schema.get_field(type_, name)
        return type_.fields.get(name)

    def sum_fragment(self, name: str) -> Sums:
        if name not in self.known:
            self.known[name] = (
                EMPTY  # ends the recursion of an invalid fragment that spreads itself
            )
            if one := self.fragments.get(name):
                self.note_directives(one)
                type_ = self.schema.get_type(one.type_condition.name.value)
                self.known[name] = self.sum_selection(one.selection_set, type_)
        return self.known[name]

    def note_directives(self, node: Any) -> None:
        if node.directives:
            self.directives += len(node.directives)
            self.require("directives", self.directives)

    def note_literals(self, value: Any) -> None:
        """Count the values of lists and objects in the document."""
        waiting = [value]
        while waiting:
            one = waiting.pop()
            if isinstance(one, ListValueNode):
                inside = list(one.values)
            elif isinstance(one, ObjectValueNode):
                inside = [member.value for member in one.fields]
            else:
                continue
            self.literals += len(inside)
            self.require("literals", self.literals)
            waiting += inside

    def require(self, limit: str, value: int) -> None:
        require(limit, value, getattr(self.limits, f"most_{limit}"))


def is_made_in_python(definition: GraphQLField) -> bool:
    """Whether it is a root field of a query that SQL does not answer; see `gql.bridge.reads`."""
    declared = definition.extensions.get("strawberry-definition")
    return getattr(declared, "metadata", READ).get("read", READ) is None


READ: Mapping[str, Any] = {}
"""The default for the metadata of other fields."""


@lru_cache(4)
def find_most_described(schema: GraphQLSchema) -> int:
    """Return the limit of introspection: twice the parts in the full query of tools."""
    document = parse(
        get_introspection_query(
            specified_by_url=True,
            directive_is_repeatable=True,
            schema_description=True,
            input_value_deprecation=True,
            one_of=True,
        )
    )
    fragments = {
        one.name.value: one
        for one in document.definitions
        if isinstance(one, FragmentDefinitionNode)
    }
    [operation] = (one for one in document.definitions if isinstance(one, OperationDefinitionNode))
    summing = SelectionSummer(schema, fragments, Limits())
    return 2 * summing.sum_selection(operation.selection_set, schema.query_type).described
