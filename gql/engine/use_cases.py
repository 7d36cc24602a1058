"""Plans of commands that are use cases: the use case is called directly, without the standard
executor, and each row that it returns is read back in one statement."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from graphql import (
    GraphQLError,
    GraphQLField,
    get_named_type,
    is_leaf_type,
    print_ast,
)

from auth.actor import Actor
from gql.answers import Payload, make_user_error
from gql.bridge.arguments import annotations_of, parse_arguments
from gql.engine.known_values import to_json_value
from gql.engine.payloads import RowStatement, compile_row, is_here, unread_error
from gql.engine.refusals import is_for_errors
from gql.engine.shape import Path
from gql.engine.sql import NotCompilable
from gql.engine.values import Arguments
from gql.execution.denials import Denial, find_denials
from gql.execution.operation import DEFINED, Operation, SelectedField
from models.base import OfSchool, find_row_type
from models.problems import Problem, ServiceUnavailable
from resolvers.core.context import Ctx
from resolvers.core.special_reads import record_special_reads

INPUT, KIND = "input", "command"


@dataclass(slots=True)
class Outcome:
    """The outcome of a command.

    text: The member of `data`.
    failures: Errors of rows that could not be read back. The command is done nevertheless.
    problem: The reason of a refusal.
    is_shown: Whether the payload shows anything besides the reason.
    """

    text: bytes
    failures: Sequence[GraphQLError] = ()
    problem: Problem | None = None
    is_shown: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class UseCasePlan:
    """The plan of a mutation of one command that is a use case.

    asked: The root field.
    parts: The selected fields of the payload, each with its Python name and the statement that
        reads its row back.
    denied: Fields refused by grant.
    leaves: The variables on which the plan does not depend.
    sql: The statements that read rows back.
    """

    command: Any
    asked: SelectedField
    definition: GraphQLField
    type: Any
    answer: Payload
    parts: Sequence[tuple[SelectedField, str, RowStatement | None]]
    denied: tuple[Denial, ...]
    leaves: Mapping[str, set[Path]]
    annotations: Mapping[str, Any]
    sql: str = ""
    kind: str = KIND

    async def run(self, schema: Any, operation: Operation, ctx: Ctx, sent: Any) -> Outcome:
        """Run the command and return its outcome. Raises exceptions that the command does not
        declare.

        operation: The operation with the variables of this request.
        sent: The variables before they were coerced.
        """
        arguments = Arguments(schema, operation, sent).convert(self.definition, self.asked.nodes[0])
        ctx.reads_anew = lambda row: is_here(row, ctx.actor)  # the plan of its payload does
        try:
            given = parse_arguments(
                dict(self.annotations), vars(arguments[INPUT]) if arguments else {}
            )
            result = await self.command(ctx, **given)
        except Problem as problem:
            if problem.code() not in self.answer.codes.__members__:
                raise
            return await self.answer_refusal(operation, ctx, problem)
        values = self.values_of(result)
        failures: list[GraphQLError] = []
        texts = [await self.text(operation, ctx, part, values, failures) for part in self.parts]
        await self.record_reads(ctx)
        return Outcome(self.member(texts), failures)

    def values_of(self, result: Any) -> dict[str, Any]:
        """Return the values of the fields of the payload, by their names."""
        names = self.answer.results
        found = [result] if self.answer.single else [getattr(result, name) for name in names]
        return dict(zip(names, found, strict=True))

    async def answer_refusal(self, operation: Operation, ctx: Ctx, problem: Problem) -> Outcome:
        """Return the payload with the problem, and the row as it is now if the problem has it."""
        names = self.answer.results
        values: dict[str, Any] = {name: problem.extensions.get(name) for name in names}
        if problem.current is not None:
            values[names[0]] = problem.current
        error = make_user_error(self.answer.error, self.answer.codes, problem, ctx.caller.language)
        texts, is_shown = [], False
        for asked, name, reading in self.parts:
            if asked.name != "__typename" and is_for_errors(self.type, asked):
                returned = self.type.fields[asked.name].type
                texts.append(orjson.dumps(to_json_value(operation, returned, asked, [error])))
                continue
            text = await self.text(operation, ctx, (asked, name, reading), values, None)
            is_shown = is_shown or (reading is not None and text != b"null")
            texts.append(text)
        await self.record_reads(ctx)
        return Outcome(self.member(texts), (), problem, is_shown)

    async def text(
        self, operation: Operation, ctx: Ctx, part: tuple[SelectedField, str, RowStatement | None],
        values: Mapping[str, Any], failures: list[GraphQLError] | None,
    ) -> bytes:  # fmt: skip
        """Return a field of the payload as JSON. A row that cannot be read back is null, and the
        failure is added to `failures`; without that list it is raised."""
        asked, name, reading = part
        if asked.name == "__typename":
            return f'"{self.type.name}"'.encode()
        value = values.get(name, [])  # no errors
        if reading is None or not isinstance(value, OfSchool):
            returned = self.type.fields[asked.name].type
            return orjson.dumps(
                None if reading else to_json_value(operation, returned, asked, value)
            )
        try:
            return orjson.dumps(await reading.read(ctx, value.id))
        except Exception as failure:  # it is done, and cannot be shown
            if failures is None:
                raise
            path: list[str | int] = [self.asked.key, asked.key]
            failures.append(unread_error(failure, asked.nodes, path))
            return b"null"

    async def record_reads(self, ctx: Ctx) -> None:
        """Record the special reads in the audit log, before the answer is sent."""
        try:
            await record_special_reads(ctx)
        except ServiceUnavailable as failure:
            raise failure.after_commit() from failure

    def member(self, texts: Sequence[bytes]) -> bytes:
        parts = (
            b'"%b":%b' % (asked.key.encode(), text)
            for (asked, _, _), text in zip(self.parts, texts, strict=True)
        )
        return b'"%b":{%b}' % (self.asked.key.encode(), b",".join(parts))


def plan_use_case(operation: Operation, actor: Actor) -> UseCasePlan:
    """Make the plan of a mutation whose only root field is a command that is a use case. Raises
    NotCompilable if the standard executor must run it."""
    fields = operation.fields(operation.root, [operation.selections])
    if len(fields) != 1:
        raise NotCompilable
    [asked] = fields
    command = use_case_of(operation.root.fields.get(asked.name))
    if command is None or command.right not in actor.rights:
        raise NotCompilable
    definition = operation.root.fields[asked.name]
    answer: Payload = definition.extensions[DEFINED].metadata["payload"]
    type_: Any = get_named_type(definition.type)
    parts = [
        (one, *part_of(operation, type_, one, answer, actor))
        for one in operation.fields(type_, asked.below)
    ]
    leaves: dict[str, set[Path]] = {
        one.variable.name.value: {()}
        for one in operation.definition.variable_definitions or ()
        if "Boolean" not in print_ast(one.type)  # it may stand in @skip or @include
    }
    return UseCasePlan(
        command, asked, definition, type_, answer, parts, find_denials(operation, actor.viewer),
        leaves, annotations_of(command), "".join(one.sql for _, _, one in parts if one),
    )  # fmt: skip


def command_of(definition: GraphQLField | None) -> Any:
    """Return the command of a mutation, if it needs a right."""
    if definition is None:
        return None
    command = definition.extensions[DEFINED].metadata.get("command")
    return command if getattr(command, "right", None) is not None else None


def use_case_of(definition: GraphQLField | None) -> Any:
    """Return the command of a mutation, if it is a use case that needs a right. Commands that need
    none open and end sessions: their payloads are read as another actor."""
    command = command_of(definition)
    return None if getattr(command, "declare", None) is not None else command


def part_of(
    operation: Operation, type_: Any, asked: SelectedField, answer: Payload, actor: Actor
) -> tuple[str, RowStatement | None]:
    """Return the Python name of a field of the payload, and the statement that reads its row back.
    Raises NotCompilable for a field that is neither a row nor a plain value."""
    if asked.name == "__typename":
        return "", None
    defined = type_.fields[asked.name]
    name: str = defined.extensions[DEFINED].python_name
    if is_for_errors(type_, asked):
        if any(one.name == "warnings" for one in fields_below(operation, defined, asked)):
            raise NotCompilable  # they show rows
        return name, None
    if name not in answer.results:
        raise NotCompilable
    returned: Any = get_named_type(defined.type)
    if is_leaf_type(returned):
        return name, None
    row = find_row_type(returned.name)
    if row is None or str(defined.type).startswith("["):
        raise NotCompilable
    reading = compile_row(operation, returned, asked.nodes, row, actor)
    if reading is None:
        raise NotCompilable
    return name, reading


def fields_below(
    operation: Operation, defined: GraphQLField, asked: SelectedField
) -> list[SelectedField]:
    below: Any = get_named_type(defined.type)
    return operation.fields(below, asked.below)
