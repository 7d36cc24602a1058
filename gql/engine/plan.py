"""A plan: how a whole operation is answered, for everyone with the same rights who sends variables
of the same shape. What it costs to make it is paid once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import strawberry
from graphql import FieldNode, GraphQLError, GraphQLField
from sqlalchemy import BindParameter, ColumnElement
from sqlalchemy.types import TypeEngine

from auth.actor import Actor
from gql.bridge.reads import Read, window_of
from gql.engine.marks import Keys
from gql.engine.objects import Writer, bare
from gql.engine.pages import Page
from gql.engine.roots import Roots
from gql.engine.shape import Leaves, Variables
from gql.engine.sql import Sql, Unspeakable, joined, numbered, sql
from gql.engine.telling import Telling
from gql.engine.text import NULL, Json
from gql.engine.values import Arguments, Place, Source
from gql.execution.denials import Denial, find_denials
from gql.execution.operation import DEFINED, Asked, Operation
from gql.guard.over_limit import require
from models.problems import OperationTooComplex, Problem
from resolvers.core.listing import Listing, beyond
from resolvers.core.parameters import Annotation

MOST_TEXT = 200_000
"""Longest statement, in characters without its queries for keys: ten times a home screen. A longer
one is refused."""


REFUSED = (Problem, Unspeakable, ValueError, TypeError, LookupError, GraphQLError)
"""Exceptions that refused arguments raise. The standard executor tells what is wrong."""


@dataclass(frozen=True, slots=True)
class Check:
    """What a use case asks of its arguments before anything is read, at each request."""

    check: Callable[..., None]
    arguments: Mapping[str, str]
    """The names of the parameters that have their values."""


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """How an operation is answered.

    keys: The keys of the answer in order; of each whether SQL answers it, or else what is known.
    sql: One statement that gives a text for each key that SQL answers; empty if there is none.
    parameters: The names of its `$1`, `$2`, …
    sources: Where a request has the values of those that are arguments.
    denied: Fields refused by grant.
    kind: `compiled`, `standard` where all is handed back, or `mixed`.
    handed_back: Nodes of the root fields which the standard executor answers.
    leaves: Where in the variables parameters were found.
    is_special: Whether rows of special categories may be in an answer; marks say whose.
    keyed: Texts that Python puts in the place of their marks.
    explained: By the places among the texts of which null is not told before it is asked why, the
        root fields.
    refuses: Whether arguments of a root field were refused: it is a plan for these variables only.
    tellings: By the names of parameters, what is known of who asks before anything is read.
    at_hand: By their keys, root fields that tell what came with the request.
    """

    keys: tuple[tuple[str, str | None], ...]
    sql: str
    parameters: tuple[str, ...]
    sources: Mapping[str, Source]
    checks: tuple[Check, ...]
    denied: tuple[Denial, ...]
    handed_back: tuple[FieldNode, ...] = ()
    leaves: Leaves = field(default_factory=dict)
    tellings: Mapping[str, Telling] = field(default_factory=dict)
    at_hand: Mapping[str, Telling] = field(default_factory=dict)
    operation: Operation | None = None
    is_special: bool = False
    kind: str = "compiled"
    explained: Mapping[int, Asked] = field(default_factory=dict)
    keyed: Keys = ()
    refuses: bool = False


def planned(schema: strawberry.Schema, operation: Operation, sent: Variables, actor: Actor) -> Plan:
    """Make the plan of an operation. Root fields that cannot be said in SQL are handed back, as
    are those whose arguments are refused: the standard executor tells why."""
    viewer = actor.viewer
    writer = Writer(operation, viewer)
    arguments = Arguments(schema, operation, sent)
    keys: list[tuple[str, str | None]] = []
    columns: list[Sql] = []
    back: list[FieldNode] = []
    checks: list[Check] = []
    explained: dict[int, Asked] = {}
    refuses = False
    at_hand: dict[str, Telling] = {}
    for asked in operation.fields(operation.root, [operation.selections]):
        root = Root(asked, operation.root.fields.get(asked.name), writer, arguments, actor)
        try:
            telling = root.at_hand()
            known = root.known() if telling is None else PUT_IN
            if telling is not None:
                at_hand[asked.key] = telling
            elif known is None:
                columns.append(sql("{found}", found=root.written(checks)))
                require("statement", sum(one.size for one in columns), MOST_TEXT)
                if root.read().why_null:
                    explained[len(columns) - 1] = asked
            keys.append((asked.key, known))
        except OperationTooComplex:
            raise
        except REFUSED as refusal:
            back += asked.nodes
            keys.append((asked.key, PUT_IN))
            refuses = refuses or not isinstance(refusal, Unspeakable)
    found = sql("SELECT {columns}", columns=joined(", ", columns))
    before = [one.__sql__() for one in writer.asides]
    text, names = numbered(found, before) if columns else ("", ())
    denied = find_denials(operation, viewer)
    return Plan(
        tuple(keys), text, names, arguments.sources, tuple(checks), denied, tuple(back),
        arguments.leaves, writer.tellings, at_hand,
        operation if writer.tellings or at_hand else None,
        writer.is_special, kind_of(keys, back), explained, tuple(writer.keyed), refuses,
    )  # fmt: skip


def kind_of(keys: Sequence[tuple[str, str | None]], back: Sequence[FieldNode]) -> str:
    answered = any(known is None for _, known in keys)
    return "compiled" if not back else MIXED if answered else "standard"


MIXED = "mixed"


PUT_IN = ""
"""In the place of what is known: it is put in at each request."""


@dataclass
class Root:
    """One root field."""

    asked: Asked
    definition: GraphQLField | None
    writer: Writer
    arguments: Arguments
    actor: Actor

    def at_hand(self) -> Telling | None:
        """The value of the field, if the request itself holds it."""
        if self.definition is None:
            return None
        ask = self.definition.extensions[DEFINED].metadata.get("at_hand")
        return Telling(ask, self.definition.type, self.asked) if ask else None

    def known(self) -> str | None:
        """JSON that is known without SQL."""
        if self.asked.name == "__typename":
            return f'"{self.writer.operation.root.name}"'
        read = self.read()
        return NULL if read.right and not self.writer.holds(read.right) else None

    def read(self) -> Read:
        if self.definition is None:
            raise Unspeakable  # __schema, __type
        found: Read | None = self.definition.extensions[DEFINED].metadata.get("read")
        if found is None:
            raise Unspeakable
        return found

    def written(self, checks: list[Check]) -> Sql | Json:
        assert self.definition  # noqa: S101  # `known` comes first
        read, node = self.read(), self.asked.nodes[0]
        given = self.arguments.of(self.definition, node)
        window = window_of(given) if read.orders is not None else None
        part = read.call_use_case(self.actor, given, self.make)
        if read.check and (own := self.checked()):
            checks.append(Check(read.check, own))
        roots = Roots(self.writer)
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
        return page.written(bare(self.definition.type), self.asked)

    def checked(self) -> dict[str, str]:
        """The parameters made of this field's own arguments; what stands inside of inputs is
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
            raise Unspeakable  # no query takes null for a value
        found = self.arguments.shared(self.place(path), sql_type, type_, value, path)
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
            raise Unspeakable

        def reader(number: int) -> Callable[[str], object]:
            return lambda sent: listing.place_of(name, sent, types)[number]

        where = [
            self.arguments.parameter(self.place(name), type_, None, value, reader(number))
            for number, (type_, value) in enumerate(zip(types, place, strict=True))
        ]
        return beyond(keys, where, after=after)
