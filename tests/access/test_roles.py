"""Giving and taking roles, and the limits of each role."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from models.access.roles import Role
from tests.access.asking import get_code, sign_in
from tests.access.requesting import ASK_END, file_and_approve, grant_by_two
from tests.conftest import Api, SignIn, Template

GRANTS = """query ($name: String, $role: Role) {
    roleGrants(first: 100, filter: {fullName: {contains: $name}, role: {eq: $role}}) {
        totalCount
        nodes { id role fullName scope gradeLevel validFrom validTo basis version
                person { id } schoolClass { name } grantedBy { shortName } viewerCan { revoke } }
    }
}"""
GRANT = """mutation ($person: ID!, $role: Role!, $from: Date! = "2026-11-01", $to: Date,
                     $scope: GrantScope! = SCHOOL, $grade: Int, $class: ID) {
    grantRole(input: {personId: $person, role: $role, validFrom: $from, validTo: $to,
                      scope: $scope, gradeLevel: $grade, schoolClassId: $class,
                      basis: "Приказ № 12-к"}) {
        roleGrant { id version validTo scope role schoolClass { name } grantedBy { shortName } }
        userErrors { code field }
    }
}"""
REVOKE = """mutation ($id: ID!, $version: Int!, $to: Date) {
    revokeRole(input: {roleGrantId: $id, expectedVersion: $version, validTo: $to}) {
        roleGrant { id validTo version } userErrors { code field }
    }
}"""


async def find_grant(api: Api, name: str, role: str) -> Any:
    [found] = (await api(GRANTS, name=name, role=role))["roleGrants"]["nodes"]
    return found


async def find_person(api: Api, name: str) -> str:
    return str((await api(GRANTS, name=name))["roleGrants"]["nodes"][0]["person"]["id"])


# -- reading --------------------------------------------------------------------------


async def test_the_director_sees_the_roles_of_people(api: SignIn) -> None:
    found = await find_grant(api("director"), "Зайцева", "DEPUTY_DIRECTOR")
    assert found["scope"] == "SCHOOL"
    assert found["basis"].startswith("Приказ")
    assert found["grantedBy"] == {"shortName": "Воронцова Е. В."}
    assert found["viewerCan"] == {"revoke": False}, "it takes two"


async def test_the_administrator_can_take_no_protected_role(api: SignIn) -> None:
    admin = api("admin")
    for who, role in (("Тихонова", "PSYCHOLOGIST"), ("Зайцева", "DEPUTY_DIRECTOR")):
        assert (await find_grant(admin, who, role))["viewerCan"] == {"revoke": False}
    teacher = await find_grant(admin, "Гусев", "SUBJECT_TEACHER")
    assert teacher["viewerCan"] == {"revoke": True}


@pytest.mark.parametrize(
    "login", ["parent.ivanova", "student.ivanova", "teacher.gusev", "secretary", "psychologist"]
)
async def test_people_without_the_right_see_no_roles(api: SignIn, login: str) -> None:
    for document in ("{ roles { role } }", GRANTS):
        assert await get_code(api(login), document) == "FORBIDDEN"


# -- giving ---------------------------------------------------------------------------


async def test_a_teacher_becomes_a_deputy_for_one_grade(api: SignIn, stranger: Api) -> None:
    gusev = await find_person(api("admin"), "Гусев")
    await grant_by_two(api, gusev, "DEPUTY_DIRECTOR", scope="GRADE_LEVEL", grade=7)
    there = (await api("admin")(GRANTS, name="Гусев", role="DEPUTY_DIRECTOR"))["roleGrants"]
    assert there["nodes"][0]["grantedBy"] == {"shortName": "Воронцова Е. В."}
    deputy = await sign_in(stranger, "teacher.gusev", role="DEPUTY_DIRECTOR")
    gusev_api = Api(api("teacher.gusev").caller)
    gusev_api.caller.token = deputy["accessToken"]
    classes = await gusev_api("{ students(first: 100) { nodes { schoolClass { name } } } }")
    names = {one["schoolClass"]["name"] for one in classes["students"]["nodes"]}
    assert names == {"7А", "7Б"}, "what a deputy may do in all of the school, he may in grade 7"
    open_to_all = await gusev_api("{ school { shortName } staff(first: 1) { totalCount } }")
    assert open_to_all["school"]["shortName"]
    assert open_to_all["staff"]["totalCount"] > 1


async def test_the_second_grant_of_a_role_can_be_chosen(api: SignIn, stranger: Api) -> None:
    gusev = await find_person(api("admin"), "Гусев")
    given = [
        (await grant_by_two(api, gusev, "DEPUTY_DIRECTOR", scope="GRADE_LEVEL", grade=n))["id"]
        for n in (7, 8)
    ]
    teacher = api("teacher.gusev")
    for wanted in given:
        done = await teacher(
            """mutation ($grant: ID!) { switchContext(input: {role: DEPUTY_DIRECTOR,
                roleGrantId: $grant}) { accessToken userErrors { code } } }""",
            grant=wanted,
        )
        teacher.caller.token = done["switchContext"]["accessToken"]
        contexts = (await teacher("{ viewer { contexts { roleGrantId isCurrent } } }"))["viewer"]
        [current] = [c for c in contexts["contexts"] if c["isCurrent"]]
        assert current["roleGrantId"] == wanted


REFUSED = [
    *((login, {"role": role}, "NEEDS_SECOND_PERSON", ["role"])
      for login in ("admin", "director")
      for role in ("PSYCHOLOGIST", "SOCIAL_PEDAGOGUE", "DEPUTY_DIRECTOR", "SCHOOL_ADMINISTRATOR",
                   "SECRETARY", "HR_SPECIALIST", "DIRECTOR")),
    ("zavuch", {"role": "SECRETARY"}, "FORBIDDEN", None),
    ("hr", {"role": "MUNICIPAL_OFFICER"}, "FORBIDDEN", None),
    ("teacher.belova", {"role": "SECRETARY"}, "FORBIDDEN", None),
    ("director", {"role": "STUDENT"}, "ROLE_FROM_RECORDS", ["role"]),
    ("director", {"role": "PARENT"}, "ROLE_FROM_RECORDS", ["role"]),
    ("director", {"role": "CLASS_TEACHER"}, "ROLE_FROM_RECORDS", ["role"]),
    ("admin", {"role": "SECRETARY", "to": "2026-11-01"}, "ENDS_BEFORE_IT_BEGINS", ["validTo"]),
    ("admin", {"role": "SECRETARY", "grade": 7}, "SCOPE_MISMATCH", ["gradeLevel"]),
    ("admin", {"role": "SECRETARY", "scope": "GRADE_LEVEL"}, "SCOPE_MISMATCH", ["gradeLevel"]),
    ("admin", {"role": "SECRETARY", "scope": "GRADE_LEVEL", "grade": 13}, "SCOPE_MISMATCH",
     ["gradeLevel"]),
    ("admin", {"role": "SECRETARY", "grade": 99}, "SCOPE_MISMATCH", ["gradeLevel"]),
    ("admin", {"role": "SECRETARY", "scope": "SCHOOL_CLASS"}, "SCOPE_MISMATCH", ["schoolClassId"]),
    ("admin", {"role": "SECRETARY", "person": "PublicPerson:1-999999"}, "NOT_FOUND", ["personId"]),
    ("admin", {"role": "SECRETARY", "person": "PublicPerson:2-1"}, "NOT_FOUND", ["personId"]),
]  # fmt: skip


@pytest.mark.parametrize(("login", "given", "refused", "field"), REFUSED)
async def test_an_invalid_role_is_not_given(
    api: SignIn, login: str, given: dict[str, Any], refused: str, field: list[str] | None
) -> None:
    gusev = await find_person(api("director"), "Гусев")
    error = await api(login).expect_refusal(GRANT, **{"person": gusev, **given})
    assert (error["code"], error["field"]) == (refused, field)


@pytest.mark.parametrize(("login", "name"), [("admin", "Рябов"), ("director", "Воронцова")])
async def test_nobody_gives_a_role_to_themselves(api: SignIn, login: str, name: str) -> None:
    me = await find_person(api(login), name)
    error = await api(login).expect_refusal(GRANT, person=me, role="MUNICIPAL_OFFICER")
    assert (error["code"], error["field"]) == ("NOT_TO_ONESELF", ["personId"])


async def test_even_the_database_refuses_a_role_given_to_oneself(sql: AsyncConnection) -> None:
    with pytest.raises(IntegrityError, match="not_to_oneself"):
        await sql.execute(text("UPDATE role_grants SET granted_by_id = person_id"))


async def test_the_same_role_is_not_given_twice_even_at_once(api: SignIn) -> None:
    admin = api("admin")
    gusev = await find_person(admin, "Гусев")
    replies = await asyncio.gather(
        *(admin.reply(GRANT, person=gusev, role="MUNICIPAL_OFFICER") for _ in range(3))
    )
    done = [(reply.data or {})["grantRole"] for reply in replies]
    codes = [error["code"] for one in done for error in one["userErrors"]]
    assert codes == ["ALREADY_GRANTED"] * 2
    assert len({one["roleGrant"]["id"] for one in done}) == 1, "the refusal shows the one there is"


async def test_several_commands_of_one_document_are_each_done(api: SignIn) -> None:
    """The second command does not go on in the transaction in which the first reads its answer."""
    gusev = await find_person(api("admin"), "Гусев")
    given = 'personId: $person, validFrom: "2026-11-01", basis: "Приказ № 12-к"'
    document = f"""mutation ($person: ID!) {{
        a: grantRole(input: {{role: MUNICIPAL_OFFICER, {given}}}) {{ roleGrant {{ role }} }}
        b: grantRole(input: {{role: MUNICIPAL_OFFICER, scope: GRADE_LEVEL, gradeLevel: 7,
            {given}}}) {{ roleGrant {{ scope }} }}
    }}"""
    done = await api("admin")(document, person=gusev)
    assert done["a"]["roleGrant"]["role"] == "MUNICIPAL_OFFICER"
    assert done["b"]["roleGrant"]["scope"] == "GRADE_LEVEL"


async def test_the_same_role_can_be_given_again_for_later(api: SignIn) -> None:
    admin = api("admin")
    gusev = await find_person(admin, "Гусев")
    first = {"from": "2026-11-01", "to": "2026-12-01"}
    await admin(GRANT, person=gusev, role="MUNICIPAL_OFFICER", **first)
    assert (
        await admin.expect_code(GRANT, person=gusev, role="MUNICIPAL_OFFICER")
    ) == "ALREADY_GRANTED"
    await admin(GRANT, person=gusev, role="MUNICIPAL_OFFICER", **{"from": "2026-12-01"})


# -- taking ---------------------------------------------------------------------------


async def test_a_taken_role_is_over_at_once(api: SignIn, sql: AsyncConnection) -> None:
    officer = api("municipal")
    found = await find_grant(api("admin"), "Крылов", "MUNICIPAL_OFFICER")
    done = await api("admin")(REVOKE, id=found["id"], version=found["version"])
    assert done["revokeRole"]["roleGrant"]["validTo"] == "2026-11-23"
    assert await get_code(officer) == "UNAUTHENTICATED"
    living = "SELECT count(*) FROM sessions WHERE role = 'MUNICIPAL_OFFICER' AND revoked_at IS NULL"
    assert await sql.scalar(text(living)) == 0, "open sockets hear of it, too"
    again = {"id": found["id"], "version": found["version"] + 1}
    assert await api("admin").expect_code(REVOKE, **again) == "ALREADY_REVOKED"


async def test_a_protected_role_that_two_persons_take_is_over_at_once(api: SignIn) -> None:
    deputy = api("zavuch", Role.DEPUTY_DIRECTOR)
    found = await find_grant(api("admin"), "Зайцева", "DEPUTY_DIRECTOR")
    await file_and_approve(api, ASK_END, id=found["id"])
    assert (await find_grant(api("admin"), "Зайцева", "DEPUTY_DIRECTOR"))["validTo"] == "2026-11-23"
    assert await get_code(deputy) == "UNAUTHENTICATED"
    assert await api("admin").expect_code(ASK_END, id=found["id"]) == "ALREADY_REVOKED"


async def test_a_role_can_be_taken_from_a_later_day_on(api: SignIn) -> None:
    officer = api("municipal")
    found = await find_grant(api("admin"), "Крылов", "MUNICIPAL_OFFICER")
    given = {"id": found["id"], "version": found["version"]}
    error = await api("admin").expect_refusal(REVOKE, **given, to="2026-11-22")
    assert (error["code"], error["field"]) == ("IN_THE_PAST", ["validTo"])
    await api("admin")(REVOKE, **given, to="2026-12-01")
    assert await get_code(officer) is None


async def test_a_role_that_has_not_begun_never_does(api: SignIn) -> None:
    admin = api("admin")
    gusev = await find_person(admin, "Гусев")
    done = await admin(GRANT, person=gusev, role="MUNICIPAL_OFFICER", **{"from": "2027-01-11"})
    made = done["grantRole"]["roleGrant"]
    ended = await admin(REVOKE, id=made["id"], version=made["version"])
    assert ended["revokeRole"]["roleGrant"]["validTo"] == "2027-01-11"


@pytest.mark.parametrize(
    ("login", "whose", "role", "refused"),
    [
        ("admin", "Тихонова", "PSYCHOLOGIST", "NEEDS_SECOND_PERSON"),
        ("admin", "Воронцова", "DIRECTOR", "NEEDS_SECOND_PERSON"),
        ("admin", "Ильина", "SECRETARY", "NEEDS_SECOND_PERSON"),
        ("director", "Тихонова", "PSYCHOLOGIST", "NEEDS_SECOND_PERSON"),
        ("director", "Крылов", "MUNICIPAL_OFFICER", None),
        ("admin", "Гусев", "SUBJECT_TEACHER", None),
        ("zavuch", "Ильина", "SECRETARY", "FORBIDDEN"),
        ("teacher.belova", "Ильина", "SECRETARY", "FORBIDDEN"),
        ("parent.ivanova", "Ильина", "SECRETARY", "FORBIDDEN"),
    ],
)
async def test_taking_a_role_needs_a_right(
    api: SignIn, login: str, whose: str, role: str, refused: str | None
) -> None:
    found = await find_grant(api("director"), whose, role)
    given = {"id": found["id"], "version": found["version"]}
    if refused:
        assert await api(login).expect_code(REVOKE, **given) == refused
    else:
        await api(login)(REVOKE, **given)


async def test_a_grant_of_another_school_is_not_there(api: SignIn, template: Template) -> None:
    [other] = [login for login, held in template.roles.items()
               if held[0][0] is Role.DIRECTOR and login != "director"]  # fmt: skip
    found = (await api(other)(GRANTS))["roleGrants"]["nodes"][0]
    assert await api("director").expect_code(REVOKE, id=found["id"], version=1) == "NOT_FOUND"
