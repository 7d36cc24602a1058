"""What a role may do, and changing it."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from auth.matrix import default_rights
from auth.policy import possible
from models.access.roles import Role
from tests.access.asking import code
from tests.conftest import Api, SignIn, Template

ROLES = "{ roles { role revision rights { id permission scope } } }"
SET = """mutation ($role: Role!, $rights: [RightGivenInput!]!, $revision: String!) {
    setRoleRights(input: {role: $role, rights: $rights, expectedRevision: $revision}) {
        roleRights { role revision rights { permission scope } } userErrors { code field }
    }
}"""


async def rights_of(api: Api, role: str) -> Any:
    [found] = [one for one in (await api(ROLES))["roles"] if one["role"] == role]
    return found


def as_input(rights: list[Any]) -> list[Any]:
    return [{"permission": one["permission"], "scope": one["scope"]} for one in rights]


async def test_twelve_roles_are_shown_with_what_they_may(api: SignIn) -> None:
    roles = (await api("director")(ROLES))["roles"]
    assert [one["role"] for one in roles] == [role.name for role in Role]
    shown = {(one["role"], r["permission"], r["scope"]) for one in roles for r in one["rights"]}
    assert shown == {(role.name, right.value, s.name) for role, right, s in default_rights()}
    assert len({one["revision"] for one in roles}) > 10


async def test_the_roles_cost_one_statement(api: SignIn, statements: Any) -> None:
    with statements() as sent:
        await api("director")(ROLES)
    assert len([sql for sql in sent if "role_rights.permission" in sql]) == 1


async def test_a_right_taken_from_a_role_is_gone_at_the_next_operation(api: SignIn) -> None:
    deputy, admin = api("zavuch", Role.DEPUTY_DIRECTOR), api("admin")
    asked = "{ auditEvents(first: 1) { totalCount } }"
    assert await code(deputy, asked) is None
    now = await rights_of(admin, "DEPUTY_DIRECTOR")
    left = [one for one in as_input(now["rights"]) if one["permission"] != "audit:read"]
    given = {"role": "DEPUTY_DIRECTOR", "rights": left, "revision": now["revision"]}
    done = (await admin(SET, **given))["setRoleRights"]["roleRights"]
    assert as_input(done["rights"]) == left
    assert done["revision"] != now["revision"]
    assert await code(deputy, asked) == "FORBIDDEN"
    error = await admin.refused(SET, **given)
    assert (error["code"], error["field"]) == ("CONFLICT", ["expectedRevision"])


async def test_what_stays_keeps_its_id(api: SignIn) -> None:
    admin = api("admin")
    before = await rights_of(admin, "SECRETARY")
    given = [*as_input(before["rights"])[1:], {"permission": "health:read", "scope": "CLASS"}]
    await admin(SET, role="SECRETARY", rights=given, revision=before["revision"])
    after = await rights_of(admin, "SECRETARY")
    kept = {one["id"] for one in before["rights"][1:]}
    assert kept == {one["id"] for one in after["rights"]} & {o["id"] for o in before["rights"]}


async def test_of_two_who_set_rights_at_once_one_must_look_again(api: SignIn) -> None:
    admin = api("admin")
    now = await rights_of(admin, "SECRETARY")
    wishes = [as_input(now["rights"])[n:] for n in (1, 2)]
    replies = await asyncio.gather(
        *(admin.reply(SET, role="SECRETARY", rights=w, revision=now["revision"]) for w in wishes)
    )
    done = [(reply.data or {})["setRoleRights"] for reply in replies]
    assert [e["code"] for one in done for e in one["userErrors"]] == ["CONFLICT"]
    assert len({one["roleRights"]["revision"] for one in done}) == 1, "both see what holds now"


@pytest.mark.parametrize(
    "bad",
    [
        {"permission": "everything:do", "scope": "SCHOOL"},
        {"permission": "mail:use", "scope": "SCHOOL"},
        {"permission": "MARKS_READ", "scope": "SCHOOL"},
        {"permission": "", "scope": "SELF"},
    ],
)
async def test_only_rights_for_which_there_is_a_rule(api: SignIn, bad: Any) -> None:
    """Nobody can be given others' mail: no rule reaches it."""
    admin = api("admin")
    now = await rights_of(admin, "SECRETARY")
    rights = [*as_input(now["rights"])[:3], bad]
    given = {"role": "SECRETARY", "rights": rights, "revision": now["revision"]}
    error = await admin.refused(SET, **given)
    assert (error["code"], error["field"]) == ("NO_SUCH_RIGHT", ["rights", "3"])


async def test_a_school_cannot_lock_itself_out(api: SignIn) -> None:
    admin = api("admin")
    now = await rights_of(admin, "SCHOOL_ADMINISTRATOR")
    left = [one for one in as_input(now["rights"]) if one["permission"] != "rights:write"]
    given = {"role": "SCHOOL_ADMINISTRATOR", "rights": left, "revision": now["revision"]}
    assert await admin.refusal(SET, **given) == "NOBODY_LEFT"
    director = await rights_of(admin, "DIRECTOR")
    more = [*as_input(director["rights"]), {"permission": "rights:write", "scope": "SCHOOL"}]
    await admin(SET, role="DIRECTOR", rights=more, revision=director["revision"])
    await admin(SET, **given)
    assert await admin.refusal(SET, **given) == "FORBIDDEN"


async def test_the_administrator_cannot_give_himself_the_protected_roles(api: SignIn) -> None:
    admin = api("admin")
    now = await rights_of(admin, "SCHOOL_ADMINISTRATOR")
    more = [
        *as_input(now["rights"]),
        {"permission": "roles:grant-protected", "scope": "SCHOOL"},
    ]
    given = {"role": "SCHOOL_ADMINISTRATOR", "rights": more, "revision": now["revision"]}
    assert await admin.refusal(SET, **given) == "FORBIDDEN"


@pytest.mark.parametrize("login", ["director", "zavuch", "hr", "teacher.gusev", "parent.ivanova"])
async def test_who_changes_no_rights(api: SignIn, login: str) -> None:
    now = await rights_of(api("admin"), "SECRETARY")
    given = {"role": "SECRETARY", "rights": [], "revision": now["revision"]}
    assert await api(login).refusal(SET, **given) == "FORBIDDEN"


async def test_a_right_younger_than_the_school_is_given_like_any_other(
    api: SignIn, sql: AsyncConnection
) -> None:
    """Rights are the school's own data: what a later version adds, nobody has until it is given."""
    student, admin = api("student.fyodorov"), api("admin")
    asked = "{ viewer { student { guardianLinks { id viewerCan { share } } } } }"
    share = """mutation ($id: ID!) { shareWithGuardian(input: {guardianLinkId: $id,
        expectedVersion: 1}) { userErrors { code } } }"""
    await sql.execute(text("DELETE FROM role_rights WHERE permission = 'guardians:consent'"))
    [link, *_] = (await student(asked))["viewer"]["student"]["guardianLinks"]
    assert link["viewerCan"] == {"share": False}
    assert await student.refusal(share, id=link["id"]) == "FORBIDDEN"
    now = await rights_of(admin, "STUDENT")
    more = [*as_input(now["rights"]), {"permission": "guardians:consent", "scope": "SELF"}]
    assert len(more) == len(now["rights"]) + 1
    await admin(SET, role="STUDENT", rights=more, revision=now["revision"])
    await student(share, id=link["id"])


async def test_one_school_changes_nothing_in_another(api: SignIn, template: Template) -> None:
    [other] = [login for login, held in template.roles.items()
               if held[0][0] is Role.SCHOOL_ADMINISTRATOR and login != "admin"]  # fmt: skip
    before = await rights_of(api(other), "SECRETARY")
    now = await rights_of(api("admin"), "SECRETARY")
    await api("admin")(SET, role="SECRETARY", rights=[], revision=now["revision"])
    assert await rights_of(api(other), "SECRETARY") == before


def test_what_a_new_school_begins_with_can_be_given_again() -> None:
    assert {(right, scope) for _, right, scope in default_rights()} <= possible()
