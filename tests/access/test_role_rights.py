"""The rights of a role, and changing them."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from auth.matrix import default_rights
from auth.policy import find_possible
from models.access.roles import Role
from tests.access.asking import get_code
from tests.access.requesting import (
    APPROVE,
    ASK_RIGHTS,
    file_and_approve,
    file_request,
    name_request,
)
from tests.conftest import Api, SignIn, Template

ROLES = "{ roles { role revision rights { id permission scope } } }"
SET = """mutation ($role: Role!, $rights: [RightGivenInput!]!, $revision: String!) {
    setRoleRights(input: {role: $role, rights: $rights, expectedRevision: $revision}) {
        roleRights { role revision rights { permission scope } } userErrors { code field }
    }
}"""


async def fetch_rights(api: Api, role: str) -> Any:
    [found] = [one for one in (await api(ROLES))["roles"] if one["role"] == role]
    return found


def convert_to_input(rights: list[Any]) -> list[Any]:
    return [{"permission": one["permission"], "scope": one["scope"]} for one in rights]


async def test_twelve_roles_are_shown_with_their_rights(api: SignIn) -> None:
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
    mother, admin = api("parent.ivanova"), api("admin")
    asked = "{ students(first: 1) { totalCount } }"
    assert await get_code(mother, asked) is None
    now = await fetch_rights(admin, "PARENT")
    left = [one for one in convert_to_input(now["rights"]) if one["permission"] != "students:read"]
    given = {"role": "PARENT", "rights": left, "revision": now["revision"]}
    done = (await admin(SET, **given))["setRoleRights"]["roleRights"]
    assert convert_to_input(done["rights"]) == left
    assert done["revision"] != now["revision"]
    assert await get_code(mother, asked) == "FORBIDDEN"
    error = await admin.expect_refusal(SET, **given)
    assert (error["code"], error["field"]) == ("CONFLICT", ["expectedRevision"])


async def test_a_right_that_stays_keeps_its_id(api: SignIn) -> None:
    admin = api("admin")
    before = await fetch_rights(admin, "SUBJECT_TEACHER")
    given = [
        *convert_to_input(before["rights"])[1:],
        {"permission": "classes:write", "scope": "CLASS"},
    ]
    await admin(SET, role="SUBJECT_TEACHER", rights=given, revision=before["revision"])
    after = await fetch_rights(admin, "SUBJECT_TEACHER")
    kept = {one["id"] for one in before["rights"][1:]}
    assert kept == {one["id"] for one in after["rights"]} & {o["id"] for o in before["rights"]}


async def test_of_two_people_who_set_rights_at_once_one_gets_a_conflict(api: SignIn) -> None:
    admin = api("admin")
    now = await fetch_rights(admin, "STUDENT")
    names = ("classes:read", "classmates:read")
    wishes = [
        [o for o in convert_to_input(now["rights"]) if o["permission"] != name] for name in names
    ]
    replies = await asyncio.gather(
        *(admin.reply(SET, role="STUDENT", rights=w, revision=now["revision"]) for w in wishes)
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
async def test_a_right_without_a_rule_is_refused(api: SignIn, bad: Any) -> None:
    """Nobody can be given the mail of others: no rule reaches it."""
    admin = api("admin")
    now = await fetch_rights(admin, "SECRETARY")
    rights = [*convert_to_input(now["rights"])[:3], bad]
    given = {"role": "SECRETARY", "rights": rights, "revision": now["revision"]}
    error = await admin.expect_refusal(SET, **given)
    assert (error["code"], error["field"]) == ("NO_SUCH_RIGHT", ["rights", "3"])


async def test_a_school_cannot_lock_itself_out(api: SignIn) -> None:
    admin, director = api("admin"), api("director")
    for role, right in (
        ("SCHOOL_ADMINISTRATOR", "rights:write"),
        ("DIRECTOR", "roles:grant-protected"),
    ):
        now = await fetch_rights(admin, role)
        left = [one for one in convert_to_input(now["rights"]) if one["permission"] != right]
        given = {"role": role, "rights": left, "revision": now["revision"]}
        request = await file_request(admin, ASK_RIGHTS, **given)
        assert await director.expect_code(APPROVE, **name_request(request)) == "NOBODY_LEFT"


async def test_rights_can_be_moved_from_one_role_to_another(api: SignIn) -> None:
    """The administrator files both requests; a deputy approves what the director gains."""
    admin = api("admin")
    director = await fetch_rights(admin, "DIRECTOR")
    more = [
        *convert_to_input(director["rights"]),
        {"permission": "rights:write", "scope": "SCHOOL"},
    ]
    given = {"role": "DIRECTOR", "rights": more, "revision": director["revision"]}
    request = await file_request(admin, ASK_RIGHTS, **given)
    assert request["concernsDirector"] is True
    assert await api("director").expect_code(APPROVE, **name_request(request)) == "FORBIDDEN"
    await api("zavuch")(APPROVE, **name_request(request))
    now = await fetch_rights(admin, "SCHOOL_ADMINISTRATOR")
    left = [one for one in convert_to_input(now["rights"]) if one["permission"] != "rights:write"]
    given = {"role": "SCHOOL_ADMINISTRATOR", "rights": left, "revision": now["revision"]}
    await file_and_approve(api, ASK_RIGHTS, **given)
    assert await admin.expect_code(SET, **given) == "FORBIDDEN"


LIFTS = [
    ("SCHOOL_ADMINISTRATOR", "marks:read", "NEEDS_SECOND_PERSON"),
    ("SCHOOL_ADMINISTRATOR", "timetable:write", "NEEDS_SECOND_PERSON"),
    ("SCHOOL_ADMINISTRATOR", "roles:grant-protected", "NEEDS_SECOND_PERSON"),
    ("SECRETARY", "timetable:write", "NEEDS_SECOND_PERSON"),  # a role that opens documents
    ("CLASS_TEACHER", "timetable:write", "NEEDS_SECOND_PERSON"),
    ("PARENT", "marks:read", "NEEDS_SECOND_PERSON"),
    ("PARENT", "identity:read-full", "NEEDS_SECOND_PERSON"),
    ("MUNICIPAL_OFFICER", "passwords:reset", "NEEDS_SECOND_PERSON"),
    ("MUNICIPAL_OFFICER", "accounts:write", "NEEDS_SECOND_PERSON"),
    ("MUNICIPAL_OFFICER", "timetable:write", None),
]


@pytest.mark.parametrize(("role", "right", "refused"), LIFTS)
async def test_the_administrator_alone_gives_only_ordinary_rights(
    api: SignIn, role: str, right: str, refused: str | None
) -> None:
    admin = api("admin")
    now = await fetch_rights(admin, role)
    more = [*convert_to_input(now["rights"]), {"permission": right, "scope": "SCHOOL"}]
    given = {"role": role, "rights": more, "revision": now["revision"]}
    if refused:
        assert await admin.expect_code(SET, **given) == refused
        assert await fetch_rights(admin, role) == now
    else:
        await admin(SET, **given)


@pytest.mark.parametrize("role", ["DIRECTOR", "SCHOOL_ADMINISTRATOR", "PSYCHOLOGIST"])
async def test_a_protected_role_loses_no_rights_by_one_person(api: SignIn, role: str) -> None:
    admin = api("admin")
    now = await fetch_rights(admin, role)
    given = {
        "role": role,
        "rights": convert_to_input(now["rights"])[:1],
        "revision": now["revision"],
    }
    assert await admin.expect_code(SET, **given) == "NEEDS_SECOND_PERSON"
    await file_and_approve(
        api, ASK_RIGHTS, **{**given, "rights": convert_to_input(now["rights"])[1:]}
    )


async def test_nobody_gives_rights_to_a_role_they_have(api: SignIn, sql: AsyncConnection) -> None:
    """The administrator has a child here, and would see the timetable of the whole school."""
    guardian = """INSERT INTO guardians (school_id, version, person_id)
        SELECT 1, 1, person_id FROM role_grants WHERE role = 'SCHOOL_ADMINISTRATOR'
        AND school_id = 1"""
    await sql.execute(text(guardian))
    admin = api("admin")
    now = await fetch_rights(admin, "PARENT")
    more = [*convert_to_input(now["rights"]), {"permission": "timetable:write", "scope": "SCHOOL"}]
    given = {"role": "PARENT", "rights": more, "revision": now["revision"]}
    assert await admin.expect_code(SET, **given) == "NOT_TO_ONESELF"
    less = [one for one in convert_to_input(now["rights"]) if one["permission"] != "lessons:read"]
    await admin(SET, **{**given, "rights": less})


@pytest.mark.parametrize("login", ["director", "zavuch", "hr", "teacher.gusev", "parent.ivanova"])
async def test_people_without_the_right_change_no_rights(api: SignIn, login: str) -> None:
    now = await fetch_rights(api("admin"), "SECRETARY")
    given = {"role": "SECRETARY", "rights": [], "revision": now["revision"]}
    assert await api(login).expect_code(SET, **given) == "FORBIDDEN"


async def test_a_right_younger_than_the_school_is_given_like_any_other(
    api: SignIn, sql: AsyncConnection
) -> None:
    """Rights are the school's own data: nobody holds a right of a later version until it is
    given."""
    student, admin = api("student.fyodorov"), api("admin")
    asked = "{ viewer { student { guardianLinks { id viewerCan { share } } } } }"
    share = """mutation ($id: ID!) { shareWithGuardian(input: {guardianLinkId: $id,
        expectedVersion: 1}) { userErrors { code } } }"""
    await sql.execute(text("DELETE FROM role_rights WHERE permission = 'guardians:consent'"))
    [link, *_] = (await student(asked))["viewer"]["student"]["guardianLinks"]
    assert link["viewerCan"] == {"share": False}
    assert await student.expect_code(share, id=link["id"]) == "FORBIDDEN"
    now = await fetch_rights(admin, "STUDENT")
    more = [*convert_to_input(now["rights"]), {"permission": "guardians:consent", "scope": "SELF"}]
    assert len(more) == len(now["rights"]) + 1
    await admin(SET, role="STUDENT", rights=more, revision=now["revision"])
    await student(share, id=link["id"])


async def test_one_school_changes_nothing_in_another(api: SignIn, template: Template) -> None:
    [other] = [login for login, held in template.roles.items()
               if held[0][0] is Role.SCHOOL_ADMINISTRATOR and login != "admin"]  # fmt: skip
    before = await fetch_rights(api(other), "SECRETARY")
    now = await fetch_rights(api("admin"), "SECRETARY")
    await file_and_approve(api, ASK_RIGHTS, role="SECRETARY", rights=[], revision=now["revision"])
    assert await fetch_rights(api(other), "SECRETARY") == before


def test_the_default_rights_can_be_given_again() -> None:
    assert {(right, scope) for _, right, scope in default_rights()} <= find_possible()
