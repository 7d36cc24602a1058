"""How far the right to publish reaches, and that it ends when the reason for it does."""

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from models.access.roles import Role
from tests.communication.conftest import Ids
from tests.communication.noticeboard import (
    ONE,
    PUBLISH,
    TEACHER,
    TRIP,
    for_class,
    publish,
    titles,
)
from tests.conftest import Api, SignIn

EDIT = """mutation ($input: EditNoticeInput!) { editNotice(input: $input) {
  notice { body } userErrors { code field } } }"""
WITHDRAW = """mutation ($input: WithdrawNoticeInput!) { withdrawNotice(input: $input) {
  notice { id } userErrors { code field } } }"""
LEAD = """mutation ($class: ID!, $staff: ID!) { assignClassTeacher(input: {
  schoolClassId: $class, staffId: $staff, validFrom: "2026-11-23"}) {
  classTeacher { id } userErrors { code field } } }"""
RECEIPTS = """query ($id: ID!) { noticeReceipts(noticeId: $id) { totalCount }
  node(id: $id) { ... on Notice { title readCount viewerCan { edit withdraw } } } }"""
READ = """mutation ($id: ID!) { markNoticeRead(input: {noticeId: $id}) {
  notice { id } userErrors { code } } }"""
DIRECTORY = "{ mailRecipients(first: 100) { totalCount nodes { id } } }"


# -- HR publishes to staff ------------------------------------------------------------


@pytest.mark.parametrize("flag", ["toStudents", "toGuardians"])
@pytest.mark.parametrize("place", ["SCHOOL", "GRADE_LEVEL", "SCHOOL_CLASS", "SECTION"])
async def test_hr_publishes_to_no_pupil_and_no_parent(
    api: SignIn, ids: Ids, flag: str, place: str
) -> None:
    places: dict[str, dict[str, Any]] = {
        "SCHOOL": {},
        "GRADE_LEVEL": {"gradeLevel": 7},
        "SCHOOL_CLASS": {"schoolClassId": await ids.school_class("7А")},
        "SECTION": {"sectionId": "Section:1-68"},
    }
    target = {"kind": place, "toStaff": True, flag: True, **places[place]}
    refusal = await api("hr").expect_refusal(PUBLISH, input={**TRIP, "targets": [target]})
    assert (refusal["code"], refusal["field"]) == ("FORBIDDEN", ["targets", "0", flag])


async def test_hr_publishes_to_no_single_person(api: SignIn) -> None:
    target = {"kind": "PERSON", "personId": "PublicPerson:1-2"}
    refusal = await api("hr").expect_refusal(PUBLISH, input={**TRIP, "targets": [target]})
    assert refusal["code"] == "FORBIDDEN"


async def test_hr_tells_the_staff(api: SignIn) -> None:
    await publish(api("hr"), {"kind": "SCHOOL", "toStaff": True})
    assert TRIP["title"] in await titles(api("teacher.gusev"))
    assert TRIP["title"] not in await titles(api("parent.ivanova"))


async def test_hr_cannot_turn_a_notice_for_staff_into_one_for_families(api: SignIn) -> None:
    notice = await publish(api("hr"), {"kind": "SCHOOL", "toStaff": True})
    families = [{"kind": "SCHOOL", "toGuardians": True}]
    given = {"noticeId": notice["id"], "expectedVersion": 1, "targets": families}
    assert await api("hr").expect_code(EDIT, input=given) == "FORBIDDEN"


# -- authorship does not outlive the right to the audience ----------------------------


async def handed_over(api: SignIn, ids: Ids, sql: AsyncConnection, school_class: str) -> None:
    """7А gets another class teacher."""
    gusev = await sql.scalar(
        text("""SELECT s.id FROM staff s JOIN persons p ON p.id = s.person_id
            WHERE s.school_id = 1 AND p.family_name = 'Гусев'""")
    )
    await api("zavuch")(LEAD, **{"class": school_class, "staff": f"Staff:1-{gusev}"})


async def test_a_former_class_teacher_writes_to_the_class_no_more(
    api: SignIn, ids: Ids, sql: AsyncConnection
) -> None:
    """Domain.md c.3.1: she loses write at once and keeps what she wrote."""
    school_class = await ids.school_class("7А")
    notice = await publish(api(*TEACHER), for_class(school_class))
    await api("parent.ivanova")(READ, id=notice["id"])
    before = await api(*TEACHER)(RECEIPTS, id=notice["id"])
    assert before["noticeReceipts"]["totalCount"] == 1
    assert before["node"]["viewerCan"] == {"edit": True, "withdraw": True}

    await handed_over(api, ids, sql, school_class)

    former = api("teacher.belova", Role.SUBJECT_TEACHER)
    after = await former.reply(RECEIPTS, id=notice["id"])
    assert after.data
    assert after.data["node"]["title"] == TRIP["title"]
    assert after.data["node"]["viewerCan"] == {"edit": False, "withdraw": False}
    assert after.data["node"]["readCount"] is None
    assert after.data["noticeReceipts"]["totalCount"] == 0
    given = {"noticeId": notice["id"], "expectedVersion": 1}
    assert await former.expect_code(EDIT, input=given | {"body": "другой текст"}) == "FORBIDDEN"
    assert await former.expect_code(WITHDRAW, input=given) == "FORBIDDEN"
    assert (await api("parent.ivanova")(ONE, id=notice["id"]))["node"]["body"] == TRIP["body"]
    assert (await api("zavuch")(EDIT, input=given | {"body": "от завуча"}))["editNotice"]["notice"]


async def test_who_teaches_a_section_no_more_does_not_edit_what_they_told_it(
    api: SignIn, sql: AsyncConnection
) -> None:
    teacher = api("teacher.gusev", Role.SUBJECT_TEACHER)
    section = await sql.scalar(
        text("""SELECT t.section_id FROM teaching_assignments t JOIN staff s ON s.id = t.staff_id
            JOIN persons p ON p.id = s.person_id WHERE p.family_name = 'Гусев'
            AND t.school_id = 1 AND t.valid_to IS NULL LIMIT 1""")
    )
    target = {"kind": "SECTION", "sectionId": f"Section:1-{section}", "toStudents": True}
    notice = await publish(teacher, target)
    given = {"noticeId": notice["id"], "expectedVersion": 1, "body": "другой текст"}
    await sql.execute(
        text(
            f"UPDATE teaching_assignments SET valid_to = '2026-11-23' WHERE section_id = {section}"
        )
    )
    assert await teacher.expect_code(EDIT, input=given) == "FORBIDDEN"


# -- a municipal officer writes to the administration ---------------------------------


async def find_offered(who: Api) -> set[str]:
    return {person["id"] for person in (await who(DIRECTORY))["mailRecipients"]["nodes"]}


async def test_a_municipal_officer_writes_to_the_administration_only(
    api: SignIn, sql: AsyncConnection
) -> None:
    held = await sql.execute(
        text("""SELECT 'PublicPerson:1-' || person_id AS who, role FROM role_grants
            WHERE school_id = 1 AND valid_to IS NULL""")
    )
    by_role: dict[str, str] = {line.role: line.who for line in held}
    administration = {"DIRECTOR", "DEPUTY_DIRECTOR", "SECRETARY", "SCHOOL_ADMINISTRATOR"}
    assert await find_offered(api("municipal")) == {by_role[role] for role in administration}
    for support in ("PSYCHOLOGIST", "SOCIAL_PEDAGOGUE"):
        letter = {"to": [by_role[support]], "subject": "Запрос"}
        refusal = await api("municipal").expect_refusal(
            """mutation ($input: SendMailInput!) { sendMail(input: $input) {
                mailMessage { id } userErrors { code field } } }""",
            input=letter,
        )
        assert (refusal["code"], refusal["field"]) == ("NOT_FOUND", ["to", "0"])
        assert by_role[support] in await find_offered(api("student.ivanova"))
        assert by_role[support] in await find_offered(api("parent.ivanova"))
