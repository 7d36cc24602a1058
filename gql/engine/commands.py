"""Commands that say themselves in SQL, as plans: one statement does it and tells what is asked of
the row, if it can; else another reads that back."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from graphql import (
    FieldNode,
    GraphQLError,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
)
from sqlalchemy import Uuid

from auth.actor import Actor
from gql.bridge.arguments import ids_among, reader, received
from gql.engine.declared import written_sql
from gql.engine.denials import Denial, denials
from gql.engine.objects import Writer, bare
from gql.engine.operation import DEFINED, Asked, Operation
from gql.engine.payloads import Reading, reading_of, said
from gql.engine.shape import Path
from gql.engine.sql import Name, Sql, Unspeakable, joined, numbered
from gql.engine.telling import word_of
from gql.engine.values import Arguments, Place, Source
from models.base import OfSchool
from models.problems import ServiceUnavailable
from models.secrets import Secrets
from resolvers.core.at_once import AtOnce, deed
from resolvers.core.attempts import KEY, arguments_hash
from resolvers.core.context import Services
from resolvers.core.parameters import in_parameters
from resolvers.core.results import spread
from resolvers.core.shapes import Guarded, Ident, One, Own, Via
from resolvers.core.trace import details_of, names_its_row

INPUT, DONE = "input", Name("done")
"""The argument of a command; the query of its statement that has the row as it was written, which
the table has not yet."""


@dataclass(frozen=True, slots=True, eq=False)
class Doing:
    """How an operation of one command is answered.

    sql: The statement that does it, and gives the key of the row, or null, and texts.
    parameters: The names of its `$1`, `$2`, …
    sources: Where a request has the values of those that are arguments.
    given: By the names of the arguments, those parameters; None of arguments that are null.
    payload: By its keys: what is known; where among the texts the row is; or how it is read back.
    denied: Fields refused by grant.
    """

    command: Any
    row: type[OfSchool]
    key: str
    sql: str
    parameters: tuple[str, ...]
    sources: Mapping[str, Source]
    given: Mapping[str, str | None]
    payload: Sequence[tuple[str, bytes | int | Reading]]
    denied: tuple[Denial, ...]
    leaves: Mapping[str, set[Path]]
    kind: str = "compiled"

    def values(
        self, actor: Actor, secrets: Secrets, variables: Mapping[str, Any], request_id: str
    ) -> dict[str, Any]:
        """The values of the parameters. Raises for what no client should send.

        request_id: Of the request, for the audit log.
        """
        values = actor.values
        arguments = {name: source.value(variables) for name, source in self.sources.items()}
        for name, value in arguments.items():
            values[name] = self.sources[name].sent(actor, secrets, value)
        told = {name: place and arguments[place] for name, place in self.given.items()}
        details = details_of(self.command, told)
        kept = arguments_hash(secrets, told) if self.given.get(KEY) else None
        values.update(deed(actor, self.command.action, details, request_id, kept))
        return values

    async def done(
        self,
        actor: Actor,
        services: Services,
        values: Mapping[str, Any],
        failures: list[GraphQLError],
    ) -> bytes | None:
        """The payload; None if nothing was done.

        failures: Gets an error for each part of the payload that could not be read back. What was
            done stays done.
        """
        writers, school_id = services.writers, actor.school_id
        assert writers is not None  # noqa: S101  # else there is no such plan
        given = [values[name] for name in self.parameters]
        if (found := await writers.done(school_id, self.sql, given)) is None:
            return None
        spread(services, school_id, self.command.right, told=True)
        parts = []
        for name, part in self.payload:
            if isinstance(part, Reading):
                try:
                    text = await part.text(services, actor, found[0])
                except Exception as failure:  # it is done, and cannot be shown
                    text, path = NULL_TEXT, [self.key, name]
                    cause = failure
                    if isinstance(failure, ServiceUnavailable):
                        cause = failure.after_commit()
                    failures.append(
                        GraphQLError(str(cause), part.nodes, path=path, original_error=cause)
                    )
            else:
                text = found[part] if isinstance(part, int) else part
            parts.append(b'"%b":%b' % (name.encode(), text))
        return b'"%b":{%b}' % (self.key.encode(), b",".join(parts))


NO_ERRORS, NULL_TEXT = b"[]", b"null"


def doing_of(schema: Any, operation: Operation, sent: Mapping[str, Any], actor: Actor) -> Doing:
    """The plan of an operation that is one command, which says itself in SQL. Raises Unspeakable,
    or a Problem, where only the use case itself can do it or say why not."""
    asked, command = only_command(operation, actor)
    if not names_its_row(command):
        raise Unspeakable  # a statement that records has the id of its row in what is sealed
    definition = operation.root.fields[asked.name]
    arguments = Arguments(schema, operation, sent)
    node = asked.nodes[0]
    given = received(ids_among(command), vars(arguments.of(definition, node)[INPUT]))
    takes = ids_among(command.at_once)
    made: dict[str, str] = {}

    def make(type_: Any, sql_type: Any, value: Any, path: str) -> Any:
        place = Place(definition, node, f"{INPUT}.{path}")
        found = arguments.parameter(place, sql_type, type_, value, reader(type_, path))
        made[path] = found.key
        return found

    told = {name: value for name, value in given.items() if value is not None}
    attempt = make(UUID, Uuid(), told.pop(KEY), KEY) if KEY in told else None
    if not told.keys() <= takes.keys():
        raise Unspeakable
    does: AtOnce = command.at_once(
        actor.viewer,
        **{name: in_parameters(takes[name], value, make, name) for name, value in told.items()},
    )
    if not told.keys() <= made.keys():  # nor could its audit entry tell of all that was given
        raise Unspeakable
    texts: list[Sql] = []
    payload = [*payload_of(operation, asked, definition.type, does.row, actor, texts)]
    statement = written_sql(does.statement(actor.viewer, attempt))
    sql, names = numbered(joined(", ", [statement, *texts]))
    denied = denials(operation, actor.viewer)
    return Doing(
        command, does.row, asked.key, sql, names, arguments.sources,
        {name: made.get(name) for name in given}, payload, denied, arguments.leaves,
    )  # fmt: skip


def only_command(operation: Operation, actor: Actor) -> tuple[Asked, Any]:
    """The one root field of a mutation, and its command. Raises Unspeakable."""
    fields = operation.fields(operation.root, [operation.selections])
    if len(fields) != 1 or (command := at_once(operation.root, fields[0].name)) is None:
        raise Unspeakable
    if command.right not in actor.rights:
        raise Unspeakable
    return fields[0], command


def at_once(mutations: GraphQLObjectType, name: str) -> Any:
    """The command of a mutation, if it says itself in SQL."""
    if (field := mutations.fields.get(name)) is None:
        return None
    command = field.extensions[DEFINED].metadata.get("command")
    return command if getattr(command, "at_once", None) else None


def is_one(schema: GraphQLSchema, definition: OperationDefinitionNode) -> bool:
    """Whether a mutation may be such a command: most are not, and need no second look."""
    mutations, selections = schema.mutation_type, definition.selection_set.selections
    names = [one.name.value for one in selections if isinstance(one, FieldNode)]
    return (
        mutations is not None
        and len(names) == len(selections) == 1
        and bool(at_once(mutations, names[0]))
    )


def payload_of(
    operation: Operation, asked: Asked, returned: Any, row: type[OfSchool], actor: Actor,
    texts: list[Sql],
) -> Iterator[tuple[str, bytes | int | Reading]]:  # fmt: skip
    """What is asked of the payload, by its keys. Raises Unspeakable."""
    payload = bare(returned)
    for field in operation.fields(payload, asked.below):
        if field.name == "__typename":
            yield field.key, f'"{payload.name}"'.encode()
            continue
        type_ = bare(payload.fields[field.name].type)
        if type_.name != row.api_name():
            yield field.key, NO_ERRORS  # a row and they are all there is in such a payload
        elif rests_on_row(operation, type_, field):
            writer = Writer(operation, actor.viewer)
            found, before = said(writer, type_, field.nodes, row, stand_in=DONE)
            if before:
                raise Unspeakable
            texts.append(found)
            if writer.is_special:  # the use case tells the audit log
                raise Unspeakable
            yield field.key, len(texts)
        else:
            reading = reading_of(operation, type_, field.nodes, row, actor)
            if reading is None or reading.is_special:
                raise Unspeakable
            yield field.key, reading


def rests_on_row(operation: Operation, type_: GraphQLObjectType, asked: Asked) -> bool:
    """Whether all that is asked stands in the row itself and in those it refers to, which no
    statement of a command changes: then it needs no reading after the commit."""
    for field in operation.fields(type_, asked.below):
        word = None if field.name == "__typename" else word_of(type_, field)
        shape = word.shape if word else None
        shape = shape.shape if isinstance(shape, Guarded) else shape
        if isinstance(shape, One):
            if not rests_on_row(operation, bare(type_.fields[field.name].type), field):
                return False
        elif not (shape is None or isinstance(shape, Own | Via | Ident)):
            return False
    return True
