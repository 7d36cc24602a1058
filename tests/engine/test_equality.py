"""Both executors give the same answer."""

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from models.access.roles import Role
from tests.conftest import SignIn
from tests.engine.conftest import Both

WEEK = """query ($s: ID!, $f: Date) { diary(studentId: $s, from: $f) {
    student { fullName } days { date lessons { ordinal startsAt endsAt topic subject { name }
    teacher { shortName } room { number } homework { text attachments { fileName } }
    marks { value kind setAt assignment { title weight } } attendance { code } }
    homeworkDue { text dueOn subject { name } dueLesson { date } lesson { id } } } } }"""
QUARTER = """query ($s: ID!) { journal(sectionId: $s, from: "2026-11-01", to: "2026-12-31") {
    section { name } students { id fullName } lessons { id date topic
    assignments { id title weight assignmentType { name } } }
    cells { studentId lessonId marks { id value kind comment authorName }
    attendance { code } } } }"""
SHEET = """{ termMarkSheet(sectionId: "Section:1-68", termId: "Term:1-2") { section { name }
    term { name } rows { studentId fullName weightedAverage markCount debtCount
    suggestedValue warnings
    marks { value } termMark { value } student { shortName } } } }"""


async def test_a_mothers_week_of_her_child(api: SignIn, both: Both) -> None:
    asked = {"s": "Student:1-1", "f": "2026-11-16"}
    assert await both(api("parent.ivanova"), WEEK, **asked) == "compiled"
    assert await both(api("parent.ivanova"), WEEK, s="Student:1-1") == "compiled"
    assert await both(api("parent.sokolov"), WEEK, **asked) == "compiled"


async def test_a_day_without_lessons_by_which_homework_is_due(
    api: SignIn, both: Both, sql: AsyncConnection
) -> None:
    await sql.execute(
        text("""UPDATE homework SET due_lesson_id = NULL, due_on = '2026-11-22' WHERE id =
        (SELECT max(id) FROM homework WHERE section_id = 68)""")
    )
    asked = """query ($more: Boolean = true, $less: Boolean = false) {
        diary(studentId: "Student:1-1", from: "2026-11-16") { days { date lessons { topic }
        ... on DiaryDay { homeworkDue @include(if: $more) @skip(if: $less) { text } } } } }"""
    for login in ("parent.ivanova", "zavuch", "hr"):
        assert await both(api(login), asked) == "compiled"
        assert await both(api(login), asked, more=False) == "compiled"
        assert await both(api(login), asked, less=True) == "compiled"


@pytest.mark.parametrize("login", ["teacher.belova", "parent.ivanova", "zavuch", "secretary"])
async def test_a_quarter_of_a_journal(api: SignIn, both: Both, login: str) -> None:
    assert await both(api(login), QUARTER, s="Section:1-68") == "compiled"


@pytest.mark.parametrize(
    "days", [{}, {"f": "2026-11-16"}, {"t": "2026-11-24"}, {"f": "9999-12-31"}]
)
async def test_a_week_of_a_journal(api: SignIn, both: Both, days: dict[str, str]) -> None:
    asked = """query ($s: ID!, $f: Date, $t: Date) { journal(sectionId: $s, from: $f, to: $t) {
        students { id } lessons { date } cells { studentId marks { value } } } }"""
    assert await both(api("teacher.belova"), asked, s="Section:1-68", **days) == "compiled"


@pytest.mark.parametrize("login", ["teacher.belova", "director", "student.ivanova"])
async def test_a_sheet_of_term_marks(api: SignIn, both: Both, login: str) -> None:
    assert await both(api(login), SHEET) == "compiled"


async def test_a_sheet_leads_to_all_that_a_student_has(api: SignIn, both: Both) -> None:
    """Fields of the student get no value of the sheet."""
    asked = """{ termMarkSheet(sectionId: "Section:1-68", termId: "Term:1-2") { rows { markCount
        student { schoolClass { name classTeacher { fullName } members { id } } } } } }"""
    assert await both(api("teacher.belova"), asked) == "compiled"


AVERAGES = """{ classAverages(schoolClassId: "SchoolClass:1-7", termId: "Term:1-2") { term { name }
    rows { studentId fullName averages { subject { name } section { name } weightedAverage
    markCount } } } }"""


@pytest.mark.parametrize("login", ["zavuch", "teacher.belova", "parent.ivanova"])
async def test_a_class_at_a_glance(api: SignIn, both: Both, login: str) -> None:
    assert await both(api(login), AVERAGES) == "compiled"


async def test_a_right_with_less_reach_than_the_one_before_it_is_checked_again(
    api: SignIn, both: Both, sql: AsyncConnection
) -> None:
    """A lesson and its homework usually have the same viewers, but a school may reduce the reach of
    one right."""
    asked = """{ lessons(first: 20) { nodes { id homework { text } assignments { id } } } }"""
    assert await both(api("zavuch"), asked) == "compiled"
    await sql.execute(
        text("""UPDATE role_rights SET scope = 'SELF' WHERE role = 'DEPUTY_DIRECTOR'
            AND permission = 'assignments:read'""")
    )
    both.engine.services.sessions.forget(1)  # as a command that changes rights does
    assert await both(api("zavuch"), asked) == "compiled"
    found = await api("zavuch")(asked)
    assert not any(one["homework"] or one["assignments"] for one in found["lessons"]["nodes"])


async def test_a_mark_shows_its_assignment_even_to_a_pupil_who_has_left_the_section(
    api: SignIn, both: Both, sql: AsyncConnection
) -> None:
    mark, assignment = (
        await sql.execute(
            text("""SELECT id, assignment_id FROM marks WHERE school_id = 1 AND student_id = 1
                AND withdrawn_at IS NULL AND published_at < '2026-11-01' LIMIT 1""")
        )
    ).one()
    left = "UPDATE section_memberships SET valid_to = valid_from WHERE student_id = 1"
    await sql.execute(text(left))
    ask = """query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on Mark {
        assignment { title lesson { id } } } } }"""
    mother, ids = api("parent.ivanova"), [f"Mark:1-{mark}", f"Assignment:1-{assignment}"]
    assert await both(mother, ask, ids=ids) == "compiled"
    shown = (await mother(ask, ids=ids))["nodes"]
    assert shown[0]["assignment"]["title"]
    assert shown[0]["assignment"]["lesson"] is None, "she was not in it by what is written today"
    assert shown[1]["id"] == ids[1]


@pytest.mark.parametrize("login", ["director", "admin", "zavuch", "teacher.belova"])
async def test_actions_on_roles_and_accounts_are_the_same(
    api: SignIn, both: Both, login: str
) -> None:
    """Rules compare rights, which the database keeps by their values, not by their names."""
    roles = "{ roleGrants(first: 100) { nodes { id role viewerCan { revoke } } } }"
    accounts = "{ accounts(first: 100) { nodes { id login viewerCan { resetPassword } } } }"
    for asked in (roles, accounts):
        assert await both(api(login), asked) == "compiled"


async def test_nobody_takes_a_protected_role_alone(api: SignIn, both: Both) -> None:
    asked = """query ($role: Role!) { roleGrants(first: 50, filter: {role: {eq: $role}}) {
        nodes { viewerCan { revoke } } } }"""
    for role, may in (("DEPUTY_DIRECTOR", False), ("SUBJECT_TEACHER", True)):
        assert await both(api("admin"), asked, role=role) == "compiled"
        nodes = (await api("admin")(asked, role=role))["roleGrants"]["nodes"]
        assert nodes
        assert {one["viewerCan"]["revoke"] for one in nodes} == {may}


async def test_a_class_teacher_sees_what_she_may_do_with_a_section_of_no_class(
    api: SignIn, both: Both, sql: AsyncConnection
) -> None:
    await sql.execute(text("UPDATE sections SET school_class_id = NULL WHERE id = 68"))
    asked = """{ nodes(ids: ["Section:1-68"]) { id ... on Section {
        viewerCan { publishNotices } } } }"""
    leader = api("teacher.belova", Role.CLASS_TEACHER)
    await sql.execute(
        text("""DELETE FROM role_rights WHERE role = 'CLASS_TEACHER'
        AND permission = 'notices:publish' AND scope = 'SECTION'""")
    )
    assert await both(leader, asked) == "compiled"
    [section] = (await leader(asked))["nodes"]
    assert section["viewerCan"] == {"publishNotices": False}
