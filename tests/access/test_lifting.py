"""Nobody lifts themselves: whatever up to three commands a role sends, in whatever order, it
reaches no protected row that it did not reach before, and none that domain.md (c) denies it.

A state machine plays each of the twelve roles against the real schema. A rule sends one command to
everyone it could be sent to; after each the attacker signs in with every password it has learned,
in every role. `GOROD_LIFTS=500 pytest tests/access/test_lifting.py` looks longer.

Left out is what domain.md (c.1) permits by name: the class teacher and the director hand out
one-time passwords, and so could sign in as their holders.
"""

import asyncio
import os
from collections.abc import Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from auth.policy import reach, reading
from auth.protected import PROTECTED_RIGHTS
from auth.rights import Right
from models.access.roles import AccessScope, Role
from models.communication.mail import MailCopy
from models.database.address import session
from models.database.engine import connect
from models.journal.marks import Mark
from models.people.guardians import GuardianLink
from models.people.private import StaffIdentity, StudentHealth, StudentIdentity
from models.problems import Unauthenticated
from models.secrets import Secrets
from resolvers.access.identify import identify
from resolvers.context import Caller, Services, stand_in
from resolvers.demo import DEMO_PASSWORD
from resolvers.demo.cast import LOGINS
from resolvers.files.storage import Storage
from tests.access.asking import CHANGE, RESET, SIGN_IN
from tests.access.requesting import (
    APPROVE,
    ASK_END,
    ASK_RIGHTS,
    ASK_ROLE,
    ASK_UNLOCK,
    LISTED,
    WITHDRAW,
)
from tests.access.test_accounts import CREATE, LOCK
from tests.access.test_role_rights import SET
from tests.access.test_roles import GRANT, REVOKE
from tests.conftest import KEY, NOON, Api
from tests.postgres import Server
from tests.signed_in import token_of
from tests.undo import undo

T = TypeVar("T")
EXAMPLES = int(os.environ.get("GOROD_LIFTS", "20"))
USUAL = 20
SCHOOL = 1
CHOSEN = "chosen by the attacker"
LINK = """mutation ($login: String!, $password: String!) {
    linkAccount(input: {login: $login, password: $password}) { userErrors { code } } }"""
SWITCH = """mutation ($role: Role!) { switchContext(input: {role: $role}) {
    accessToken userErrors { code } } }"""

WATCHED: dict[str, tuple[Any, Any, Right]] = {
    "marks": (Mark, Mark.student_id, Right.MARKS_READ),
    "health": (StudentHealth, StudentHealth.student_id, Right.HEALTH_READ),
    "documents": (StudentIdentity, StudentIdentity.student_id, Right.IDENTITY_READ_FULL),
    "court papers": (GuardianLink, GuardianLink.id, Right.GUARDIANS_READ_LEGAL_STATUS),
    "staff documents": (StaffIdentity, StaffIdentity.id, Right.STAFF_READ_IDENTITY),
    "mail": (MailCopy, MailCopy.id, Right.MAIL_USE),
}
"""What is protected, by its name here: whose rows by which right, told apart by which column."""
FAMILY = {"documents", "staff documents"}
DENIED: dict[Role, set[str]] = {
    Role.STUDENT: FAMILY,
    Role.PARENT: FAMILY,
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
"""What domain.md (c.1, c.2) denies each role altogether."""
HANDS_OUT = {Role.CLASS_TEACHER, Role.DIRECTOR}
"""Who may know others' one-time passwords by domain.md (c.1)."""
Reached = dict[str, frozenset[int]]

ANOTHER = """
WITH person AS (
    INSERT INTO persons (school_id, version, family_name, given_name)
    VALUES (1, 1, 'Щукина', 'Юлия') RETURNING id
), staff AS (
    INSERT INTO staff (school_id, version, person_id, position, hired_on)
    SELECT 1, 1, id, 'Психолог', '2026-11-01' FROM person
)
INSERT INTO role_grants (school_id, version, person_id, role, scope, valid_from, granted_at)
SELECT 1, 1, id, 'PSYCHOLOGIST', 'SCHOOL', '2026-11-01', now() FROM person
"""
"""A psychologist who has no account yet."""


@dataclass
class World:
    """The demo school, put back before each example."""

    server: Server
    database: str
    files: Path
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    services: Any = None
    keeper: Any = None

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)

    async def open(self) -> None:
        self.engine = connect(self.server.url("gorod_app", self.database), pool_size=5)
        self.keeper = await session(self.server.url("postgres", self.database))

    async def close(self) -> None:
        await self.engine.dispose()
        await undo(self.keeper)
        await self.keeper.close()

    async def begin(self) -> None:
        """The school as it was, a psychologist without an account added."""
        obstacle = await undo(self.keeper)
        assert obstacle is None, obstacle
        self.services = Services(
            self.engine, Secrets(KEY), Storage(f"file://{self.files}/files"), lambda: NOON
        )
        await self.keeper.execute(ANOTHER)
        lines = await self.keeper.fetch(
            """SELECT p.id, a.id AS account, a.version FROM persons p
               LEFT JOIN accounts a ON a.school_id = p.school_id AND a.person_id = p.id
               WHERE p.school_id = 1 AND (p.family_name IN ('Щукина', 'Белова')
                   OR p.id IN (SELECT person_id FROM role_grants WHERE role <> 'SUBJECT_TEACHER')
                   OR p.id IN (SELECT person_id FROM guardians WHERE school_id = 1
                               ORDER BY id LIMIT 2))"""
        )
        self.people = [f"PublicPerson:1-{line['id']}" for line in lines]
        self.accounts = [
            (f"Account:1-{line['account']}", line["version"]) for line in lines if line["account"]
        ]
        grants = await self.keeper.fetch(
            "SELECT id, version FROM role_grants WHERE school_id = 1 AND role <> 'SUBJECT_TEACHER'"
        )
        self.grants = [(f"RoleGrant:1-{line['id']}", line["version"]) for line in grants]

    def api(self, token: str | None) -> Api:
        return Api(Caller(services=self.services, token=token, language="en"))

    async def reached(self, token: str) -> Reached:
        """Whose protected rows the holder of a token reaches."""
        async with AsyncSession(self.engine) as inside:
            await stand_in(inside, SCHOOL)
            actor = await identify(inside, token, NOON)
            found = {}
            for name, (row, key, right) in WATCHED.items():
                seen = reach(actor.viewer, row, reading[row])
                rows = select(func.array_agg(key.distinct())).where(
                    row.school_id == SCHOOL, seen, reach(actor.viewer, row, right)
                )
                found[name] = frozenset(await inside.scalar(rows, actor.values) or ())
            held = {f"{right} {scope.name}" for right, scope in actor.grants}
            protected = sorted(held & PROTECTED_PAIRS)
            found["rights"] = frozenset(hash(pair) for pair in protected)
            return found


PROTECTED_PAIRS = {f"{right} {scope.name}" for right in PROTECTED_RIGHTS for scope in AccessScope}


def together(reached: list[Reached]) -> Reached:
    names = (*WATCHED, "rights")
    return {name: frozenset().union(*(one[name] for one in reached)) for name in names}


ROLES = [role.name for role in Role]
GIVEN_RIGHTS = [
    ("marks:read", "SCHOOL"),
    ("health:read", "SCHOOL"),
    ("identity:read-full", "SCHOOL"),
    ("staff:read-identity", "SCHOOL"),
    ("passwords:reset", "SCHOOL"),
    ("roles:grant-protected", "SCHOOL"),
    ("access:decide", "SCHOOL"),
    ("rights:write", "SCHOOL"),
    ("accounts:write", "SCHOOL"),
]
ATTACKERS = [Role.SCHOOL_ADMINISTRATOR] * 5 + [Role.DIRECTOR, Role.DEPUTY_DIRECTOR] * 2 + list(Role)


class Attack(RuleBasedStateMachine):
    """One person, in one role, who wants more than it gives."""

    world: ClassVar[World]

    @initialize(role=st.sampled_from(ATTACKERS))
    def begin(self, role: Role) -> None:
        self.role = role
        self.codes: dict[str, str] = {}
        self.world.run(self.world.begin())
        self.me = self.world.api(token_of(LOGINS[role], role, SCHOOL))
        self.tokens = {f"{LOGINS[role]} {role.name}": self.me.caller.token or ""}
        self.world.run(self.come_in())
        self.before = self.now()
        alone = self.world.run(self.world.reached(self.me.caller.token or ""))
        assert not {name for name in DENIED[role] if alone[name]}, "denied by domain.md (c)"

    def send(self, document: str, all_given: list[dict[str, Any]]) -> list[Any]:
        """One command, sent to each in turn; what was done."""

        async def work() -> list[Any]:
            done = []
            for given in all_given:
                reply = await self.me.reply(document, **given)
                payloads = [one for one in (reply.data or {}).values() if isinstance(one, dict)]
                done += [one for one in payloads if not one.get("userErrors")]
                refused = [error for one in payloads for error in one.get("userErrors", ())]
                if any((e["code"], e.get("field")) == ("FORBIDDEN", None) for e in refused):
                    break  # the role does not hold the right: nobody else need be tried
            await self.come_in()
            return done

        return self.world.run(work())

    def learn(self, done: list[Any]) -> None:
        """Passwords that were handed out."""
        if self.role in HANDS_OUT:
            return
        for one in done:
            if one.get("oneTimePassword"):
                self.codes[one["account"]["login"]] = one["oneTimePassword"]
        self.world.run(self.come_in())

    async def come_in(self) -> None:
        """Sign in with every password known, in every role there is."""
        for login, password in self.codes.items():
            await self.choose_password(login, password)
        mine = await self.me.reply("{ viewer { contexts { role schoolId } } }")
        contexts = ((mine.data or {}).get("viewer") or {}).get("contexts") or []
        await self.enter(LOGINS[self.role], DEMO_PASSWORD, contexts)

    async def choose_password(self, login: str, password: str) -> None:
        """What the holder of a one-time password does first."""
        given = {"login": login, "password": password}
        come = ((await self.world.api(None).reply(SIGN_IN, **given)).data or {})["signIn"]
        if come["accessToken"]:
            inside = self.world.api(come["accessToken"])
            await inside.reply(CHANGE, old=password, new=CHOSEN)
            seen = (await inside.reply("{ viewer { contexts { role schoolId } } }")).data or {}
            await self.enter(login, CHOSEN, seen["viewer"]["contexts"])

    async def enter(self, login: str, password: str, contexts: list[Any]) -> None:
        for context in contexts:
            name = f"{login} {context['role']}"
            if name in self.tokens or context["schoolId"] != f"School:{SCHOOL}-{SCHOOL}":
                continue
            given = {"login": login, "password": password, "role": context["role"]}
            come = ((await self.world.api(None).reply(SIGN_IN, **given)).data or {})["signIn"]
            if come["accessToken"]:
                self.tokens[name] = come["accessToken"]

    def now(self) -> Reached:
        async def work() -> Reached:
            reached = []
            for token in self.tokens.values():
                try:
                    reached.append(await self.world.reached(token))
                except Unauthenticated:  # the session ended
                    continue
            return together(reached)

        return self.world.run(work())

    @rule(role=st.sampled_from(ROLES))
    def grant_role(self, role: str) -> None:
        self.send(GRANT, [{"person": one, "role": role} for one in self.world.people])

    @rule()
    def revoke_role(self) -> None:
        self.send(REVOKE, [{"id": id_, "version": n} for id_, n in self.world.grants])

    @rule(right=st.sampled_from(GIVEN_RIGHTS))
    def set_role_rights(self, right: tuple[str, str]) -> None:
        self.send(SET, self.world.run(self.more_rights(right)))

    async def more_rights(self, right: tuple[str, str]) -> list[dict[str, Any]]:
        """For each role: what it has, and one more."""
        document = "{ roles { role revision rights { permission scope } } }"
        roles = ((await self.me.reply(document)).data or {}).get("roles") or []
        more = {"permission": right[0], "scope": right[1]}
        return [
            {"role": one["role"], "rights": [*one["rights"], more], "revision": one["revision"]}
            for one in roles
            if more not in one["rights"]
        ] or [{"role": self.role.name, "rights": [more], "revision": ""}]

    @rule()
    def create_account(self) -> None:
        self.learn(self.send(CREATE, [{"person": one} for one in self.world.people]))

    @rule()
    def reset_password(self) -> None:
        self.learn(self.send(RESET, [{"id": one} for one, _ in self.world.accounts]))

    @rule(locked=st.booleans())
    def lock_account(self, locked: bool) -> None:
        others = [{"id": i, "version": n, "locked": locked} for i, n in self.world.accounts]
        self.send(LOCK, others)

    @rule()
    def link_account(self) -> None:
        known = [{"login": login, "password": CHOSEN} for login in self.codes]
        self.send(LINK, known or [{"login": "director", "password": "guessed"}])

    @rule(role=st.sampled_from(ROLES))
    def switch_context(self, role: str) -> None:
        done = self.send(SWITCH, [{"role": role}])
        for one in done:
            self.me = self.world.api(one["accessToken"])
            self.tokens[f"switched {role}"] = one["accessToken"]

    @rule(role=st.sampled_from(ROLES))
    def request_role(self, role: str) -> None:
        self.send(ASK_ROLE, [{"person": one, "role": role} for one in self.world.people])

    @rule(right=st.sampled_from(GIVEN_RIGHTS))
    def request_rights(self, right: tuple[str, str]) -> None:
        self.send(ASK_RIGHTS, self.world.run(self.more_rights(right)))

    @rule()
    def request_the_rest(self) -> None:
        self.send(ASK_END, [{"id": one} for one, _ in self.world.grants])
        self.send(ASK_UNLOCK, [{"id": one} for one, _ in self.world.accounts])

    @rule(document=st.sampled_from([APPROVE, WITHDRAW]))
    def decide(self, document: str) -> None:
        """Its own requests and those that wait in the demo: whoever approves gains nothing."""
        listed = self.world.run(self.me.reply(LISTED, open=True)).data or {}
        waiting = (listed.get("accessRequests") or {}).get("nodes") or []
        self.send(document, [{"id": one["id"], "version": one["version"]} for one in waiting])

    @invariant()
    def reaches_no_more_than_at_first(self) -> None:
        now = self.now()
        more = {name: now[name] - self.before[name] for name in now}
        assert not any(more.values()), {name: len(rows) for name, rows in more.items() if rows}


@pytest.mark.lengthy
def test_no_role_reaches_more_by_three_commands_of_its_own(
    postgres: Server, database: str, tmp_path: Path
) -> None:
    Attack.world = world = World(postgres, database, tmp_path)
    world.run(world.open())
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
        world.run(world.close())
        world.loop.close()
