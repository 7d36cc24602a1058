"""An attacker: somebody of the school who wants more than their role gives, and their attempts."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from graphql import get_named_type

from gql.schema import schema
from models.access.roles import Role
from resolvers.demo import DEMO_PASSWORD
from resolvers.demo.cast import LOGINS
from tests.access.asking import CHANGE, SIGN_IN
from tests.access.attacked_school import SCHOOL, Reached, School

CHOSEN = "chosen by the attacker"
MUTATIONS: Any = schema._schema.mutation_type.fields  # type: ignore[union-attr]  # noqa: SLF001
HANDED_OUT = "account { login } oneTimePassword"
WAITING = "{ accessRequests(first: 100, openOnly: true) { nodes { id version } } }"
FAMILY = {"STUDENT", "PARENT"}
MINE = "{ viewer { contexts { role schoolId } } }"


@cache
def make_document(name: str, answer: str) -> str:
    """Return a mutation that takes its input as one variable."""
    type_ = get_named_type(MUTATIONS[name].args["input"].type).name
    return f"""mutation ($input: {type_}!) {{
        {name}(input: $input) {{ {answer} userErrors {{ code field }} }} }}"""


def is_invalid(reply: Any) -> bool:
    """Return whether a request was invalid: then it proves nothing."""
    codes = {(error.extensions or {}).get("code") for error in reply.errors or []}
    return bool(codes & {"GRAPHQL_VALIDATION_FAILED", "BAD_USER_INPUT", "INTERNAL_SERVER_ERROR"})


@dataclass(frozen=True)
class RightsHeld:
    """The rights of each role, as far as the attacker sees them."""

    roles: dict[str, Any]

    def with_one_more(self, role: str, right: str) -> dict[str, Any]:
        """Return the rights of a role and one more, in the whole school, as `setRoleRights` takes
        them."""
        known = self.roles.get(role, {"rights": [], "revision": ""})
        more = {"permission": right, "scope": "SCHOOL"}
        rights = [one for one in known["rights"] if one != more] + [more]
        return {"role": role, "rights": rights, "expectedRevision": known["revision"]}


@dataclass
class Attacker:
    """One person in one role.

    tokens: The sessions they hold, by login and role.
    chosen: The passwords of accounts that they took over, by login.
    """

    school: School
    role: Role
    tokens: dict[str, str] = field(default_factory=dict)
    chosen: dict[str, str] = field(default_factory=dict)

    async def begin(self) -> None:
        self.token = self.school.token(LOGINS[self.role])
        self.tokens[f"{LOGINS[self.role]} {self.role.name}"] = self.token
        await self.come_in()
        self.contexts = {name.split()[1] for name in self.tokens}
        self.before = await self.find_reached()

    @asynccontextmanager
    async def rollback_after(self) -> AsyncIterator[None]:
        """Roll back what is done in the block, in the school and in what the attacker knows."""
        kept = (self.token, dict(self.tokens), dict(self.chosen))
        async with self.school.rollback_after():
            yield
        self.token, self.tokens, self.chosen = kept

    async def find_reached(self) -> Reached:
        return await self.school.find_all_reached(list(self.tokens.values()))

    async def find_gains(self) -> dict[str, int]:
        now = await self.find_reached()
        more = {name: now[name] - self.before[name] for name in now}
        return {name: len(rows) for name, rows in more.items() if rows}

    async def send(
        self, name: str, inputs: list[dict[str, Any]], answer: str = "__typename"
    ) -> list[Any]:
        """Send a command for each input; return the payloads of those that were done."""
        done: list[Any] = []
        api = self.school.api(self.token)
        for given in inputs:
            reply = await api.reply(make_document(name, answer), input=given)
            assert not is_invalid(reply), (name, given, reply.errors)
            payload = (reply.data or {}).get(name)
            refused = payload["userErrors"] if payload else []
            if payload and not refused:
                done.append(payload)
            if any((e["code"], e["field"]) == ("FORBIDDEN", None) for e in refused):
                break  # the role does not hold the right: the other targets need not be tried
        return done

    async def try_act(self, act: str) -> bool:
        """Try a command on everyone it could be aimed at; return whether anything was done."""
        done = await ACTS[act](self)
        learned = {
            one["account"]["login"]: one["oneTimePassword"]
            for one in done
            if one.get("oneTimePassword")
        }
        for login, password in learned.items():
            await self.choose_password(login, password)
        if done:
            await self.come_in()
        return bool(done)

    async def come_in(self) -> None:
        """Sign in to all that the attacker's login opens by now, and the logins that they took
        over."""
        for login, password in ((LOGINS[self.role], DEMO_PASSWORD), *self.chosen.items()):
            for token in [t for name, t in self.tokens.items() if name.startswith(f"{login} ")]:
                seen = (await self.school.api(token).reply(MINE)).data or {}
                if seen.get("viewer"):
                    await self.enter(login, password, seen["viewer"]["contexts"])
                    break

    async def choose_password(self, login: str, password: str) -> None:
        """Choose a new password with a one-time password, and sign in to all that it opens."""
        given = {"login": login, "password": password}
        come = ((await self.school.api(None).reply(SIGN_IN, **given)).data or {})["signIn"]
        if come["accessToken"]:
            inside = self.school.api(come["accessToken"])
            await inside.reply(CHANGE, old=password, new=CHOSEN)
            seen = (await inside.reply(MINE)).data or {}
            self.chosen[login] = CHOSEN
            await self.enter(login, CHOSEN, seen["viewer"]["contexts"])

    async def enter(self, login: str, password: str, contexts: list[Any]) -> None:
        here = [one["role"] for one in contexts if one["schoolId"] == f"School:{SCHOOL}-{SCHOOL}"]
        if self.is_permitted(login, set(here)):
            return
        for role in here:
            if f"{login} {role}" in self.tokens:
                continue
            given = {"login": login, "password": password, "role": role}
            come = ((await self.school.api(None).reply(SIGN_IN, **given)).data or {})["signIn"]
            assert come["accessToken"], (login, role)
            self.tokens[f"{login} {role}"] = come["accessToken"]

    def is_permitted(self, login: str, roles: set[str]) -> bool:
        """Return whether domain.md (c.1) lets the role know the one-time passwords of an account:
        the director those of everyone, a class teacher those of families that do not work here."""
        if login == LOGINS[self.role]:
            return False
        return self.role is Role.DIRECTOR or (self.role is Role.CLASS_TEACHER and roles <= FAMILY)

    # -- targets of commands --------------------------------------------------------------

    @property
    def myself(self) -> str:
        return self.school.person(LOGINS[self.role])

    def persons(self) -> list[str]:
        names = ("newcomer", "parent.sokolova")
        return [self.myself, *(self.school.person(name) for name in names)]

    async def accounts(self) -> list[tuple[str, int]]:
        """Return the ids of accounts, with their present versions."""
        return await self.school.fetch_versions("Account", self.school.accounts)

    async def grants(self) -> list[tuple[str, int]]:
        """Return the ids of grants, with their present versions."""
        return await self.school.fetch_versions("RoleGrant", self.school.grants)

    async def rights(self) -> RightsHeld:
        asked = "{ roles { role revision rights { permission scope } } }"
        seen = (await self.school.api(self.token).reply(asked)).data or {}
        return RightsHeld({one["role"]: one for one in seen.get("roles") or []})


# -- attempts -----------------------------------------------------------------------------

GIVEN = ("DIRECTOR", "PSYCHOLOGIST", "SUBJECT_TEACHER")
CHANGED = (
    ("SUBJECT_TEACHER", "staff:write"),
    ("SUBJECT_TEACHER", "marks:read"),
    ("PARENT", "health:read"),
    ("PARENT", "marks:read"),
    ("STUDENT", "persons:read"),
    ("DIRECTOR", "rights:write"),
    ("SECRETARY", "access:decide"),
    ("DEPUTY_DIRECTOR", "students:write"),
)
"""Roles, and the right that the attacker wants them to have."""
Act = Callable[[Attacker], Awaitable[list[Any]]]


def make_granting(name: str) -> Act:
    async def act(by: Attacker) -> list[Any]:
        common = {"validFrom": "2026-11-01", "basis": "Приказ"}
        roles = dict.fromkeys((by.role.name, *GIVEN))
        wanted = [
            {"personId": one, "role": role, **common} for one in by.persons() for role in roles
        ]
        return await by.send(name, wanted)

    return act


def make_rights_change(name: str, **more: str) -> Act:
    async def act(by: Attacker) -> list[Any]:
        held = await by.rights()
        wanted = dict.fromkeys(((by.role.name, "marks:read"), *CHANGED))
        inputs = [held.with_one_more(role, right) | more for role, right in wanted]
        return await by.send(name, inputs)

    return act


async def strip_the_director(by: Attacker) -> list[Any]:
    only = {"rights": [{"permission": "mail:use", "scope": "SELF"}]}
    given = (await by.rights()).with_one_more("DIRECTOR", "mail:use") | only
    return await by.send("setRoleRights", [given])


async def create_account(by: Attacker) -> list[Any]:
    wanted = [{"personId": by.school.person("newcomer")}]
    return await by.send("createAccount", wanted, HANDED_OUT)


async def reset_password(by: Attacker) -> list[Any]:
    wanted = [{"accountId": id_} for id_, _ in await by.accounts()]
    return await by.send("resetPassword", wanted, HANDED_OUT)


def make_locking(locked: bool) -> Act:
    async def act(by: Attacker) -> list[Any]:
        common = {"locked": locked, "reason": "Потерян телефон"}
        wanted = [
            {"accountId": id_, "expectedVersion": version, **common}
            for id_, version in await by.accounts()
        ]
        return await by.send("lockAccount", wanted)

    return act


async def revoke_role(by: Attacker) -> list[Any]:
    wanted = [
        {"roleGrantId": id_, "expectedVersion": version} for id_, version in await by.grants()
    ]
    return await by.send("revokeRole", wanted)


async def link_account(by: Attacker) -> list[Any]:
    known = [{"login": login, "password": CHOSEN} for login in sorted(by.chosen)]
    return await by.send("linkAccount", known or [{"login": "director", "password": "guessed"}])


async def switch_context(by: Attacker) -> list[Any]:
    for role in by.contexts | {"DIRECTOR"}:
        for one in await by.send("switchContext", [{"role": role}], "accessToken"):
            by.token = by.tokens[f"{LOGINS[by.role]} {role}"] = one["accessToken"]
    return []  # the attacker signed in to these roles at the beginning


async def request_the_end_of_roles(by: Attacker) -> list[Any]:
    wanted = [{"roleGrantId": id_, "basis": "Заявление"} for id_, _ in await by.grants()]
    return await by.send("requestRoleRevocation", wanted)


async def request_unlock(by: Attacker) -> list[Any]:
    wanted = [{"accountId": id_, "basis": "Телефон найден"} for id_, _ in await by.accounts()]
    return await by.send("requestUnlock", wanted)


def make_decision(name: str) -> Act:
    """Decide on every open request: one's own, and those of others."""

    async def act(by: Attacker) -> list[Any]:
        listed = (await by.school.api(by.token).reply(WAITING)).data or {}
        waiting = (listed.get("accessRequests") or {}).get("nodes") or []
        wanted = [
            {"accessRequestId": one["id"], "expectedVersion": one["version"]} for one in waiting
        ]
        return await by.send(name, wanted)

    return act


async def appoint_oneself(by: Attacker) -> list[Any]:
    """Take a class and a section: roles that follow from records."""
    staff = by.school.staff.get(by.school.persons[LOGINS[by.role]])
    if staff is None:
        return []
    common = {"staffId": f"Staff:1-{staff}", "validFrom": "2026-11-23"}
    lead = {"schoolClassId": f"SchoolClass:1-{by.school.place['class']}", "isDeputy": True}
    teach = {"sectionId": f"Section:1-{by.school.place['section']}", "role": "ASSISTANT"}
    return [
        *await by.send("assignClassTeacher", [common | lead]),
        *await by.send("assignTeacher", [common | teach]),
    ]


ACTS: Mapping[str, Act] = {
    "grantRole": make_granting("grantRole"),
    "revokeRole": revoke_role,
    "setRoleRights": make_rights_change("setRoleRights"),
    "setRoleRights, fewer": strip_the_director,
    "createAccount": create_account,
    "resetPassword": reset_password,
    "lockAccount": make_locking(True),
    "lockAccount, unlock": make_locking(False),
    "linkAccount": link_account,
    "switchContext": switch_context,
    "assignClassTeacher": appoint_oneself,
    "requestRoleGrant": make_granting("requestRoleGrant"),
    "requestRoleRevocation": request_the_end_of_roles,
    "requestRoleRights": make_rights_change("requestRoleRights", basis="Решение педсовета"),
    "requestUnlock": request_unlock,
    "approveAccessRequest": make_decision("approveAccessRequest"),
    "withdrawAccessRequest": make_decision("withdrawAccessRequest"),
}
"""Every kind of command that changes rights and roles, each aimed at all useful targets."""
