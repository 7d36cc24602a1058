"""A row that was changed, or told of, read through a plan: in one statement, whatever is asked of
it."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from graphql import FieldNode, GraphQLError, GraphQLObjectType, SelectionSetNode
from sqlalchemy import BigInteger, ColumnElement, bindparam

from auth.actor import Actor
from auth.policy import reading
from gql.engine import marks
from gql.engine.objects import Writer
from gql.engine.roots import Roots
from gql.engine.sql import Name, Sql, Unspeakable, numbered, sql
from gql.engine.telling import word_of
from gql.execution.operation import Asked, Operation
from models.base import OfSchool
from models.problems import ServiceUnavailable
from resolvers.core.context import Ctx, Services
from resolvers.core.reads import Row
from resolvers.core.shapes import Ident, Own, Via

KEY = "row_key"
NULL = b"null"
MOST = 8 * 1_048_576
"""Bytes of the readings that are kept, by the text of a client each."""
PER_CHARACTER, PER_READING = 4, 20_000
"""Bytes by a character of a statement, and those of the nodes that ask for it."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A statement that gives one row, and the names of its parameters.

    nodes: What asks for it.
    is_plain: Whether nothing is asked for that the row itself does not hold.
    """

    sql: str
    parameters: tuple[str, ...]
    nodes: Sequence[FieldNode]
    is_plain: bool
    is_special: bool = False
    keyed: marks.Keys = ()

    async def read(self, ctx: Ctx, key: int) -> Any:
        """The row as JSON has it; None if the actor may not see it."""
        text = await self.text(ctx.caller.services, ctx.actor, key)
        if self.is_special:
            [text], read = marks.taken([text])
            for row, keys in read.items():
                ctx.read_specially[row] |= keys
        return orjson.loads(text)

    async def text(self, services: Services, actor: Actor, key: int) -> bytes:
        """The same, as JSON, with the marks of special categories in it."""
        values = {**actor.values, KEY: key}
        assert services.readers is not None  # noqa: S101  # else nothing is planned
        given = [values[name] for name in self.parameters]
        found = await services.readers.fetch(actor.school_id, self.sql, given) or (NULL,)
        return marks.filled(found, self.keyed, services, actor)[0] if self.keyed else found[0]


@dataclass
class Readings:
    """Those made so far, by what asks for a row and the rights of who asks; the newest stay."""

    made: OrderedDict[Any, tuple[Sequence[FieldNode], Reading | None]] = field(
        default_factory=OrderedDict
    )
    """With what asks for it: nodes are known by where they are, so they must stay there."""
    weight: int = 0

    def get(
        self, operation: Operation, type_: GraphQLObjectType, nodes: Sequence[FieldNode],
        row: type[OfSchool], actor: Actor,
    ) -> Reading | None:  # fmt: skip
        """None where the standard executor must read it."""
        given = operation.variables.coerced if operation.variables else {}
        flags = tuple((n, v) for n, v in given.items() if isinstance(v, bool))
        key = (*map(id, nodes), flags, row, actor.viewer)
        if key not in self.made:
            found = reading_of(operation, type_, nodes, row, actor)
            self.made[key] = (nodes, found)
            self.weight += weight_of(found)
            while self.weight > MOST:
                _, (_, dropped) = self.made.popitem(last=False)
                self.weight -= weight_of(dropped)
            return found
        return self.made[key][1]


def unread_error(
    failure: Exception, nodes: Sequence[FieldNode], path: list[str | int]
) -> GraphQLError:
    """Return the error of a row that could not be read back after the commit. It says that the
    command is done, so that nobody repeats it."""
    cause = failure.after_commit() if isinstance(failure, ServiceUnavailable) else failure
    return GraphQLError(str(cause), nodes, path=path, original_error=cause)


def weight_of(reading: Reading | None) -> int:
    """Bytes that it takes, with the part of the document that asks for it."""
    return PER_READING + (PER_CHARACTER * len(reading.sql) if reading else 0)


def is_here(row: OfSchool, actor: Actor) -> bool:
    """Whether it is in the database, in the school of the actor."""
    return bool(row.id) and row.global_id.school_id == actor.school_id


def reading_of(
    operation: Operation, type_: GraphQLObjectType, nodes: Sequence[FieldNode],
    row: type[OfSchool], actor: Actor,
) -> Reading | None:  # fmt: skip
    """None where the standard executor must read it."""
    key = row.id == bindparam(KEY, type_=BigInteger)
    writer = Writer(operation, actor.viewer)
    try:
        found, before = said(writer, type_, nodes, row, key)
    except Unspeakable:
        return None
    fields = operation.fields(type_, below(nodes))
    is_plain = all(is_held(type_, field) for field in fields)
    text, parameters = numbered(sql("SELECT {found}", found=found), before)
    return Reading(text, parameters, nodes, is_plain, writer.is_special, tuple(writer.keyed))


def said(
    writer: Writer, type_: GraphQLObjectType, nodes: Sequence[FieldNode], row: type[OfSchool],
    *where: ColumnElement[bool], stand_in: Name | None = None,
) -> tuple[Sql, list[Sql]]:  # fmt: skip
    """SQL of the row as JSON, and what goes before the statement. Raises Unspeakable.

    stand_in: Where the row stands, if not in its table.
    """
    if row not in reading:
        raise Unspeakable
    asked = Asked(nodes[0].name.value, nodes[0].name.value, list(nodes))
    found = Roots(writer, stand_in).part(Row(row, where), type_, asked)
    if writer.tellings:
        raise Unspeakable
    return sql("{found}", found=found), [one.__sql__() for one in writer.asides]


def below(nodes: Sequence[FieldNode]) -> list[SelectionSetNode]:
    return Asked("", "", list(nodes)).below


def is_held(type_: GraphQLObjectType, asked: Asked) -> bool:
    """Whether a row that was read holds the value of a field."""
    word = None if asked.name == "__typename" else word_of(type_, asked)
    return word is None or isinstance(word.shape, Own | Via | Ident)
