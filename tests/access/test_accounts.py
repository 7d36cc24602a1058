"""Opening accounts, giving new passwords, locking."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from models.access.roles import Role
from tests.access.asking import CHANGE, RESET, SIGN_IN, get_code, sign_in, with_token
from tests.access.requesting import grant_by_two
from tests.conftest import Api, SignIn, Template

ACCOUNTS = """query ($name: String) {
    accounts(first: 100, filter: {fullName: {contains: $name}}) {
        totalCount
        nodes { id login fullName status version lastSignedInAt person { id }
                viewerCan { lock resetPassword } }
    }
}"""
CREATE = """mutation ($person: ID!, $login: String, $key: UUID) {
    createAccount(input: {personId: $person, login: $login, idempotencyKey: $key}) {
        account { id login fullName status } oneTimePassword
        userErrors { code field }
    }
}"""
LOCK = """mutation ($id: ID!, $version: Int!, $locked: Boolean! = true) {
    lockAccount(input: {accountId: $id, expectedVersion: $version, locked: $locked,
                        reason: "Потерян телефон"}) {
        account { id status version } userErrors { code field }
    }
}"""
HIRE = """mutation ($family: String!, $given: String!) {
    hireStaff(input: {familyName: $family, givenName: $given, position: "Лаборант",
                      hiredOn: "2026-11-01"}) {
        staff { person { id } } userErrors { code }
    }
}"""


async def hire(api: SignIn, family: str, given: str) -> str:
    """Hire a person without an account; return their id."""
    done = await api("hr")(HIRE, family=family, given=given)
    return str(done["hireStaff"]["staff"]["person"]["id"])


async def find_account(api: Api, name: str) -> Any:
    [found] = (await api(ACCOUNTS, name=name))["accounts"]["nodes"]
    return found


# -- looking --------------------------------------------------------------------------


async def test_the_administrator_finds_an_account_by_name(api: SignIn) -> None:
    found = await find_account(api("admin"), "иванова ольга")
    assert found["login"] == "parent.ivanova"
    assert found["fullName"] == "Иванова Ольга Сергеевна"
    assert found["status"] == "ACTIVE"
    assert found["viewerCan"] == {"lock": True, "resetPassword": False}


async def test_a_class_teacher_sees_accounts_of_her_class_and_no_others(api: SignIn) -> None:
    leader = api("teacher.belova", Role.CLASS_TEACHER)
    mine = await find_account(leader, "Соколов Егор")
    assert mine["viewerCan"] == {"lock": False, "resetPassword": True}
    assert (await find_account(leader, "Соколова Татьяна"))["login"] == "parent.sokolova"
    for stranger in ("Громова Полина", "Громова Юлия", "Воронцова"):
        assert (await leader(ACCOUNTS, name=stranger))["accounts"]["totalCount"] == 0


@pytest.mark.parametrize(
    "login",
    ["parent.ivanova", "student.ivanova", "teacher.gusev", "secretary", "hr", "psychologist"],
)
async def test_people_without_the_right_see_no_accounts(api: SignIn, login: str) -> None:
    assert await get_code(api(login), ACCOUNTS, name="а") == "FORBIDDEN"


async def test_a_page_of_accounts_costs_few_statements(api: SignIn, statements: Any) -> None:
    with statements() as sent:
        found = await api("admin")(ACCOUNTS, name="")
    assert len(found["accounts"]["nodes"]) == 100
    assert len(sent) <= 8, sent


# -- opening --------------------------------------------------------------------------


async def test_a_new_colleague_gets_an_account_and_chooses_a_password(
    api: SignIn, stranger: Api
) -> None:
    """The administrator opens the account, the director hands out the one-time password."""
    person = await hire(api, "Щукина", "Юлия")
    made = (await api("admin")(CREATE, person=person))["createAccount"]
    assert made["account"]["login"] == "shchukina.y"
    assert made["oneTimePassword"] is None
    done = (await api("director")(RESET, id=made["account"]["id"]))["resetPassword"]
    proof = {"login": "shchukina.y", "password": done["oneTimePassword"]}
    assert await stranger.expect_code(SIGN_IN, **proof) == "NOTHING_TO_DO_HERE"
    await grant_by_two(api, person, "SECRETARY")
    come = await sign_in(stranger, **proof)
    assert come["mustChangePassword"] is True
    await with_token(stranger, come["accessToken"])(
        CHANGE, old=done["oneTimePassword"], new="выбран самой Юлией"
    )
    assert (await sign_in(stranger, "shchukina.y", "выбран самой Юлией"))["viewer"]


async def test_logins_of_one_name_differ_even_when_made_at_once(api: SignIn) -> None:
    people = [await hire(api, "Щукина", f"Юлия{'а' * n}") for n in range(4)]
    admin = api("admin")
    done = await asyncio.gather(*(admin(CREATE, person=person) for person in people))
    logins = sorted(one["createAccount"]["account"]["login"] for one in done)
    assert logins == ["shchukina.y", "shchukina.y2", "shchukina.y3", "shchukina.y4"]


@pytest.mark.parametrize(
    ("login", "refused", "field"),
    [
        ("director", "LOGIN_TAKEN", ["login"]),
        ("Director", "LOGIN_TAKEN", ["login"]),
        ("ab", "LOGIN_MALFORMED", ["login"]),
        ("x" * 65, "LOGIN_MALFORMED", ["login"]),
        ("имя", "LOGIN_MALFORMED", ["login"]),
        ("a b c", "LOGIN_MALFORMED", ["login"]),
    ],
)
async def test_an_impossible_login_is_refused(
    api: SignIn, login: str, refused: str, field: list[str]
) -> None:
    person = await hire(api, "Щукина", "Юлия")
    error = await api("admin").expect_refusal(CREATE, person=person, login=login)
    assert (error["code"], error["field"]) == (refused, field)


async def test_two_schools_at_once_do_not_make_the_same_login(
    api: SignIn, template: Template
) -> None:
    admins = [login for login, held in template.roles.items()
              if Role.SCHOOL_ADMINISTRATOR in {role for role, _ in held}]  # fmt: skip
    assert len(admins) == 2
    free = [await enrol_person(api(login)) for login in admins]
    replies = await asyncio.gather(
        *(api(login).reply(CREATE, person=person, login="the.same")
          for login, person in zip(admins, free, strict=True))
    )  # fmt: skip
    errors = [(reply.data or {})["createAccount"]["userErrors"] for reply in replies]
    assert sorted(error["code"] for found in errors for error in found) == ["LOGIN_TAKEN"]


async def let_administrators_reset(sql: AsyncConnection) -> None:
    """Let administrators reset passwords, which two persons may decide in a school."""
    await sql.execute(
        text("""INSERT INTO role_rights (school_id, role, permission, scope)
                VALUES (1, 'SCHOOL_ADMINISTRATOR', 'passwords:reset', 'SCHOOL')""")
    )


async def enrol_person(admin: Api) -> str:
    done = await admin(
        """mutation { enrolStudent(input: {familyName: "Новиков", givenName: "Ян",
            personalFileNo: "Н-1", entryDate: "2026-11-20"}) {
            student { person { id } } userErrors { code } } }"""
    )
    return str(done["enrolStudent"]["student"]["person"]["id"])


async def test_a_second_account_is_refused_and_the_first_is_named(api: SignIn) -> None:
    admin = api("admin")
    there = await find_account(admin, "иванова ольга")
    reply = await admin.reply(CREATE, person=there["person"]["id"])
    done = (reply.data or {})["createAccount"]
    assert done["userErrors"][0]["code"] == "ACCOUNT_EXISTS"
    assert done["account"]["id"] == there["id"]
    assert done["oneTimePassword"] is None


async def test_a_repeated_attempt_makes_nothing_new_and_shows_no_password(
    api: SignIn, sql: AsyncConnection
) -> None:
    """The administrator of this school may hand out passwords of families."""
    await let_administrators_reset(sql)
    person, key = await enrol_person(api("admin")), str(uuid4())
    admin = api("admin")
    first, again = [
        (await admin(CREATE, person=person, key=key))["createAccount"] for _ in range(2)
    ]
    assert again["account"] == first["account"]
    assert first["oneTimePassword"] is not None
    assert again["oneTimePassword"] is None


async def test_a_one_time_password_is_kept_nowhere(api: SignIn, sql: AsyncConnection) -> None:
    await let_administrators_reset(sql)
    person = await enrol_person(api("admin"))
    done = (await api("admin")(CREATE, person=person, key=str(uuid4())))["createAccount"]
    assert done["oneTimePassword"]
    for table in ("credentials", "audit_events", "attempts"):
        kept = (await sql.execute(text(f"SELECT t::text FROM {table} t"))).all()
        assert done["oneTimePassword"] not in str(kept), table


@pytest.mark.parametrize("login", ["zavuch", "secretary", "hr", "teacher.belova"])
async def test_people_without_the_right_open_no_accounts(api: SignIn, login: str) -> None:
    person = await hire(api, "Щукина", "Юлия")
    assert await api(login).expect_code(CREATE, person=person) == "FORBIDDEN"


async def test_nobody_opens_accounts_in_another_school(api: SignIn, template: Template) -> None:
    [other] = {school for _, school in template.roles["parent.morozova"]} - {
        template.roles["admin"][0][1]
    }
    assert await api("admin").expect_code(CREATE, person=f"PublicPerson:{other}-1") == "NOT_FOUND"
    assert await api("admin").expect_code(CREATE, person="PublicPerson:1-999999") == "NOT_FOUND"


# -- locking --------------------------------------------------------------------------


async def test_a_locked_account_is_out_at_once_and_in_again_when_unlocked(
    api: SignIn, stranger: Api
) -> None:
    mother, admin = api("parent.ivanova"), api("admin")
    there = await find_account(admin, "Иванова Ольга")
    locked = (await admin(LOCK, id=there["id"], version=there["version"]))["lockAccount"]["account"]
    assert locked["status"] == "LOCKED"
    assert await get_code(mother) == "UNAUTHENTICATED"
    given = {"login": "parent.ivanova", "password": "gorod-demo-2026"}
    assert await stranger.expect_code(SIGN_IN, **given) == "NOTHING_TO_DO_HERE"
    await admin(LOCK, id=there["id"], version=locked["version"], locked=False)
    assert await get_code(mother) == "UNAUTHENTICATED", "the old session stays ended"
    assert (await sign_in(stranger, "parent.ivanova"))["accessToken"]


async def test_a_lock_needs_a_reason_and_the_present_version(api: SignIn) -> None:
    admin = api("admin")
    there = await find_account(admin, "Иванова Ольга")
    assert await admin.expect_code(LOCK, id=there["id"], version=there["version"] + 1) == "CONFLICT"
    silent = LOCK.replace("Потерян телефон", "  ")
    error = await admin.expect_refusal(silent, id=there["id"], version=there["version"])
    assert (error["code"], error["field"]) == ("BLANK", ["reason"])


@pytest.mark.parametrize("login", ["zavuch", "teacher.belova", "parent.ivanov"])
async def test_people_without_the_right_lock_nobody(api: SignIn, login: str) -> None:
    there = await find_account(api("admin"), "Соколова Татьяна")
    actor = api(login, Role.CLASS_TEACHER if login == "teacher.belova" else None)
    given = {"id": there["id"], "version": there["version"]}
    assert await actor.expect_code(LOCK, **given) == "FORBIDDEN"
