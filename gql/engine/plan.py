"""Plans of queries. A plan answers an operation for all viewers with the same rights and variables
of the same shape; it is made once and cached."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import strawberry
from graphql import FieldNode, GraphQLError, GraphQLField
from sqlalchemy import BindParameter, ColumnElement
from sqlalchemy.types import TypeEngine

from auth.actor import Actor
from gql.bridge.reads import Read, window_of
from gql.engine.known_values import KnownValue
from gql.engine.markers import Keys
from gql.engine.objects import ObjectWriter, object_type_of
from gql.engine.pages import Page
from gql.engine.roots import RootWriter
from gql.engine.shape import Leaves, Variables
from gql.engine.sql import NotCompilable, Sql, join_sql, sql, to_text
from gql.engine.text import NULL, Json
from gql.engine.values import Arguments, Place, Source
from gql.execution.denials import Denial, find_denials
from gql.execution.operation import DEFINED, Operation, SelectedField
from gql.guard.over_limit import require
from models.problems import OperationTooComplex, Problem
from resolvers.core.listing import Listing, beyond
from resolvers.core.parameters import Annotation

MOST_TEXT = 200_000
"""The longest statement, in characters without its queries for keys: ten times a home screen. A
longer one is refused: PostgreSQL would plan it for seconds."""


REFUSING_ERRORS = (Problem, NotCompilable, GraphQLError, ValueError)
"""The exceptions for refused arguments. The standard executor reports the error. A TypeError or
LookupError is a bug of ours: it is logged and answered as an internal error."""


@dataclass(frozen=True, slots=True)
class Check:
    """The check of a use case, which runs at each request before anything is read."""

    check: Callable[..., None]
    arguments: Mapping[str, str]
    """The names of the parameters that hold the arguments of the check."""


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """The plan of a query.

    keys: The response keys in order, each with its known text, or None if SQL answers it.
    sql: The statement that returns a text for each key that SQL answers; empty if there is none.
    parameters: The names of its `$1`, `$2`, …
    sources: Where a request has the values of the parameters that are arguments.
    denied: Fields refused by grant.
    kind: `compiled`; `standard` if all root fields are handed back; or `mixed`.
    handed_back: The nodes of the root fields that the standard executor answers.
    leaves: The places in the variables that hold parameters.
    is_special: Whether rows of special categories may be in an answer; markers say whose.
    keyed: Texts that Python puts in the place of their markers.
    explained: Root fields whose use case may explain a null, by their places among the texts.
    refuses: Whether arguments of a root field were refused: the plan is for these variables only.
    known_values: Values of the actor that are parameters, by the names of the parameters.
    at_hand: Root fields that the request itself answers, by their keys.
    """

    keys: tuple[tuple[str, str | None], ...]
    sql: str
    parameters: tuple[str, ...]
    sources: Mapping[str, Source]
    checks: tuple[Check, ...]
    denied: tuple[Denial, ...]
    handed_back: tuple[FieldNode, ...] = ()
    leaves: Leaves = field(default_factory=dict)
    known_values: Mapping[str, KnownValue] = field(default_factory=dict)
    at_hand: Mapping[str, KnownValue] = field(default_factory=dict)
    operation: Operation | None = None
    is_special: bool = False
    kind: str = "compiled"
    explained: Mapping[int, SelectedField] = field(default_factory=dict)
    keyed: Keys = ()
    refuses: bool = False


def plan_query(
    schema: strawberry.Schema, operation: Operation, sent: Variables, actor: Actor
) -> Plan:
    """Make the plan of a query. Root fields that cannot be compiled are handed back, and so are
    those whose arguments are refused: the standard executor reports the error."""
    viewer = actor.viewer
    writer = ObjectWriter(operation, viewer)
    arguments = Arguments(schema, operation, sent)
    keys: list[tuple[str, str | None]] = []
    columns: list[Sql] = []
    back: list[FieldNode] = []
    checks: list[Check] = []
    explained: dict[int, SelectedField] = {}
    refuses = False
    at_hand: dict[str, KnownValue] = {}
    for asked in operation.fields(operation.root, [operation.selections]):
        root = Root(asked, operation.root.fields.get(asked.name), writer, arguments, actor)
        try:
            telling = root.at_hand()
            known = root.known_json() if telling is None else PUT_IN
            if telling is not None:
                at_hand[asked.key] = telling
            elif known is None:
                columns.append(sql("{found}", found=root.write(checks)))
                require("statement", sum(one.size for one in columns), MOST_TEXT)
                if root.read().why_null:
                    explained[len(columns) - 1] = asked
            keys.append((asked.key, known))
        except OperationTooComplex:
            raise
        except REFUSING_ERRORS as refusal:
            back += asked.nodes
            keys.append((asked.key, PUT_IN))
            refuses = refuses or not isinstance(refusal, NotCompilable)
    found = sql("SELECT {columns}", columns=join_sql(", ", columns))
    before = [one.__sql__() for one in writer.ctes]
    text, names = to_text(found, before) if columns else ("", ())
    denied = find_denials(operation, viewer)
    return Plan(
        tuple(keys), text, names, arguments.sources, tuple(checks), denied, tuple(back),
        arguments.leaves, writer.known_values, at_hand,
        operation if writer.known_values or at_hand else None,
        writer.is_special, kind_of(keys, back), explained, tuple(writer.keyed), refuses,
    )  # fmt: skip


def kind_of(keys: Sequence[tuple[str, str | None]], back: Sequence[FieldNode]) -> str:
    answered = any(known is None for _, known in keys)
    return "compiled" if not back else MIXED if answered else "standard"


MIXED = "mixed"


PUT_IN = ""
"""Stands for a text that each request fills in."""


@dataclass
class Root:
    """A root field of a query."""

    asked: SelectedField
    definition: GraphQLField | None
    writer: ObjectWriter
    arguments: Arguments
    actor: Actor

    def at_hand(self) -> KnownValue | None:
        """Return the value of the field, if the request itself holds it."""
        if self.definition is None:
            return None
        ask = self.definition.extensions[DEFINED].metadata.get("at_hand")
        return KnownValue(ask, self.definition.type, self.asked) if ask else None

    def known_json(self) -> str | None:
        """Return the JSON of the field, if it is known without SQL."""
        if self.asked.name == "__typename":
            return f'"{self.writer.operation.root.name}"'
        read = self.read()
        return NULL if read.right and not self.writer.holds(read.right) else None

    def read(self) -> Read:
        if self.definition is None:
            raise NotCompilable  # __schema, __type
        found: Read | None = self.definition.extensions[DEFINED].metadata.get("read")
        if found is None:
            raise NotCompilable
        return found

    def write(self, checks: list[Check]) -> Sql | Json:
        assert self.definition  # noqa: S101  # `known` comes first
        read, node = self.read(), self.asked.nodes[0]
        given = self.arguments.convert(self.definition, node)
        window = window_of(given) if read.orders is not None else None
        part = read.call_use_case(self.actor, given, self.make)
        if read.check and (own := self.own_parameters()):
            checks.append(Check(read.check, own))
        roots = RootWriter(self.writer)
        if window is None or not isinstance(part, Listing):
            return roots.part(part, self.definition.type, self.asked)
        size, backwards = window.size(), window.last is not None
        behind = [
            self.beyond(part, name, cursor, after=name == "after")
            for name in ("after", "before")
            if (cursor := getattr(window, name)) is not None
        ]
        follows, precedes = window.before is not None, window.after is not None
        page = Page(roots, part, size, backwards, behind, follows, precedes)
        return page.write(object_type_of(self.definition.type), self.asked)

    def own_parameters(self) -> dict[str, str]:
        """Return the parameters of this field's own arguments. Values inside of input objects are
        checked when the plan is made."""
        return {path: name for path, name in self.made.items() if "." not in path}

    # -- parameters -------------------------------------------------------------------

    def __post_init__(self) -> None:
        self.made: dict[str, str] = {}

    def make(
        self, type_: Annotation, sql_type: TypeEngine[Any], value: object, path: str, *,
        is_nullable: bool = False,
    ) -> BindParameter[Any]:  # fmt: skip
        if is_nullable:
            raise NotCompilable  # no query has an argument of which null is a value
        found = self.arguments.shared_parameter(self.place(path), sql_type, type_, value, path)
        self.made[path] = found.key
        return found

    def place(self, path: str) -> Place:
        assert self.definition  # noqa: S101  # `known` comes first
        return Place(self.definition, self.asked.nodes[0], path)

    def beyond(
        self, listing: Listing[Any], name: str, cursor: str, *, after: bool
    ) -> ColumnElement[bool]:
        keys = listing.keys(self.writer.viewer)
        types = [key.type for key, _ in keys]
        if None in (place := listing.place_of(name, cursor, types)):
            raise NotCompilable

        def reader(number: int) -> Callable[[str], object]:
            return lambda sent: listing.place_of(name, sent, types)[number]

        where = [
            self.arguments.parameter(self.place(name), type_, None, value, reader(number))
            for number, (type_, value) in enumerate(zip(types, place, strict=True))
        ]
        return beyond(keys, where, after=after)
