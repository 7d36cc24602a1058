"""The walk: how much a document asks for, before it is validated.

Each node is looked at once. What a fragment asks for is summed up when it is first spread and
multiplied from then on, so that fragments which spread each other twice cost no more than others.
What makes a document invalid is passed over here: validation tells of it.
"""

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLList,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    get_introspection_query,
    get_named_type,
    get_nullable_type,
    parse,
)

from gql.guard.limits import Limits
from gql.guard.sizes import is_paged, members_of, size_of_page
from models.problems import OperationTooComplex

SCHEMA = {"__schema", "__type"}
DEFINED = "strawberry-definition"


class Sums(NamedTuple):
    """What a selection asks for, fragments spread.

    depth: Fields inside each other.
    rows: Members of lists, lists inside lists multiplied.
    described: The same of lists of the schema itself.
    """

    depth: int = 0
    fields: int = 0
    aliases: int = 0
    rows: int = 0
    described: int = 0


NOTHING = Sums()


def check_document(schema: GraphQLSchema, document: DocumentNode, limits: Limits) -> None:
    """Raises OperationTooComplex, which names the limit."""
    try:
        Walk(schema, document, limits).check()
    except RecursionError:
        raise OperationTooComplex(limit="depth", most=limits.most_depth) from None


@dataclass
class Walk:
    """One walk through a document."""

    schema: GraphQLSchema
    document: DocumentNode
    limits: Limits
    fragments: dict[str, FragmentDefinitionNode] = field(init=False)
    known: dict[str, Sums] = field(default_factory=dict)
    directives: int = 0
    repeated: int = 0

    def __post_init__(self) -> None:
        self.fragments = {
            one.name.value: one
            for one in self.document.definitions
            if isinstance(one, FragmentDefinitionNode)
        }

    def check(self) -> None:
        self.require("fragments", len(self.fragments))
        for one in self.document.definitions:
            if isinstance(one, OperationDefinitionNode):
                self.check_operation(one)
        for name in self.fragments:  # those that nobody spreads are validated, too
            self.fragment(name)

    def check_operation(self, operation: OperationDefinitionNode) -> None:
        kind = operation.operation
        self.note_directives(operation)
        for variable in operation.variable_definitions or ():
            self.note_directives(variable)
        roots = self.roots(operation.selection_set)
        changes = kind is OperationType.MUTATION
        self.require("mutations" if changes else "root_fields", len(roots))
        if changes:
            self.check_passwords(roots)
        sums = self.selection(operation.selection_set, self.schema.get_root_type(kind))
        for limit in ("depth", "fields", "aliases", "rows"):
            self.require(limit, getattr(sums, limit))
        if sums.described and sums.described > (most := most_described(self.schema)):
            raise OperationTooComplex(limit="introspection", most=most)

    def require(self, limit: str, value: int) -> None:
        if value > (most := getattr(self.limits, f"most_{limit}")):
            raise OperationTooComplex(limit=limit, most=most)

    # -- root fields ------------------------------------------------------------------

    def roots(self, selection_set: SelectionSetNode) -> dict[str, str]:
        """The root fields of an operation: their keys in the answer, and their names."""
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

    def check_passwords(self, roots: dict[str, str]) -> None:
        """One document tries one password; see `resolvers.command.open_command`."""
        mutations = self.schema.mutation_type
        fields = mutations.fields if mutations else {}
        tries = [name for name in roots.values() if name in fields and tries_password(fields[name])]
        if len(tries) > 1:
            raise OperationTooComplex(limit=tries[0], most=1)

    # -- sums -------------------------------------------------------------------------

    def selection(
        self, selection_set: SelectionSetNode, type_: Any, seen: set[str] | None = None
    ) -> Sums:
        """What a selection of the type asks for.

        seen: The keys that stand before it in the selection of which it is an inline fragment.
        """
        depth = fields = aliases = rows = described = 0
        seen = set() if seen is None else seen
        for one in selection_set.selections:
            if isinstance(one, FieldNode):
                key = one.alias.value if one.alias else one.name.value
                found = self.field(one, type_)
            elif isinstance(one, InlineFragmentNode):
                key = ""
                condition = one.type_condition
                inner = self.schema.get_type(condition.name.value) if condition else type_
                self.note_directives(one)
                found = self.selection(one.selection_set, inner, seen)
            elif isinstance(one, FragmentSpreadNode):
                key = f"...{one.name.value}"
                self.note_directives(one)
                found = NOTHING if key in seen else self.fragment(one.name.value)
            else:
                continue
            if key in seen and isinstance(one, FieldNode):
                self.repeated += 1
                self.require("repeated", self.repeated)
            seen.add(key)
            depth = max(depth, found.depth)
            fields += found.fields
            aliases += found.aliases
            rows += found.rows
            described += found.described
        return Sums(depth, fields, aliases, rows, described)

    def field(self, node: FieldNode, type_: Any) -> Sums:
        self.note_directives(node)
        name, inner = node.name.value, node.selection_set
        definition = self.definition(type_, name)
        below = NOTHING
        if inner is not None:
            below = self.selection(inner, get_named_type(definition.type) if definition else None)
        aliases = below.aliases + (1 if node.alias else 0)
        if name in SCHEMA:  # graphql-core limits its depth
            return Sums(1, 1, aliases, 0, below.rows)
        times = self.times(node, type_, definition) if inner and definition else 0
        rows = times * (1 + below.rows) if times else below.rows
        return Sums(
            below.depth + 1, below.fields + 1, aliases, rows, (times or 1) * below.described
        )

    def times(self, node: FieldNode, type_: Any, definition: GraphQLField) -> int:
        """How many members the list has that a field gives; 0 if it is no list, or if the field
        around it, which gave the page, has counted them."""
        if is_paged(definition):
            return size_of_page(node)
        if not isinstance(get_nullable_type(definition.type), GraphQLList):
            return 0
        return 0 if "pageInfo" in type_.fields else members_of(f"{type_.name}.{node.name.value}")

    def definition(self, type_: Any, name: str) -> Any:
        if type_ is None or not hasattr(type_, "fields"):
            return None
        if name in SCHEMA:
            return self.schema.get_field(type_, name)
        return type_.fields.get(name)

    def fragment(self, name: str) -> Sums:
        if name not in self.known:
            self.known[name] = NOTHING  # what spreads itself is invalid, and must end here
            if one := self.fragments.get(name):
                self.note_directives(one)
                type_ = self.schema.get_type(one.type_condition.name.value)
                self.known[name] = self.selection(one.selection_set, type_)
        return self.known[name]

    def note_directives(self, node: Any) -> None:
        if node.directives:
            self.directives += len(node.directives)
            self.require("directives", self.directives)


@lru_cache(4)
def most_described(schema: GraphQLSchema) -> int:
    """Twice what tools ask of the schema when they ask for all of it."""
    document = parse(
        get_introspection_query(
            specified_by_url=True,
            directive_is_repeatable=True,
            schema_description=True,
            input_value_deprecation=True,
            one_of=True,
        )
    )
    [operation] = (one for one in document.definitions if isinstance(one, OperationDefinitionNode))
    walk = Walk(schema, document, Limits())
    return 2 * walk.selection(operation.selection_set, schema.query_type).described


def tries_password(mutation: GraphQLField) -> bool:
    command = mutation.extensions[DEFINED].metadata.get("command")
    return bool(getattr(command, "tries_password", False))
