"""A lesson given to another teacher: what the substitute sees and writes, and until when."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from models.access.roles import Role
from tests.conftest import Api, Clock, SignIn

SUBSTITUTE = "teacher.gusev"
ASSIGN = """mutation ($input: AssignSubstitutionInput!) { assignSubstitution(input: $input) {
  lesson { id version teacher { id } } userErrors { code field message } } }"""
SEE = """query ($lesson: ID!, $section: ID!) {
  node(id: $lesson) { ... on Lesson { topic section { name students { shortName } }
    viewerCan { write setMarks setAttendance move } } }
  journal(sectionId: $section, from: "2026-11-09", to: "2026-11-22") {
    students { id fullName } lessons { id }
    cells { lessonId marks { value } attendance { code } } } }"""
TOPIC = """mutation ($input: SetLessonTopicInput!) { setLessonTopic(input: $input) {
  lesson { topic } userErrors { code field } } }"""
HOMEWORK = """mutation ($input: SetHomeworkInput!) { setHomework(input: $input) {
  homework { text } userErrors { code field } } }"""
WORK = """mutation ($input: CreateAssignmentInput!) { createAssignment(input: $input) {
  assignment { id } userErrors { code field } } }"""
MARK = """mutation ($input: SetMarkInput!) { setMark(input: $input) {
  mark { value } userErrors { code field } } }"""
ATTENDANCE = """mutation ($input: SetAttendanceInput!) { setAttendance(input: $input) {
  attendanceRecord { code } userErrors { code field } } }"""
TERM_MARK = """mutation ($input: SetTermMarkInput!) { setTermMark(input: $input) {
  termMark { value } userErrors { code field } } }"""


@dataclass(frozen=True)
class Lent:
    """A 7А algebra lesson of last week that `SUBSTITUTE`, who never taught the section, gives."""

    lesson: str
    earlier: str
    section: str
    student: str
    version: int
    begins: datetime


@pytest.fixture
async def lent(sql: AsyncConnection) -> Lent:
    lines = await sql.execute(
        text("""SELECT l.id, l.section_id, l.version,
            timezone('Asia/Barnaul', l.date + l.starts_at) AS begins
        FROM lessons l JOIN sections s ON s.id = l.section_id
        WHERE s.school_id = 1 AND s.name = '7А Алгебра' AND l.status = 'CONDUCTED'
            AND l.date BETWEEN '2026-11-10' AND '2026-11-20' ORDER BY l.date DESC LIMIT 2""")
    )
    lesson, earlier = lines.all()
    await sql.execute(
        text("""UPDATE lessons SET staff_id = (SELECT w.id FROM staff w
            JOIN accounts a ON a.person_id = w.person_id
            JOIN credentials c ON c.id = a.credential_id WHERE c.login = :login) WHERE id = :id"""),
        {"login": SUBSTITUTE, "id": lesson.id},
    )
    await sql.execute(text("DELETE FROM homework WHERE lesson_id = :id"), {"id": lesson.id})
    return Lent(
        f"Lesson:1-{lesson.id}",
        f"Lesson:1-{earlier.id}",
        f"Section:1-{lesson.section_id}",
        "Student:1-1",
        lesson.version,
        lesson.begins,
    )


@pytest.fixture
def gusev(api: SignIn) -> Api:
    return api(SUBSTITUTE, Role.SUBJECT_TEACHER)


async def ask(who: Api, lent: Lent) -> Any:
    return (await who.reply(SEE, lesson=lent.lesson, section=lent.section)).data


async def test_a_substitute_sees_the_lesson_and_the_journal_around_it(
    gusev: Api, lent: Lent
) -> None:
    seen = await ask(gusev, lent)
    assert seen["node"]["viewerCan"] == {
        "write": True, "setMarks": True, "setAttendance": True, "move": False
    }  # fmt: skip
    assert seen["node"]["section"]["name"] == "7А Алгебра"
    assert "Иванова М. П." in [one["shortName"] for one in seen["node"]["section"]["students"]]
    assert lent.student in [one["id"] for one in seen["journal"]["students"]]
    assert lent.earlier in [one["id"] for one in seen["journal"]["lessons"]]
    assert seen["journal"]["cells"]


async def write_all(who: Api, lent: Lent) -> list[str]:
    """Everything a substitute writes; the codes of the refusals."""
    version = (await who.reply("query ($id: ID!) { node(id: $id) { ... on Lesson { version } } }",
                               id=lent.lesson)).data  # fmt: skip
    seen = version["node"]["version"] if version and version["node"] else 1
    types = await who("{ assignmentTypes { id } }")
    topic = {"lessonId": lent.lesson, "topic": "Замещение", "expectedVersion": seen}
    work = {"lessonId": lent.lesson, "title": "Опрос",
            "assignmentTypeId": types["assignmentTypes"][0]["id"]}  # fmt: skip
    codes = []
    for document, given in (
        (TOPIC, topic),
        (HOMEWORK, {"lessonId": lent.lesson, "text": "№ 7"}),
        (WORK, work),
    ):
        reply = await who.reply(document, input=given)
        [answer] = (reply.data or {}).values()
        codes += [error["code"] for error in answer["userErrors"]] or ["DONE"]
        made = answer.get("assignment")
        if made:
            mark = {"assignmentId": made["id"], "studentId": lent.student, "value": 5}
            codes.append("DONE" if (await who(MARK, input=mark)) else "")
    return codes


async def test_a_substitute_writes_in_that_lesson_and_in_no_other(
    gusev: Api, lent: Lent, sql: AsyncConnection
) -> None:
    await sql.execute(
        text("""UPDATE attendance_records SET code = 'PRESENT', minutes_late = NULL
        WHERE lesson_id = :id"""), {"id": int(lent.lesson.partition("-")[2])},
    )  # fmt: skip
    assert await write_all(gusev, lent) == ["DONE"] * 4
    in_other = replace(lent, lesson=lent.earlier)
    assert set(await write_all(gusev, in_other)) <= {"FORBIDDEN", "NOT_FOUND"}
    given = {"lessonId": lent.earlier, "studentId": lent.student, "code": "PRESENT",
             "expectedVersion": 1}  # fmt: skip
    assert await gusev.expect_code(ATTENDANCE, input=given) in ("FORBIDDEN", "NOT_FOUND")


async def test_term_marks_stay_with_the_teacher(gusev: Api, lent: Lent) -> None:
    given = {"studentId": lent.student, "sectionId": lent.section, "termId": "Term:1-2",
             "value": "FIVE"}  # fmt: skip
    assert await gusev.expect_code(TERM_MARK, input=given) == "FORBIDDEN"


async def test_it_begins_with_the_lesson_and_ends_after_the_days_of_the_school(
    gusev: Api, lent: Lent, clock: Clock, sql: AsyncConnection
) -> None:
    async def can() -> tuple[bool, bool]:
        seen = await ask(gusev, lent)
        node = seen["node"]
        return node is not None, bool(node and node["viewerCan"]["write"])

    clock.now = lent.begins - timedelta(minutes=1)
    assert await can() == (True, False)
    before = await ask(gusev, lent)
    assert [one["id"] for one in before["journal"]["lessons"]] == [lent.lesson]
    clock.now = lent.begins
    assert await can() == (True, True)
    during = await ask(gusev, lent)
    few, all_ = (len(seen["node"]["section"]["students"]) for seen in (before, during))
    assert few < all_, "until then they see those alone whom they teach elsewhere"
    clock.now = datetime(lent.begins.year, lent.begins.month, lent.begins.day, 12, tzinfo=UTC)
    clock.now += timedelta(days=7)
    assert await can() == (True, True)
    clock.now += timedelta(days=1)
    assert await can() == (False, False)
    await sql.execute(text("UPDATE schools SET substitute_days = 14 WHERE id = 1"))
    assert await can() == (True, True)


async def test_given_back_it_ends_and_what_was_written_stays(
    api: SignIn, gusev: Api, lent: Lent, sql: AsyncConnection
) -> None:
    await gusev(HOMEWORK, input={"lessonId": lent.lesson, "text": "№ 7"})
    back = {"lessonId": lent.lesson, "expectedVersion": lent.version}
    await api("zavuch")(ASSIGN, input=back)
    seen = await ask(gusev, lent)
    assert (seen["node"], seen["journal"]) == (None, None)
    key = int(lent.lesson.partition("-")[2])
    written = text("SELECT text FROM homework WHERE lesson_id = :id")
    assert await sql.scalar(written, {"id": key}) == "№ 7"


async def test_a_former_teacher_is_no_substitute_in_lessons_that_still_bear_their_name(
    api: SignIn, lent: Lent, sql: AsyncConnection
) -> None:
    await sql.execute(
        text("""INSERT INTO teaching_assignments (school_id, section_id, staff_id, role, valid_from,
            valid_to) SELECT 1, section_id, staff_id, 'ASSISTANT', '2026-09-01', '2026-10-01'
        FROM lessons WHERE id = :id"""),
        {"id": int(lent.lesson.partition("-")[2])},
    )
    seen = await ask(api(SUBSTITUTE, Role.SUBJECT_TEACHER), lent)
    assert (seen["node"], seen["journal"]) == (None, None)


async def test_the_deputy_gives_a_lesson_to_one_who_is_free(
    api: SignIn, sql: AsyncConnection
) -> None:
    lesson = (
        await sql.execute(
            text("""SELECT id, version, staff_id, date, starts_at FROM lessons
            WHERE school_id = 1 AND section_id = 68 AND date > '2026-11-23'
            ORDER BY date LIMIT 1""")
        )
    ).one()
    busy = await sql.scalar(
        text("""SELECT staff_id FROM lessons WHERE date = :date AND starts_at = :at
        AND staff_id <> :self AND status <> 'CANCELLED' LIMIT 1"""),
        {"date": lesson.date, "at": lesson.starts_at, "self": lesson.staff_id},
    )
    free = await sql.scalar(
        text("""SELECT id FROM staff WHERE school_id = 1 AND dismissed_on IS NULL AND id NOT IN
        (SELECT staff_id FROM lessons WHERE date = :date) LIMIT 1"""),
        {"date": lesson.date},
    )
    given = {"lessonId": f"Lesson:1-{lesson.id}", "expectedVersion": lesson.version}
    zavuch = api("zavuch")
    assert await zavuch.expect_code(ASSIGN, input={**given, "staffId": f"Staff:1-{busy}"}) == (
        "TEACHER_BUSY"
    )
    done = await zavuch(ASSIGN, input={**given, "staffId": f"Staff:1-{free}"})
    assert done["assignSubstitution"]["lesson"]["teacher"]["id"] == f"Staff:1-{free}"
    assert await zavuch.expect_code(ASSIGN, input={**given, "staffId": None}) == "CONFLICT"
    assert await api("teacher.belova").expect_code(ASSIGN, input=given) == "FORBIDDEN"
