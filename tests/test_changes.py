"""Commands that are declared as a change: what each of them declares, and that it is all."""

from inspect import signature
from typing import Any

import pytest
from sqlalchemy import bindparam
from sqlalchemy.dialects import postgresql

from auth.actor import Viewer
from auth.rights import Right
from models.access.roles import AccessScope
from resolvers.core.attempts import IdempotencyKeyReused
from resolvers.core.changes import Change
from resolvers.core.parameters import in_parameters, plain
from resolvers.core.refusals import problems_of
from tests.test_house_rules import COMMANDS, name_of

CHANGES = [command for command in COMMANDS if hasattr(command, "declare")]
EVERYTHING = Viewer(frozenset((right, scope) for right in Right for scope in AccessScope))


def declared(command: Any) -> Change[Any]:
    """What a command says of all its arguments, for somebody with all rights."""

    def make(type_: Any, sql_type: Any, value: Any, path: str, *, is_nullable: bool = False) -> Any:
        return bindparam(f"given_{path}", type_=sql_type)

    given = {n: in_parameters(one, "sent", make, n) for n, one in command.takes.items()}
    found: Change[Any] = command.declare(EVERYTHING, **given)
    return found


@pytest.mark.parametrize("command", CHANGES, ids=name_of)
def test_a_change_can_be_written_and_writes_no_table_twice(command: Any) -> None:
    change = declared(command)
    statement = change.statement(EVERYTHING, names_row=True)
    assert statement.compile(dialect=postgresql.dialect())  # type: ignore[no-untyped-call]
    assert change.target.refused().compile(dialect=postgresql.dialect())  # type: ignore[no-untyped-call]


@pytest.mark.parametrize("command", CHANGES, ids=name_of)
def test_the_problems_of_a_change_are_those_of_its_guards_and_tables(command: Any) -> None:
    guards = declared(command).target.guards
    raised = {guard.problem.code() for guard in guards}
    limits = {problem.code() for problem in problems_of(command.writes, [*command.takes])}
    common = {"NOT_FOUND", "FORBIDDEN", "VALIDATION", "CONFLICT", IdempotencyKeyReused.code()}
    told = {problem.code() for problem in command.problems}
    assert raised <= told
    assert told <= raised | limits | common


@pytest.mark.parametrize("command", CHANGES, ids=name_of)
def test_each_guard_blames_an_argument(command: Any) -> None:
    names = set(signature(command).parameters)
    for guard in declared(command).target.guards:
        assert guard.field is not None
        assert guard.field.partition(".")[0] in names, guard.problem


@pytest.mark.parametrize("command", CHANGES, ids=name_of)
def test_all_arguments_of_a_change_are_parameters(command: Any) -> None:
    for name, annotation in command.takes.items():
        assert annotation != plain(annotation), name
