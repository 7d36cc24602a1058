"""Several commands of one document: each is done as if it were sent alone, in their order."""

import json
from typing import Any, cast

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from gql.engine.asker import Asker
from tests.at_the_door import *  # noqa: F403  # its fixtures
from tests.conftest import Api, SignIn
from tests.door import AtDoor
from tests.journal.desk import Desk, desk

__all__ = ["desk"]
PRESENT = """{name}: setAttendance(input: {{lessonId: $lesson, studentId: "{student}",
  code: {code}}}) {{ attendanceRecord {{ code student {{ id }} }} userErrors {{ code field }} }}"""


@pytest.fixture
async def blank_lesson(desk: Desk, sql: AsyncConnection) -> Desk:
    """The lesson of the desk without any attendance."""
    key = int(desk.lesson.partition("-")[2])
    await sql.execute(text("DELETE FROM attendance_records WHERE lesson_id = :id"), {"id": key})
    return desk


def make_document(students: list[str], codes: list[str]) -> str:
    lines = [
        PRESENT.format(name=f"s{number}", student=student, code=code)
        for number, (student, code) in enumerate(zip(students, codes, strict=True))
    ]
    return f"mutation ($lesson: ID!) {{ {' '.join(lines)} }}"


async def test_a_teacher_records_a_few_students_in_one_document(
    api: SignIn, blank_lesson: Desk, sql: AsyncConnection
) -> None:
    teacher: Any = api(blank_lesson.teacher)
    students = [blank_lesson.masha, *blank_lesson.others[:3]]
    codes = [("PRESENT", "LATE")[number % 2] for number in range(len(students))]
    answer = await teacher(make_document(students, codes), lesson=blank_lesson.lesson)
    records = [answer[f"s{number}"]["attendanceRecord"] for number in range(len(students))]
    assert [(one["student"]["id"], one["code"]) for one in records] == list(
        zip(students, codes, strict=True)
    )
    assert list(answer) == [f"s{number}" for number in range(len(students))]
    assert teacher.kinds == ["compiled"]
    deeds = text("SELECT count(*) FROM audit_events WHERE action = 'setAttendance'")
    assert await sql.scalar(deeds) == len(students)


async def test_a_command_sees_what_the_one_before_it_did(api: SignIn, blank_lesson: Desk) -> None:
    teacher: Any = api(blank_lesson.teacher)
    twice = make_document([blank_lesson.masha, blank_lesson.masha], ["LATE", "LATE"])
    answer = await teacher.reply(twice, lesson=blank_lesson.lesson)
    first, second = answer.data["s0"], answer.data["s1"]
    assert first["attendanceRecord"]["code"] == "LATE"
    assert [one["code"] for one in second["userErrors"]] == ["CONFLICT"]
    assert second["attendanceRecord"]["code"] == "LATE"


async def test_a_command_that_is_refused_stops_no_other(api: SignIn, blank_lesson: Desk) -> None:
    teacher: Any = api(blank_lesson.teacher)
    some = make_document(["Student:1-99999999", blank_lesson.masha], ["PRESENT", "PRESENT"])
    reply = await teacher.reply(some, lesson=blank_lesson.lesson)
    assert [one["code"] for one in reply.data["s0"]["userErrors"]] == ["NOT_FOUND"]
    assert reply.data["s1"]["attendanceRecord"]["code"] == "PRESENT"


async def test_a_command_without_the_right_stops_no_other(api: SignIn, blank_lesson: Desk) -> None:
    """A teacher closes no term. Each command has the errors that it would have alone."""
    teacher: Any = api(blank_lesson.teacher)
    line = PRESENT.format(name="s", student=blank_lesson.masha, code="PRESENT")
    both = f"""mutation ($lesson: ID!) {{
      closeTerm(input: {{termId: "Term:1-1", expectedVersion: 1}}) {{ userErrors {{ code }} }}
      {line} }}"""
    reply = await teacher.reply(both, lesson=blank_lesson.lesson)
    assert [one["code"] for one in reply.data["closeTerm"]["userErrors"]] == ["FORBIDDEN"]
    assert reply.data["s"]["attendanceRecord"]["code"] == "PRESENT"


async def test_if_variables_do_not_fit_one_command_none_of_them_runs(
    api: SignIn, blank_lesson: Desk, sql: AsyncConnection
) -> None:
    teacher: Any = api(blank_lesson.teacher)
    line = PRESENT.format(name="s", student=blank_lesson.masha, code="PRESENT")
    both = f"""mutation ($lesson: ID!, $version: Int!) {{ {line}
      clearMark(input: {{markId: "Mark:1-1", expectedVersion: $version}}) {{
        userErrors {{ code }} }} }}"""
    reply = await teacher.reply(both, lesson=blank_lesson.lesson, version="one")
    assert reply.errors
    assert await sql.scalar(text("SELECT count(*) FROM audit_events")) == 0


async def test_values_of_one_command_make_no_plan_of_another(
    api: SignIn, blank_lesson: Desk
) -> None:
    teacher: Any = api(blank_lesson.teacher)
    document = """mutation ($lesson: ID!, $one: ID!, $other: ID!, $code: AttendanceCode!) {
      a: setAttendance(input: {lessonId: $lesson, studentId: $one, code: $code}) {
        userErrors { code } }
      b: setAttendance(input: {lessonId: $lesson, studentId: $other, code: PRESENT}) {
        userErrors { code } } }"""
    for student in blank_lesson.others[:4]:
        given = {
            "lesson": blank_lesson.lesson,
            "one": student,
            "other": blank_lesson.masha,
            "code": "ILLNESS",
        }
        await teacher.reply(document, **given)
    [compiled] = [o for o in teacher.engine.documents.read(document).operations.values() if o]
    plans = [len(f.plans) for part in compiled.parts for f in part.families.values()]
    assert plans == [1, 1]


async def test_an_hr_specialist_who_dismisses_herself_cannot_run_the_second_command(
    api: SignIn, sql: AsyncConnection
) -> None:
    """The HR specialist dismisses herself as of today, and would hire somebody then."""
    me = (
        await sql.execute(
            text("""SELECT w.id, w.version FROM staff w JOIN accounts a ON a.school_id = w.school_id
            AND a.person_id = w.person_id JOIN credentials c ON c.id = a.credential_id
            WHERE w.school_id = 1 AND c.login = 'hr'""")
        )
    ).one()
    specialist: Any = api("hr")
    reply = await specialist.reply(
        f"""mutation {{
        dismissStaff(input: {{staffId: "Staff:1-{me.id}", expectedVersion: {me.version},
          dismissedOn: "2026-11-23"}}) {{ userErrors {{ code }} }}
        hireStaff(input: {{familyName: "Новая", givenName: "Анна", sex: FEMALE,
          position: "учитель", hiredOn: "2026-11-23"}}) {{ userErrors {{ code }} }} }}"""
    )
    assert reply.data["dismissStaff"]["userErrors"] == []
    assert reply.data["hireStaff"] is None
    assert [e.extensions["code"] for e in reply.errors] == ["UNAUTHENTICATED"]
    hired = text("SELECT count(*) FROM persons WHERE family_name = 'Новая'")
    assert await sql.scalar(hired) == 0


ODD = {
    "nobody may do either": """mutation {
      closeTerm(input: {termId: "Term:1-1", expectedVersion: 1}) {
        term { id } userErrors { code field message } }
      createClass(input: {academicYearId: "AcademicYear:1-1", gradeLevel: 1, letter: "Я",
        termTypeId: "TermType:1-1"}) { schoolClass { id } userErrors { code field } } }""",
    "one key twice": """mutation { a: clearMark(input: {markId: "Mark:1-99999999",
        expectedVersion: 1}) { userErrors { code } } a: clearMark(input: {markId: "Mark:1-99999999",
        expectedVersion: 1}) { userErrors { field } } }""",
    "a fragment at the root": """mutation { ...M clearMark(input: {markId: "Mark:1-99999999",
        expectedVersion: 1}) { userErrors { code } } }
      fragment M on Mutation { b: clearMark(input: {markId: "Mark:1-99999998",
        expectedVersion: 1}) { userErrors { code } } }""",
    "one left out": """mutation ($no: Boolean = false) { a: clearMark(input: {
        markId: "Mark:1-99999999", expectedVersion: 1}) @include(if: $no) { userErrors { code } }
      b: clearMark(input: {markId: "Mark:1-99999998", expectedVersion: 1}) {
        ...P @skip(if: $no) } } fragment P on ClearMarkPayload { userErrors { code field } }""",
    "a command of strangers among them": """mutation {
      signIn(input: {login: "nobody", password: "x"}) { userErrors { code } }
      clearMark(input: {markId: "Mark:1-1", expectedVersion: 1}) {
        userErrors { code } } }""",
    "an id that is none": """mutation { a: clearMark(input: {markId: "Lesson:1-1",
        expectedVersion: 1}) { userErrors { code field } } b: clearMark(input: {markId: "nonsense",
        expectedVersion: 1}) { userErrors { code } } }""",
}


STANDARD = {"one key twice", "a fragment at the root", "one left out",
            "a command of strangers among them"}  # fmt: skip
"""Documents that are not split."""


@pytest.mark.parametrize("case", ODD)
@pytest.mark.parametrize("login", ["parent.ivanova", "teacher.belova"])
async def test_odd_documents_have_the_answer_of_the_standard_executor(
    api: SignIn, login: str, case: str
) -> None:
    """None of their commands is done, so both executors can be asked."""
    document, person = ODD[case], cast("AtDoor", api(login))
    expected = await Api.reply(person, document)
    asker = Asker(person.caller.token or "", person.caller.language)
    answer = await person.engine.answer(asker, document, {}, None)
    if answer is not None:  # otherwise the standard executor answers
        told = json.loads(answer.body)
        assert json.dumps(told["data"]) == json.dumps(expected.data)
        assert told.get("errors", []) == json.loads(
            json.dumps([error.formatted for error in expected.errors or ()])
        )
    assert (answer is None) == (case in STANDARD)


async def test_a_stranger_is_told_to_sign_in_for_each_command(
    api: SignIn, blank_lesson: Desk, sql: AsyncConnection
) -> None:
    stranger: Any = api(blank_lesson.teacher)
    stranger.caller.token = "1.nobody"
    some = make_document([blank_lesson.masha, blank_lesson.others[0]], ["PRESENT", "PRESENT"])
    reply = await stranger.reply(some, lesson=blank_lesson.lesson)
    assert {e.extensions["code"] for e in reply.errors} == {"UNAUTHENTICATED"}
    assert not any((reply.data or {}).values())
    assert await sql.scalar(text("SELECT count(*) FROM audit_events")) == 0
