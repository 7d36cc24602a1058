"""Reading back a row, after a command or for an event: one statement for all selected fields."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from graphql import FieldNode, GraphQLError, GraphQLObjectType, SelectionSetNode
from sqlalchemy import BigInteger, ColumnElement, bindparam

from auth.actor import Actor
from auth.policy import reading
from gql.engine import markers
from gql.engine.known_values import word_of
from gql.engine.objects import ObjectWriter
from gql.engine.roots import RootWriter
from gql.engine.sql import Name, NotCompilable, Sql, sql, to_text
from gql.execution.operation import Operation, SelectedField
from models.base import OfSchool
from models.problems import ServiceUnavailable
from resolvers.core.context import Ctx, Services
from resolvers.core.reads import Row
from resolvers.core.shapes import Ident, Own, Via

KEY = "row_key"
NULL = b"null"
MOST = 8 * 1_048_576
"""The limit of bytes of cached statements. Clients could have any number of them made."""
PER_CHARACTER, PER_READING = 4, 20_000
"""Bytes for a character of a statement, and for the nodes that select the row."""


@dataclass(frozen=True, slots=True)
class RowStatement:
    """A statement that returns one row, and the names of its parameters.

    nodes: The nodes that select the row.
    is_plain: Whether the row itself holds all selected fields.
    """

    sql: str
    parameters: tuple[str, ...]
    nodes: Sequence[FieldNode]
    is_plain: bool
    is_special: bool = False
    keyed: markers.Keys = ()

    async def read(self, ctx: Ctx, key: int) -> Any:
        """Return the row, parsed; None if the actor may not see it."""
        text = await self.text(ctx.caller.services, ctx.actor, key)
        if self.is_special:
            [text], read = markers.take_out_markers([text])
            for row, keys in read.items():
                ctx.read_specially[row] |= keys
        return orjson.loads(text)

    async def text(self, services: Services, actor: Actor, key: int) -> bytes:
        """Return the row as JSON, with the markers of special reads in it."""
        values = {**actor.values, KEY: key}
        assert services.readers is not None  # noqa: S101  # else nothing is planned
        given = [values[name] for name in self.parameters]
        found = await services.readers.fetch(actor.school_id, self.sql, given) or (NULL,)
        return (
            markers.fill_in_keyed(found, self.keyed, services, actor)[0] if self.keyed else found[0]
        )


@dataclass
class RowStatements:
    """The cache of statements, by the nodes that select a row and the viewer's rights. The newest
    stay."""

    made: OrderedDict[Any, tuple[Sequence[FieldNode], RowStatement | None]] = field(
        default_factory=OrderedDict
    )
    """The statements, with their nodes. The key has the `id()` of nodes: if they were freed, other
    nodes could get the same."""
    weight: int = 0

    def get(
        self, operation: Operation, type_: GraphQLObjectType, nodes: Sequence[FieldNode],
        row: type[OfSchool], actor: Actor,
    ) -> RowStatement | None:  # fmt: skip
        """Return the statement; None if the standard executor must read the row."""
        given = operation.variables.coerced if operation.variables else {}
        flags = tuple((n, v) for n, v in given.items() if isinstance(v, bool))
        key = (*map(id, nodes), flags, row, actor.viewer)
        if key not in self.made:
            found = compile_row(operation, type_, nodes, row, actor)
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


def weight_of(reading: RowStatement | None) -> int:
    """Return the bytes of a statement and of the nodes that select the row."""
    return PER_READING + (PER_CHARACTER * len(reading.sql) if reading else 0)


def is_here(row: OfSchool, actor: Actor) -> bool:
    """Whether a row is in the database, in the school of the actor."""
    return bool(row.id) and row.global_id.school_id == actor.school_id


def compile_row(
    operation: Operation, type_: GraphQLObjectType, nodes: Sequence[FieldNode],
    row: type[OfSchool], actor: Actor,
) -> RowStatement | None:  # fmt: skip
    """Compile the statement that reads a row back; None if the standard executor must read it."""
    key = row.id == bindparam(KEY, type_=BigInteger)
    writer = ObjectWriter(operation, actor.viewer)
    try:
        found, before = write_row(writer, type_, nodes, row, key)
    except NotCompilable:
        return None
    fields = operation.fields(type_, selections_of(nodes))
    is_plain = all(is_held(type_, field) for field in fields)
    text, parameters = to_text(sql("SELECT {found}", found=found), before)
    return RowStatement(text, parameters, nodes, is_plain, writer.is_special, tuple(writer.keyed))


def write_row(
    writer: ObjectWriter, type_: GraphQLObjectType, nodes: Sequence[FieldNode], row: type[OfSchool],
    *where: ColumnElement[bool], stand_in: Name | None = None, is_seen: bool = False,
) -> tuple[Sql, list[Sql]]:  # fmt: skip
    """Return SQL of the row as JSON, and the CTEs that it needs. Raises NotCompilable.

    stand_in: The CTE that holds the row, if it is not read from its table.
    is_seen: Whether the viewer sees the row, whatever its rule says.
    """
    if row not in reading:
        raise NotCompilable
    asked = SelectedField(nodes[0].name.value, nodes[0].name.value, list(nodes))
    found = RootWriter(writer, stand_in, is_seen).part(Row(row, where), type_, asked)
    if writer.known_values:
        raise NotCompilable
    return sql("{found}", found=found), [one.__sql__() for one in writer.ctes]


def selections_of(nodes: Sequence[FieldNode]) -> list[SelectionSetNode]:
    return SelectedField("", "", list(nodes)).below


def is_held(type_: GraphQLObjectType, asked: SelectedField) -> bool:
    """Whether a row that was read holds the value of a field."""
    word = None if asked.name == "__typename" else word_of(type_, asked)
    return word is None or isinstance(word.shape, Own | Via | Ident)
