"""Plans of commands that are declared as a change (`resolvers.core.changes`): one statement writes
and returns the selected fields of the row, or another statement reads the row back. If nothing was
written, a second statement finds the guard that failed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
from graphql import (
    GraphQLError,
    GraphQLObjectType,
)
from sqlalchemy import Uuid

from auth.actor import Actor
from gql.bridge.arguments import make_parser, parse_arguments
from gql.engine.known_values import word_of
from gql.engine.objects import ObjectWriter, object_type_of
from gql.engine.payloads import RowStatement, compile_row, unread_error, write_row
from gql.engine.refusals import RefusalPlan, plan_refusals
from gql.engine.shape import Path
from gql.engine.sql import Name, NotCompilable, Sql, join_sql, to_text
from gql.engine.sqlalchemy_compiler import statement_sql
from gql.engine.values import Arguments, Place, Source
from gql.execution.denials import Denial, find_denials
from gql.execution.operation import DEFINED, Operation, SelectedField
from models.base import target_of
from models.problems import Problem
from models.secrets import Secrets
from resolvers.core.attempts import KEY, hash_arguments
from resolvers.core.audit_details import details_of, names_its_row
from resolvers.core.changes import Change, entry_values
from resolvers.core.context import Services
from resolvers.core.parameters import in_parameters
from resolvers.core.refusals import lost_a_race
from resolvers.core.results import tell_process
from resolvers.core.shapes import Guarded, Ident, One, Own, Via

INPUT, DONE = "input", Name("done")
"""The argument of a command; the CTE of its statement that returns the written row, which the table
does not show yet."""
NO_ERRORS, NULL_TEXT = b"[]", b"null"
REFUSALS = ("22", "23", "40", "55")
"""Classes of SQLSTATE that refuse a command: data, integrity, lost transactions, locks."""


@dataclass(slots=True)
class Attempt:
    """An attempt at a command.

    actor: The actor.
    given: The arguments.
    values: The values of the parameters, by their names.
    failures: Errors of parts of the payload that could not be read back. The command is done
        nevertheless.
    problem: The problem because of which it was refused.
    is_shown: Whether the refusal shows the row as it is now.
    """

    actor: Actor
    given: Mapping[str, Any]
    values: Mapping[str, Any]
    failures: list[GraphQLError]
    problem: Problem | None = None
    is_shown: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class CommandPlan:
    """The plan of a mutation of one command that is declared as a change.

    sql: The statement that writes. It returns the key of the row, or null, and texts.
    parameters: The names of its `$1`, `$2`, …
    sources: Where a request has the values of the parameters that are arguments.
    given: Those parameters, by the names of the arguments; None for arguments that are null.
    payload: By its keys: a known text; the index of the row's text; or the statement that reads the
        row back.
    refused: The plan of its refusals.
    lock: The statement that takes its lock, with its parameters (`Change.lock`).
    denied: Fields refused by grant.
    """

    command: Any
    done: Change[Any]
    key: str
    sql: str
    parameters: tuple[str, ...]
    sources: Mapping[str, Source]
    given: Mapping[str, str | None]
    payload: Sequence[tuple[str, bytes | int | RowStatement]]
    refused: RefusalPlan
    lock: tuple[str, tuple[str, ...]] | None
    denied: tuple[Denial, ...]
    leaves: Mapping[str, set[Path]]
    kind: str = "compiled"

    def attempt(
        self, actor: Actor, secrets: Secrets, variables: Mapping[str, Any], request_id: str
    ) -> Attempt:
        """Return an attempt with these variables. Raises an exception if they do not fit.

        request_id: The id of the request, for the audit log.
        """
        values = actor.values
        arguments = {name: source.value(variables) for name, source in self.sources.items()}
        for name, value in arguments.items():
            values[name] = self.sources[name].to_driver(actor, secrets, value)
        given = {name: place and arguments[place] for name, place in self.given.items()}
        if self.command.check is not None:
            self.command.check(**given)
        details = details_of(self.command, given)
        kept = hash_arguments(secrets, given) if given.get(KEY) else None
        names_row = names_its_row(self.command)
        values.update(
            entry_values(actor, self.command.action, details, request_id, kept, names_row=names_row)
        )
        return Attempt(actor, given, values, [])

    async def run(self, attempt: Attempt, services: Services, language: str) -> Any:
        """Run the statement and return the payload; None if nothing was written and the use case
        must run."""
        writers, actor = services.writers, attempt.actor
        assert writers is not None  # noqa: S101  # else there is no such plan
        given = [attempt.values[name] for name in self.parameters]
        lock = self.lock and (self.lock[0], [attempt.values[name] for name in self.lock[1]])
        try:
            found = await writers.write(actor.school_id, self.sql, given, lock=lock)
        except asyncpg.PostgresError as error:
            if (error.sqlstate or "")[:2] not in REFUSALS:
                raise
            problem = self.command.meaning.problem(error, attempt.given)
            is_repeated = attempt.given.get(KEY) is not None  # perhaps: its row is there already
            if problem is None or lost_a_race(problem) or is_repeated:
                return None  # the use case logs it, tries again, or finds the first result
            attempt.problem = problem
            return self.refused.payload(self.key, problem, NULL_TEXT, language)
        if found[0] is None:
            return await self.find_refusal(attempt, services, language)
        tell_process(services, actor.school_id, self.command, has_news=bool(self.done.news))
        return b'"%b":{%b}' % (self.key.encode(), await self.parts(attempt, services, found))

    async def find_refusal(self, attempt: Attempt, services: Services, language: str) -> Any:
        """Return the payload with the problem of the first guard that fails; None if all hold by
        now, or if the attempt may be a repeated one."""
        readers, actor = services.readers, attempt.actor
        assert readers is not None  # noqa: S101  # else nothing is planned
        if attempt.given.get(KEY) is not None:
            return None
        asked = [attempt.values[name] for name in self.refused.parameters]
        line = await readers.fetch(actor.school_id, self.refused.sql, asked)
        if line is None or (failed := self.done.target.find_failure(line)) is None:
            return None
        _, attempt.problem, current = failed
        shown = await self.refused.current(services, actor, current)
        attempt.is_shown = shown != NULL_TEXT
        return self.refused.payload(self.key, attempt.problem, shown, language)

    async def parts(self, attempt: Attempt, services: Services, found: Sequence[Any]) -> bytes:
        """Return the members of the payload of a command that is done."""
        parts = []
        for name, part in self.payload:
            if isinstance(part, RowStatement):
                try:
                    text = await part.text(services, attempt.actor, found[0])
                except Exception as failure:  # it is done, and cannot be shown
                    text = NULL_TEXT
                    error = unread_error(failure, part.nodes, [self.key, name])
                    attempt.failures.append(error)
            else:
                text = found[part] if isinstance(part, int) else part
            parts.append(b'"%b":%b' % (name.encode(), text))
        return b",".join(parts)


def plan_change(
    schema: Any, operation: Operation, sent: Mapping[str, Any], actor: Actor
) -> CommandPlan:
    """Make the plan of a mutation of one command that is declared as a change. Raises
    NotCompilable, or a Problem, if the standard executor must run it."""
    asked, command = only_command(operation, actor)
    definition = operation.root.fields[asked.name]
    arguments = Arguments(schema, operation, sent)
    node = asked.nodes[0]
    annotations = command.takes
    sent_in = vars(arguments.convert(definition, node)[INPUT])
    given = parse_arguments({**annotations, KEY: UUID | None}, sent_in)
    made: dict[str, str | None] = dict.fromkeys(given)

    def make(type_: Any, sql_type: Any, value: Any, path: str, *, is_nullable: bool = False) -> Any:
        place = Place(definition, node, f"{INPUT}.{path}")
        read = make_parser(type_, path)
        found = arguments.parameter(place, sql_type, type_, value, read, is_nullable=is_nullable)
        made[path] = found.key
        return found

    key = given.pop(KEY, None)
    attempt = None if key is None else make(UUID, Uuid(), key, KEY)
    told = {n: in_parameters(annotations[n], value, make, n) for n, value in given.items()}
    if any(value is not None and made[name] is None for name, value in given.items()):
        raise NotCompilable  # its audit entry could not keep all arguments
    done: Change[Any] = command.declare(actor.viewer, **told)
    texts: list[Sql] = []
    payload = [*payload_of(operation, asked, definition.type, done, actor, texts)]
    statement = done.statement(actor.viewer, attempt, names_row=names_its_row(command))
    sql, parameters = to_text(join_sql(", ", [statement_sql(statement), *texts]))
    lock = None if done.lock is None else to_text(statement_sql(done.lock))
    return CommandPlan(
        command, done, asked.key, sql, parameters, arguments.sources, made, payload,
        plan_refusals(operation, asked, done, actor), lock, find_denials(operation, actor.viewer),
        arguments.leaves,
    )  # fmt: skip


def only_command(operation: Operation, actor: Actor) -> tuple[SelectedField, Any]:
    """Return the only root field of a mutation, and its command. Raises NotCompilable."""
    fields = operation.fields(operation.root, [operation.selections])
    if len(fields) != 1 or (command := find_change(operation.root, fields[0].name)) is None:
        raise NotCompilable
    if command.right not in actor.rights:
        raise NotCompilable
    return fields[0], command


def find_change(mutations: GraphQLObjectType, name: str) -> Any:
    """Return the command of a mutation, if it is declared as a change."""
    if (field := mutations.fields.get(name)) is None:
        return None
    command = field.extensions[DEFINED].metadata.get("command")
    return command if getattr(command, "declare", None) else None


def payload_of(
    operation: Operation, asked: SelectedField, returned: Any, done: Change[Any], actor: Actor,
    texts: list[Sql],
) -> Iterator[tuple[str, bytes | int | RowStatement]]:  # fmt: skip
    """Yield the selected fields of the payload, by their keys. Raises NotCompilable."""
    payload, row = object_type_of(returned), done.row
    written = done.written
    for field in operation.fields(payload, asked.below):
        if field.name == "__typename":
            yield field.key, f'"{payload.name}"'.encode()
            continue
        type_ = object_type_of(payload.fields[field.name].type)
        if type_.name != row.api_name():
            yield field.key, NO_ERRORS  # such a payload has a row and errors only
        elif done.is_whole and rests_on_row(operation, type_, field, written):
            writer = ObjectWriter(operation, actor.viewer)
            found, before = write_row(
                writer, type_, field.nodes, row, stand_in=DONE, is_seen=done.is_seen
            )
            if before:
                raise NotCompilable
            texts.append(found)
            if writer.is_special:  # the use case tells the audit log
                raise NotCompilable
            yield field.key, len(texts)
        else:
            reading = compile_row(operation, type_, field.nodes, row, actor)
            if reading is None or reading.is_special:
                raise NotCompilable
            yield field.key, reading


def rests_on_row(
    operation: Operation, type_: GraphQLObjectType, asked: SelectedField,
    written: Mapping[str, frozenset[str]], stale: frozenset[str] = frozenset(),
) -> bool:  # fmt: skip
    """Whether the selected fields stand in the row itself and in rows it refers to that the command
    does not change. Then the statement that writes can return them.

    written: The columns that the command changes in other tables.
    stale: The columns that it changes in the row to which the fields belong.
    """

    def rests(field: SelectedField) -> bool:
        if field.name == "__typename":
            return True
        defined = type_.fields[field.name]
        if (word := word_of(type_, field)) is None:
            return defined.extensions[DEFINED].python_name not in stale
        shape = word.shape.shape if isinstance(word.shape, Guarded) else word.shape
        if isinstance(shape, One):
            below = written.get(shape.target.__tablename__, frozenset())
            return rests_on_row(operation, object_type_of(defined.type), field, written, below)
        if isinstance(shape, Via):
            far = written.get(target_of(shape.path[-1]).__tablename__, frozenset())
            return shape.column.key not in far
        if isinstance(shape, Own):
            return shape.column not in stale
        return isinstance(shape, Ident)

    return all(map(rests, operation.fields(type_, asked.below)))
