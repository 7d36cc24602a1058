"""The payload of a command that was refused: why, and the row as it is now."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from auth.actor import Actor
from gql.answers import make_user_error
from gql.engine.declared import written_sql
from gql.engine.objects import bare
from gql.engine.payloads import Reading, reading_of
from gql.engine.sql import Unspeakable, numbered
from gql.engine.telling import written
from gql.execution.operation import DEFINED, Asked, Operation
from models.problems import Problem
from resolvers.core.changes import Change
from resolvers.core.context import Services

NULL = b"null"
ERRORS = "user_errors"
"""The Python name of the field of a payload that tells why."""


@dataclass(frozen=True, slots=True, eq=False)
class Refused:
    """How the refusals of a command are answered.

    sql: The statement that tells which guard failed (`Target.refused`).
    parameters: The names of its `$1`, `$2`, …
    asked: What is asked of the payload.
    reading: How the row as it is now is read, if it is asked for.
    """

    sql: str
    parameters: tuple[str, ...]
    operation: Operation
    asked: Sequence[Asked]
    type: Any
    answer: Any
    reading: Reading | None

    async def current(self, services: Services, actor: Actor, key: int | None) -> bytes:
        """JSON of the row as it is now; null if it is not asked for, or not for the actor."""
        if key is None or self.reading is None:
            return NULL
        return await self.reading.text(services, actor, key)

    def payload(self, key: str, problem: Problem, current: bytes, language: str) -> bytes:
        """The member of `data`: the payload with the problem in it."""
        error = make_user_error(self.answer.error, self.answer.codes, problem, language)
        parts = []
        for field in self.asked:
            if field.name == "__typename":
                text = f'"{self.type.name}"'.encode()
            elif is_for_errors(self.type, field):
                returned = self.type.fields[field.name].type
                text = orjson.dumps(written(self.operation, returned, field, [error]))
            else:
                text = current
            parts.append(b'"%b":%b' % (field.key.encode(), text))
        return b'"%b":{%b}' % (key.encode(), b",".join(parts))


def is_for_errors(type_: Any, field: Asked) -> bool:
    return bool(type_.fields[field.name].extensions[DEFINED].python_name == ERRORS)


def refused_as(operation: Operation, asked: Asked, done: Change[Any], actor: Actor) -> Refused:
    """Raises Unspeakable where the row cannot be read by a plan, or differs from place to place."""
    defined = operation.root.fields[asked.name]
    type_: Any = bare(defined.type)
    fields = operation.fields(type_, asked.below)
    rows = [f for f in fields if f.name != "__typename" and not is_for_errors(type_, f)]
    reading = None
    if len(rows) > 1:
        raise Unspeakable
    if rows and any(guard.current is not None for guard in done.target.guards):
        returned = bare(type_.fields[rows[0].name].type)
        reading = reading_of(operation, returned, rows[0].nodes, done.row, actor)
        if reading is None or reading.is_special:
            raise Unspeakable
    sql, parameters = numbered(written_sql(done.target.select_refusal()))
    answer = defined.extensions[DEFINED].metadata["payload"]
    return Refused(sql, parameters, operation, fields, type_, answer, reading)
