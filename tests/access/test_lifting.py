"""Nobody can lift themselves.

No sequence of up to three kinds of commands that a role sends reaches a protected row or right that
the role did not reach before, nor makes a protected change by one person (domain.md c, c.3.5).

Every kind of command is aimed at all useful targets; after each the attacker signs in with every
password learned, in every role that it opens. All sequences of one and of two kinds are tried.
Sequences of three are drawn by Hypothesis: `GOROD_LIFTS=500 pytest tests/access/test_lifting.py`
draws more of them.

Actions that domain.md (c.1) permits by name are left out: the class teacher hands out one-time
passwords to families and the director to everyone, and so could sign in as their holders.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Coroutine
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from auth.access.protected import OPENED_BY_A_GRANT, PROTECTED_RIGHTS, PROTECTED_ROLES
from auth.access.roles import FOLLOWING
from auth.matrix import MATRIX, SHORT, default_rights
from models.access.roles import Role
from tests.access.attacked_school import SPECIAL, TWO_PERSONS, School
from tests.access.attacker import ACTS, Attacker
from tests.postgres import Server

T = TypeVar("T")
USUAL = 12
EXAMPLES = int(os.environ.get("GOROD_LIFTS", USUAL))
CHANGING = ("rights:write", "roles:grant", "accounts:write", "access:request", "passwords:reset")
POWERFUL = [
    SHORT[short]
    for short in SHORT
    if any(short in MATRIX[right].replace(";", " ").split() for right in MATRIX
           if right.value in CHANGING)
]  # fmt: skip
"""Roles that can change rights or roles at all: the others are refused each command at once."""

NOT_IN_SCHOOL = {"documents", "staff documents"}
DENIED: dict[Role, set[str]] = {
    Role.STUDENT: NOT_IN_SCHOOL,
    Role.PARENT: NOT_IN_SCHOOL,
    Role.SUBJECT_TEACHER: {"documents", "court papers", "health"},
    Role.CLASS_TEACHER: {"documents", "court papers"},
    Role.PSYCHOLOGIST: {"documents", "court papers"},
    Role.SOCIAL_PEDAGOGUE: {"documents"},
    Role.DEPUTY_DIRECTOR: {"documents"},
    Role.SCHOOL_ADMINISTRATOR: {"marks", "health", "documents", "court papers"},
    Role.SECRETARY: {"marks"},
    Role.HR_SPECIALIST: {"marks", "health", "documents", "court papers"},
    Role.DIRECTOR: set(),
    Role.MUNICIPAL_OFFICER: {"marks", "health", "documents", "court papers"},
}
"""Changes that domain.md (c.1, c.2) denies each role altogether."""


@pytest.fixture
async def school(postgres: Server, database: str, tmp_path: Path) -> AsyncIterator[School]:
    school = School(postgres, database, tmp_path)
    await school.open()
    yield school
    await school.close()


def test_changes_that_take_two_persons_are_declared_so() -> None:
    """This is tested apart from the walk, which notices a right that is declared ordinary only if
    it leads somewhere at once."""
    assert {right.value for right in PROTECTED_RIGHTS} >= set(SPECIAL)
    assert {role.name for role in PROTECTED_ROLES} == {"DIRECTOR", "SCHOOL_ADMINISTRATOR"}
    opening = {
        role.name
        for role, right, scope in default_rights()
        if right in PROTECTED_RIGHTS and scope in OPENED_BY_A_GRANT and role not in FOLLOWING
    }
    assert opening == set(TWO_PERSONS)


async def find_broken(by: Attacker) -> str:
    """Return what an attacker has broken; an empty text if nothing."""
    more, changed = await by.find_gains(), await by.school.find_changes_by_one()
    return f"{more or ''} {changed or ''}".strip()


async def walk(by: Attacker, steps: int, path: tuple[str, ...] = ()) -> list[str]:
    """Try all sequences of acts; return those that broke something. A sequence ends when its last
    act did nothing: the school is as it was."""
    found: list[str] = []
    for act in ACTS:
        async with by.rollback_after():
            if not await by.try_act(act):
                continue
            taken = (*path, act)
            if what := await find_broken(by):
                found.append(f"{by.role.name} {' > '.join(taken)}: {what}")
            elif steps > 1:
                found += await walk(by, steps - 1, taken)
    return found


async def test_no_role_reaches_more_by_any_one_command(school: School) -> None:
    did, found = set(), list[str]()
    for role in Role:
        by = Attacker(school, role)
        async with school.rollback_after():
            await by.begin()
            alone = await school.find_reached(by.token)
            assert not {name for name in DENIED[role] if alone[name]}, "denied by domain.md (c)"
            for act in ACTS:
                async with by.rollback_after():
                    if await by.try_act(act):
                        did.add(act)
                        if what := await find_broken(by):
                            found.append(f"{role.name} {act}: {what}")
    assert not found
    needs_two_persons = {"setRoleRights, fewer", "linkAccount", "assignClassTeacher"}
    assert did >= set(ACTS) - needs_two_persons - {"switchContext", "requestUnlock"}


@pytest.mark.endurance
@pytest.mark.lengthy
@pytest.mark.parametrize("role", POWERFUL, ids=lambda role: role.name)
async def test_no_role_reaches_more_by_any_two_commands(school: School, role: Role) -> None:
    by = Attacker(school, role)
    await by.begin()
    assert not await walk(by, 2)


class Attack(RuleBasedStateMachine):
    """A person in a role that can change rights or roles, who wants more than it gives."""

    loop: ClassVar[asyncio.AbstractEventLoop]
    school: ClassVar[School]

    def __init__(self) -> None:
        super().__init__()
        self.point = self.school.raw.transaction()
        self.run(self.point.start())

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)

    @initialize(role=st.sampled_from(POWERFUL))
    def begin(self, role: Role) -> None:
        self.by = Attacker(self.school, role)
        self.run(self.by.begin())
        self.did = set[str]()

    @rule(act=st.sampled_from(sorted(ACTS)))
    def send(self, act: str) -> None:
        if self.run(self.by.try_act(act)):
            self.did.add(act)

    @invariant()
    @precondition(lambda self: hasattr(self, "by"))
    def nothing_is_broken(self) -> None:
        assert not self.run(find_broken(self.by))

    def teardown(self) -> None:
        self.run(self.point.rollback())
        self.school.forget()


@pytest.mark.endurance
@pytest.mark.lengthy
def test_no_role_reaches_more_by_three_commands(
    postgres: Server, database: str, tmp_path: Path
) -> None:
    Attack.loop = asyncio.new_event_loop()
    Attack.school = school = School(postgres, database, tmp_path)
    Attack.loop.run_until_complete(school.open())
    try:
        run_state_machine_as_test(
            Attack,
            settings=settings(
                max_examples=EXAMPLES, stateful_step_count=3, deadline=None, database=None,
                derandomize=EXAMPLES == USUAL, suppress_health_check=list(HealthCheck),
                phases=[Phase.generate],
            ),
        )  # fmt: skip
    finally:
        Attack.loop.run_until_complete(school.close())
        Attack.loop.close()
