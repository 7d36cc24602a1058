"""New passwords for people who forgot theirs, by those who may give them."""

import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from models.access.roles import Role
from tests.access.asking import CHANGE, RESET, SIGN_IN, get_code, sign_in, with_token
from tests.access.test_accounts import find_account
from tests.conftest import Api, SignIn, Template


async def test_a_class_teacher_gives_a_mother_of_her_class_a_new_password(
    api: SignIn, stranger: Api
) -> None:
    leader = api("teacher.belova", Role.CLASS_TEACHER)
    mother = api("parent.sokolova")
    there = await find_account(leader, "Соколова Татьяна")
    done = (await leader(RESET, id=there["id"], version=there["version"]))["resetPassword"]
    assert await get_code(mother) == "UNAUTHENTICATED", "her sessions ended"
    assert done["account"]["login"] == "parent.sokolova"
    assert done["account"]["version"] == there["version"] + 1
    come = await sign_in(stranger, "parent.sokolova", done["oneTimePassword"])
    assert come["mustChangePassword"] is True


async def test_a_second_reset_needs_the_version_after_the_first(api: SignIn) -> None:
    director = api("director")
    there = await find_account(director, "Соколова Татьяна")
    given = {"id": there["id"], "version": there["version"]}
    replies = await asyncio.gather(*(director.reply(RESET, **given) for _ in range(2)))
    codes = [(reply.data or {})["resetPassword"]["userErrors"] for reply in replies]
    assert sorted(error["code"] for found in codes for error in found) == ["CONFLICT"]


async def test_a_reset_ends_the_wait_after_wrong_passwords(api: SignIn, stranger: Api) -> None:
    for _ in range(6):
        await stranger.expect_code(SIGN_IN, login="parent.sokolova", password="forgotten")
    there = await find_account(api("director"), "Соколова Татьяна")
    done = (await api("director")(RESET, id=there["id"]))["resetPassword"]
    assert (await sign_in(stranger, "parent.sokolova", done["oneTimePassword"]))["accessToken"]


async def test_a_reset_ends_the_wait_of_a_mother_whom_another_school_knows_too(
    api: SignIn, stranger: Api
) -> None:
    """Her login gets another password for this school."""
    for _ in range(6):
        await stranger.expect_code(SIGN_IN, login="parent.morozova", password="forgotten")
    there = await find_account(api("director"), "Морозова")
    assert there["login"] == "parent.morozova"
    done = (await api("director")(RESET, id=there["id"]))["resetPassword"]
    assert (await sign_in(stranger, "parent.morozova", done["oneTimePassword"]))["accessToken"]


async def test_a_reset_ends_the_wait_of_every_login_that_opens_the_account(
    api: SignIn, stranger: Api, sql: AsyncConnection
) -> None:
    """The password is that of another login, which opens the account, too."""
    await sql.execute(
        text("""
        WITH old AS (INSERT INTO credentials
            (login, password_hash, must_change_password, password_changed_at, leads_to_id)
            SELECT 'sokolova.old', '!', false, password_changed_at, id FROM credentials
            WHERE login = 'parent.sokolova' RETURNING id, leads_to_id)
        UPDATE accounts a SET known_as_id = old.id FROM old
        WHERE a.credential_id = old.leads_to_id""")
    )
    for _ in range(6):
        await stranger.expect_code(SIGN_IN, login="sokolova.old", password="forgotten")
    there = await find_account(api("director"), "Соколова Татьяна")
    done = (await api("director")(RESET, id=there["id"]))["resetPassword"]
    assert (await sign_in(stranger, "sokolova.old", done["oneTimePassword"]))["accessToken"]


RESETS = [
    ("teacher.belova", "Громова Юлия", "NOT_FOUND"),  # of another class
    ("teacher.belova", "Воронцова", "NOT_FOUND"),
    ("admin", "Воронцова", "FORBIDDEN"),  # a person who hands out a password could sign in with it
    ("admin", "Тихонова", "FORBIDDEN"),
    ("admin", "Зайцева", "FORBIDDEN"),
    ("admin", "Ильина", "FORBIDDEN"),
    ("admin", "Панова", "FORBIDDEN"),
    ("admin", "Белова", "FORBIDDEN"),
    ("admin", "Соколова Татьяна", "FORBIDDEN"),
    ("admin", "Соколов Егор", "FORBIDDEN"),
    ("admin", "Рябов", "FORBIDDEN"),  # himself: changePassword
    ("director", "Тихонова", None),
    ("director", "Воронцова", "FORBIDDEN"),
    ("zavuch", "Соколова Татьяна", "FORBIDDEN"),
    ("teacher.gusev", "Соколова Татьяна", "FORBIDDEN"),
    ("parent.ivanov", "Иванова Ольга", "FORBIDDEN"),
]


@pytest.mark.parametrize(("login", "whose", "refused"), RESETS)
async def test_a_new_password_needs_a_right_to_the_account(
    api: SignIn, login: str, whose: str, refused: str | None
) -> None:
    role = Role.CLASS_TEACHER if login == "teacher.belova" else None
    director, admin = api("director"), api("admin")
    there = await find_account(director if whose != "Воронцова" else admin, whose)
    actor = api(login, role)
    if refused:
        assert await actor.expect_code(RESET, id=there["id"]) == refused
    else:
        assert (await actor(RESET, id=there["id"]))["resetPassword"]["oneTimePassword"]


async def test_a_class_teacher_cannot_take_over_a_colleague_whose_child_she_has(
    api: SignIn, sql: AsyncConnection
) -> None:
    """Орлова teaches here and has a child in 4А; the leader of 4А only sees her account."""
    await make_gusev_leader(sql, "4", "А")
    leader = api("teacher.gusev", Role.SUBJECT_TEACHER)
    leader = await switch_to_class_teacher(leader)
    there = await find_account(leader, "Орлова Марина")
    assert there["viewerCan"]["resetPassword"] is False
    assert await leader.expect_code(RESET, id=there["id"]) == "FORBIDDEN"
    father = await find_account(leader, "Орлов Максим Игоревич")
    assert (await leader(RESET, id=father["id"]))["resetPassword"]["oneTimePassword"]


async def test_a_mother_without_rights_gets_no_password_from_the_class_teacher(
    api: SignIn, sql: AsyncConnection
) -> None:
    await make_gusev_leader(sql, "8", "А")
    leader = await switch_to_class_teacher(api("teacher.gusev"))
    mother = await find_account(leader, "Лебедева Оксана")
    assert await leader.expect_code(RESET, id=mother["id"]) == "FORBIDDEN"
    grandmother = await find_account(leader, "Кузьмина Галина")
    assert (await leader(RESET, id=grandmother["id"]))["resetPassword"]["oneTimePassword"]


async def make_gusev_leader(sql: AsyncConnection, grade: str, letter: str) -> None:
    await sql.execute(
        text("""
            UPDATE class_teachers t SET staff_id = s.id
            FROM staff s JOIN persons p ON p.school_id = s.school_id AND p.id = s.person_id
            WHERE s.school_id = t.school_id AND p.family_name = 'Гусев'
                AND t.school_class_id IN (SELECT id FROM school_classes
                    WHERE grade_level = :grade AND letter = :letter AND school_id = t.school_id)
        """),
        {"grade": int(grade), "letter": letter},
    )


async def switch_to_class_teacher(teacher: Api) -> Api:
    done = await teacher("""mutation { switchContext(input: {role: CLASS_TEACHER}) {
        accessToken userErrors { code } } }""")
    return with_token(teacher, done["switchContext"]["accessToken"])


async def test_no_school_opens_another_by_a_login_both_know(
    api: SignIn, stranger: Api, template: Template
) -> None:
    """The mother of two schools gets a password of its own here, under the login that the school
    knows. It does not show that the login opens another school, where everything stays as it
    was."""
    [here] = {school for _, school in template.roles["admin"]}
    [there] = {school for _, school in template.roles["parent.morozova"]} - {here}
    elsewhere = api("parent.morozova", school=there)
    mine = api("parent.morozova", school=here)
    found = await find_account(api("director"), "Морозова Екатерина")
    done = (await api("director")(RESET, id=found["id"]))["resetPassword"]
    assert await get_code(mine) == "UNAUTHENTICATED"
    assert await get_code(elsewhere) is None
    assert done["account"]["login"] == found["login"] == "parent.morozova"
    come = await sign_in(stranger, "parent.morozova", done["oneTimePassword"])
    await with_token(stranger, come["accessToken"])(
        CHANGE, old=done["oneTimePassword"], new="known to two of us"
    )
    now = await sign_in(stranger, "parent.morozova", "known to two of us")
    children = (await with_token(stranger, now["accessToken"])(
        "{ viewer { children { fullName } contexts { schoolId } } }"
    ))["viewer"]  # fmt: skip
    assert [child["fullName"] for child in children["children"]] == ["Морозов Артём Денисович"]
    assert {context["schoolId"] for context in children["contexts"]} == {f"School:{here}-{here}"}
    assert (await sign_in(stranger, "parent.morozova"))["viewer"]["school"] == {
        "id": f"School:{there}-{there}"
    }


async def test_a_sign_in_during_a_reset_does_not_last(api: SignIn, stranger: Api) -> None:
    """In either order, only the one-time password is valid."""
    director = api("director")
    there = await find_account(director, "Соколова Татьяна")
    signing_in = [
        stranger.reply(SIGN_IN, login="parent.sokolova", password="gorod-demo-2026")
        for _ in range(4)
    ]
    replies = await asyncio.gather(*signing_in, director.reply(RESET, id=there["id"]))
    assert (replies[-1].data or {})["resetPassword"]["oneTimePassword"]
    tokens = [(reply.data or {})["signIn"]["accessToken"] for reply in replies[:-1]]
    for token in filter(None, tokens):
        assert await get_code(with_token(stranger, token)) == "UNAUTHENTICATED"
