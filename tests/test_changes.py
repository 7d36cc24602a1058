"""Commands declared as a change: what each declares, and that it declares all that it does."""

from inspect import signature
from time import process_time
from typing import Any

import pytest
from sqlalchemy import bindparam
from sqlalchemy.dialects import postgresql

from auth.actor import Viewer
from auth.rights import Right
from models.access.roles import AccessScope
from models.problems import Forbidden, InUse, NotFound
from models.school.calendar import Term
from models.school.rooms import Room
from resolvers.core.attempts import IdempotencyKeyReused
from resolvers.core.changes import Change
from resolvers.core.guards import Lock, Target
from resolvers.core.parameters import in_parameters, is_arg, optional, plain, takes_null
from resolvers.core.refusals import problems_of
from tests.test_house_rules import COMMANDS, name_of

CHANGES = [command for command in COMMANDS if hasattr(command, "declare")]
MOST_BUILDING = 2.0
EVERYTHING = Viewer(frozenset((right, scope) for right in Right for scope in AccessScope))


def declare_changes(command: Any) -> list[Change[Any]]:
    """Return the changes that a command declares for somebody with all rights: with all arguments,
    and without each argument whose absence may change the declaration."""

    def make(type_: Any, sql_type: Any, value: Any, path: str, *, is_nullable: bool = False) -> Any:
        return bindparam(f"given_{path}", type_=sql_type)

    given = {n: in_parameters(one, "sent", make, n) for n, one in command.takes.items()}
    without = [n for n, one in command.takes.items() if optional(plain(one)) and is_arg(one)]
    return [
        command.declare(EVERYTHING, **{**given, **dict.fromkeys(some)})
        for some in ([], *([name] for name in without if not takes_null(command.takes[name])))
    ]


@pytest.mark.parametrize("command", CHANGES, ids=name_of)
def test_a_change_can_be_written_and_writes_no_table_twice(command: Any) -> None:
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    for change in declare_changes(command):
        statement = change.statement(EVERYTHING, names_row=True)
        assert statement.compile(dialect=dialect)
        assert change.target.select_refusal().compile(dialect=dialect)


@pytest.mark.parametrize("command", CHANGES, ids=name_of)
def test_a_change_is_built_in_the_time_that_it_takes_to_render(command: Any) -> None:
    """A check that goes through a statement must not go through its shared parts again and again:
    that took up to eighteen times as long."""
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    [change, *_] = declare_changes(command)
    building, rendering = [], []
    for _ in range(3):  # a collection of garbage may fall into one of them
        begun = process_time()
        statement = change.statement(EVERYTHING, names_row=True)
        built = process_time()
        statement.compile(dialect=dialect)
        building.append(built - begun)
        rendering.append(process_time() - built)
    assert min(building) < MOST_BUILDING * min(rendering)


def test_a_guard_about_a_row_that_is_not_joined_is_a_fault_of_ours() -> None:
    here = Target().join(Room, Room.id == 1, missing=NotFound, field="id", lock=Lock.NONE)
    stray = here.needs(Term.id == Room.id, NotFound)
    for write in (stray.line, stray.select_refusal):
        with pytest.raises(TypeError, match="not joined: terms"):
            write(Room.id)
    joined = stray.outerjoin(Term, Term.id == Room.id)
    assert joined.line(Room.id) is not None
    assert joined.select_refusal(Room.id) is not None


NO_LONGER_RAISED = {"setTermMark": {"OUTSIDE_TERMS"}}
"""Codes that no guard raises any more, kept because clients may know them."""


@pytest.mark.parametrize("command", CHANGES, ids=name_of)
def test_the_problems_of_a_change_are_those_of_its_guards_and_tables(command: Any) -> None:
    guards = [guard for change in declare_changes(command) for guard in change.target.guards]
    raised = {guard.problem.code() for guard in guards}
    limits = {problem.code() for problem in problems_of(command.writes, [*command.takes])}
    common = {"NOT_FOUND", "FORBIDDEN", "VALIDATION", "CONFLICT", IdempotencyKeyReused.code()}
    told = {problem.code() for problem in command.problems}
    used = {InUse.code()} if command.meaning.removes else set[str]()
    assert raised <= told
    if command.check is None:  # a check may raise any problem
        known = raised | limits | common | used
        assert told <= known | NO_LONGER_RAISED.get(command.action, set())


@pytest.mark.parametrize("command", CHANGES, ids=name_of)
def test_each_guard_blames_an_argument(command: Any) -> None:
    names = set(signature(command).parameters)
    for change in declare_changes(command):
        for guard in change.target.guards:
            if guard.field is None:  # the school itself, which no argument names
                assert guard.problem in (NotFound, Forbidden)
                continue
            assert guard.field.partition(".")[0] in names, guard.problem


@pytest.mark.parametrize("command", CHANGES, ids=name_of)
def test_all_arguments_of_a_change_are_parameters(command: Any) -> None:
    for name, annotation in command.takes.items():
        assert is_arg(annotation), name
