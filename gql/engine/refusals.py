"""The payload of a command that was refused: the problem, and the row as it is now."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from auth.actor import Actor
from gql.answers import make_user_error
from gql.engine.known_values import to_json_value
from gql.engine.objects import object_type_of
from gql.engine.payloads import RowStatement, compile_row
from gql.engine.sql import NotCompilable, to_text
from gql.engine.sqlalchemy_compiler import statement_sql
from gql.execution.operation import DEFINED, Operation, SelectedField
from models.problems import Problem
from resolvers.core.changes import Change
from resolvers.core.context import Services

NULL = b"null"
ERRORS = "user_errors"
"""The Python name of the field of a payload that holds the problems."""


@dataclass(frozen=True, slots=True, eq=False)
class RefusalPlan:
    """The plan of the refusals of a command.

    sql: The statement that finds the guard that failed (`Target.select_refusal`).
    parameters: The names of its `$1`, `$2`, …
    asked: The selected fields of the payload.
    reading: The statement that reads the row as it is now, if the row is selected.
    """

    sql: str
    parameters: tuple[str, ...]
    operation: Operation
    asked: Sequence[SelectedField]
    type: Any
    answer: Any
    reading: RowStatement | None

    async def current(self, services: Services, actor: Actor, key: int | None) -> bytes:
        """Return the JSON of the row as it is now; null if it is not selected, or the actor may not
        see it."""
        if key is None or self.reading is None:
            return NULL
        return await self.reading.text(services, actor, key)

    def payload(self, key: str, problem: Problem, current: bytes, language: str) -> bytes:
        """Return the member of `data`: the payload with the problem."""
        error = make_user_error(self.answer.error, self.answer.codes, problem, language)
        parts = []
        for field in self.asked:
            if field.name == "__typename":
                text = f'"{self.type.name}"'.encode()
            elif is_for_errors(self.type, field):
                returned = self.type.fields[field.name].type
                text = orjson.dumps(to_json_value(self.operation, returned, field, [error]))
            else:
                text = current
            parts.append(b'"%b":%b' % (field.key.encode(), text))
        return b'"%b":{%b}' % (key.encode(), b",".join(parts))


def is_for_errors(type_: Any, field: SelectedField) -> bool:
    return bool(type_.fields[field.name].extensions[DEFINED].python_name == ERRORS)


def plan_refusals(
    operation: Operation, asked: SelectedField, done: Change[Any], actor: Actor
) -> RefusalPlan:
    """Make the plan of the refusals of a command. Raises NotCompilable if the row cannot be read by
    a plan, or is selected under two keys."""
    defined = operation.root.fields[asked.name]
    type_: Any = object_type_of(defined.type)
    fields = operation.fields(type_, asked.below)
    rows = [f for f in fields if f.name != "__typename" and not is_for_errors(type_, f)]
    reading = None
    if len(rows) > 1:
        raise NotCompilable
    if rows and any(guard.current is not None for guard in done.target.guards):
        returned = object_type_of(type_.fields[rows[0].name].type)
        reading = compile_row(operation, returned, rows[0].nodes, done.row, actor)
        if reading is None or reading.is_special:
            raise NotCompilable
    sql, parameters = to_text(statement_sql(done.target.select_refusal()))
    answer = defined.extensions[DEFINED].metadata["payload"]
    return RefusalPlan(sql, parameters, operation, fields, type_, answer, reading)
