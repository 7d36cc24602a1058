"""Changes that one person alone may not make: of protected roles, the last director, oneself."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from auth.access.protected import ORDINARY_RIGHTS, PROTECTED_RIGHTS
from auth.rights import Right
from models.access.roles import Role
from tests.access.asking import CHANGE, RESET, SIGN_IN, sign_in, with_token
from tests.access.requesting import (
    APPROVE,
    ASK_END,
    ASK_UNLOCK,
    REFUSE,
    file_and_approve,
    file_request,
    grant_by_two,
    name_request,
)
from tests.access.test_accounts import CREATE, LOCK, find_account, hire
from tests.access.test_roles import GRANT, find_grant, find_person
from tests.conftest import Api, SignIn

# -- the director of a new school ------------------------------------------------------------


async def test_a_director_who_is_alone_names_the_first_administrator(
    api: SignIn, sql: AsyncConnection
) -> None:
    """Nobody else could file or approve a request yet; afterwards it takes two persons."""
    gusev = await find_person(api("director"), "Гусев")
    await sql.execute(
        text("""UPDATE role_grants SET valid_to = valid_from
                WHERE role IN ('SCHOOL_ADMINISTRATOR', 'DEPUTY_DIRECTOR')""")
    )
    await api("director")(GRANT, person=gusev, role="SCHOOL_ADMINISTRATOR")
    orlova = await find_person(api("director"), "Орлова")
    again = {"person": orlova, "role": "SCHOOL_ADMINISTRATOR"}
    assert await api("director").expect_code(GRANT, **again) == "NEEDS_SECOND_PERSON"


# -- accounts -------------------------------------------------------------------------------


async def test_a_locked_psychologist_is_unlocked_by_two_persons(api: SignIn) -> None:
    admin = api("admin")
    there = await find_account(admin, "Тихонова")
    locked = (await admin(LOCK, **name_request(there)))["lockAccount"]["account"]
    assert (
        await admin.expect_code(LOCK, **name_request(locked), locked=False) == "NEEDS_SECOND_PERSON"
    )
    done = await file_and_approve(api, ASK_UNLOCK, id=there["id"])
    assert done["account"] == {"status": "ACTIVE"}
    assert await admin.expect_code(ASK_UNLOCK, id=there["id"]) == "NOTHING_CHANGES"


async def test_the_last_director_is_not_locked(api: SignIn) -> None:
    there = await find_account(api("admin"), "Воронцова")
    assert await api("admin").expect_code(LOCK, **name_request(there)) == "LAST_DIRECTOR"


async def test_the_last_director_is_not_dismissed(api: SignIn) -> None:
    staff = (await api("hr")("{ staff(first: 100) { nodes { id fullName version } } }"))["staff"]
    [director] = [one for one in staff["nodes"] if one["fullName"].startswith("Воронцова")]
    dismiss = """mutation ($id: ID!, $version: Int!) { dismissStaff(input: {staffId: $id,
        expectedVersion: $version, dismissedOn: "2026-12-31"}) { userErrors { code } } }"""
    assert await api("hr").expect_code(dismiss, **name_request(director)) == "LAST_DIRECTOR"


async def test_the_role_of_the_last_director_does_not_end(api: SignIn) -> None:
    only = await find_grant(api("admin"), "Воронцова", "DIRECTOR")
    for day in (None, "2027-06-01"):
        request = await file_request(api("admin"), ASK_END, id=only["id"], to=day)
        assert (
            await api("director").expect_code(APPROVE, **name_request(request)) == "LAST_DIRECTOR"
        )
        await api("director")(REFUSE, **name_request(request))


async def test_the_administrator_never_learns_a_psychologists_password(
    api: SignIn, stranger: Api
) -> None:
    """It does not matter whether the account is made before the role or after it."""
    for order in ("account first", "role first"):
        someone = await hire(api, "Щукина", order.split(maxsplit=1)[0].title())
        if order == "role first":
            await grant_by_two(api, someone, "PSYCHOLOGIST")
        made = (await api("admin")(CREATE, person=someone))["createAccount"]
        assert made["oneTimePassword"] is None
        assert await api("admin").expect_code(RESET, id=made["account"]["id"]) == "FORBIDDEN"
        issued = (await api("director")(RESET, id=made["account"]["id"]))["resetPassword"]
        if order == "account first":
            await grant_by_two(api, someone, "PSYCHOLOGIST")
        come = await sign_in(stranger, made["account"]["login"], issued["oneTimePassword"])
        assert come["mustChangePassword"] is True, "the director may know it before and after"


async def test_a_password_that_a_class_teacher_handed_out_ends_with_a_new_role(
    api: SignIn, stranger: Api
) -> None:
    """It does not matter whether she still has it, or has chosen another password with it."""
    leader = api("teacher.belova", Role.CLASS_TEACHER)
    for name, login, used in (
        ("Соколова Татьяна", "parent.sokolova", False),
        ("Иванова Ольга", "parent.ivanova", True),
    ):
        mother = await find_account(leader, name)
        password = (await leader(RESET, id=mother["id"]))["resetPassword"]["oneTimePassword"]
        if used:
            come = await sign_in(stranger, login, password)
            chosen = {"old": password, "new": "chosen by somebody else"}
            await with_token(stranger, come["accessToken"])(CHANGE, **chosen)
            password = "chosen by somebody else"
        await grant_by_two(api, mother["person"]["id"], "HR_SPECIALIST")
        proof = {"login": login, "password": password}
        assert await stranger.expect_code(SIGN_IN, **proof) == "WRONG_CREDENTIALS"
        issued = (await api("director")(RESET, id=mother["id"]))["resetPassword"]
        assert (await sign_in(stranger, login, issued["oneTimePassword"]))["accessToken"]


async def test_an_administrator_who_hands_out_passwords_of_families_hands_out_none_of_staff(
    api: SignIn, sql: AsyncConnection
) -> None:
    """Two persons may decide this in a school; the refusal has a code that says whom to ask."""
    await sql.execute(
        text("""INSERT INTO role_rights (school_id, role, permission, scope)
                VALUES (1, 'SCHOOL_ADMINISTRATOR', 'passwords:reset', 'SCHOOL')""")
    )
    admin = api("admin")
    for name in ("Воронцова", "Тихонова", "Зайцева", "Ильина", "Панова", "Белова", "Орлова Марина"):
        there = await find_account(admin, name)
        assert await admin.expect_code(RESET, id=there["id"]) == "HANDED_OUT_BY_DIRECTOR"
    himself = await find_account(admin, "Рябов")
    assert await admin.expect_code(RESET, id=himself["id"]) == "FORBIDDEN"
    mother = await find_account(admin, "Соколова Татьяна")
    assert (await admin(RESET, id=mother["id"]))["resetPassword"]["oneTimePassword"]
    someone = await hire(api, "Щукина", "Юлия")
    assert (await admin(CREATE, person=someone))["createAccount"]["oneTimePassword"] is None


# -- oneself --------------------------------------------------------------------------------


async def test_a_deputy_gives_no_class_and_no_section_to_themselves(
    api: SignIn, sql: AsyncConnection
) -> None:
    deputy = api("zavuch", Role.DEPUTY_DIRECTOR)
    staff = (await deputy("{ staff(first: 100) { nodes { id fullName } } }"))["staff"]["nodes"]
    [me] = [one["id"] for one in staff if one["fullName"].startswith("Зайцева")]
    section = await sql.scalar(text("SELECT min(id) FROM sections WHERE school_id = 1"))
    klass = await sql.scalar(text("SELECT min(id) FROM school_classes WHERE school_id = 1"))
    for field, input_ in (
        ("assignTeacher", f'sectionId: "Section:1-{section}"'),
        ("assignClassTeacher", f'schoolClassId: "SchoolClass:1-{klass}"'),
    ):
        document = f"""mutation {{ {field}(input: {{{input_}, staffId: "{me}",
            validFrom: "2026-11-24"}}) {{ userErrors {{ code field }} }} }}"""
        error = await deputy.expect_refusal(document)
        assert (error["code"], error["field"]) == ("NOT_TO_ONESELF", ["staffId"])


async def test_a_secretary_makes_herself_no_guardian(api: SignIn, sql: AsyncConnection) -> None:
    await sql.execute(
        text("""INSERT INTO guardians (school_id, version, person_id)
                SELECT 1, 1, person_id FROM role_grants
                WHERE role = 'SECRETARY' AND school_id = 1""")
    )
    me = await sql.scalar(text("SELECT max(id) FROM guardians WHERE school_id = 1"))
    document = f"""mutation {{ linkGuardian(input: {{studentId: "Student:1-1",
        guardianId: "Guardian:1-{me}", relation: GUARDIAN, validFrom: "2026-11-01"}})
        {{ userErrors {{ code field }} }} }}"""
    secretary = api("secretary")
    error = await secretary.expect_refusal(document)
    assert (error["code"], error["field"]) == ("NOT_TO_ONESELF", ["guardianId"])


def test_every_right_is_declared_protected_or_ordinary() -> None:
    assert frozenset(Right) == ORDINARY_RIGHTS | PROTECTED_RIGHTS
    assert not ORDINARY_RIGHTS & PROTECTED_RIGHTS
    assert {right for right in Right if right.split(":")[0] in ("health", "identity", "marks")} <= (
        PROTECTED_RIGHTS
    )
