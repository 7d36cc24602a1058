"""Attendance: who records it, and that no record says nothing."""

import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from models.access.roles import Role
from tests.conftest import SignIn
from tests.journal.desk import Desk

SET = """mutation ($input: SetAttendanceInput!) { setAttendance(input: $input) {
  attendanceRecord { code minutesLate version student { id } }
  userErrors { code field message } } }"""
CONFIRM = """mutation ($lesson: ID!) { confirmAllPresent(input: {lessonId: $lesson}) {
  lesson { status attendance { code student { id } } } userErrors { code field } } }"""
READ = "query ($lesson: ID!) { attendance(lessonId: $lesson) { code student { id } } }"
MARK = """mutation ($input: SetMarkInput!) { setMark(input: $input) {
  mark { id } userErrors { code field } } }"""


@pytest.fixture
async def blank(desk: Desk, sql: AsyncConnection) -> Desk:
    """The lesson of the desk with nobody recorded."""
    key = int(desk.lesson.partition("-")[2])
    await sql.execute(text("DELETE FROM attendance_records WHERE lesson_id = :id"), {"id": key})
    return desk


async def test_everyone_without_a_record_is_present_by_one_word(
    api: SignIn, blank: Desk, statements: object
) -> None:
    teacher = api(blank.teacher)
    late = {"lessonId": blank.lesson, "studentId": blank.masha, "code": "LATE", "minutesLate": 7}
    await teacher(SET, input=late)
    lesson = (await teacher(CONFIRM, lesson=blank.lesson))["confirmAllPresent"]["lesson"]
    codes = {record["student"]["id"]: record["code"] for record in lesson["attendance"]}
    assert codes.pop(blank.masha) == "LATE"
    assert set(codes) == set(blank.others)
    assert set(codes.values()) == {"PRESENT"}
    assert await teacher(CONFIRM, lesson=blank.lesson)


async def test_a_mother_sees_her_childs_attendance_only(api: SignIn, blank: Desk) -> None:
    await api(blank.teacher)(CONFIRM, lesson=blank.lesson)
    seen = (await api("parent.ivanova")(READ, lesson=blank.lesson))["attendance"]
    assert [record["student"]["id"] for record in seen] == [blank.masha]


async def test_of_two_who_record_at_once_one_wins(api: SignIn, blank: Desk) -> None:
    teacher = api(blank.teacher)
    given = {"lessonId": blank.lesson, "studentId": blank.masha}
    replies = await asyncio.gather(
        *(teacher.reply(SET, input={**given, "code": c}) for c in ("ILLNESS", "ABSENT", "EXCUSED"))
    )
    answers = [(r.data or {})["setAttendance"] for r in replies]
    assert not any(r.errors for r in replies)
    assert sum(not answer["userErrors"] for answer in answers) == 1
    told = [error for answer in answers for error in answer["userErrors"]]
    assert {e["code"] for e in told} == {"CONFLICT"}
    assert {tuple(e["field"]) for e in told} == {("expectedVersion",)}
    assert len({answer["attendanceRecord"]["code"] for answer in answers}) == 1


async def test_who_has_a_mark_was_there(api: SignIn, blank: Desk) -> None:
    teacher = api(blank.teacher)
    cell = {"assignmentId": blank.assignment, "studentId": blank.masha, "value": 5}
    await teacher(MARK, input=cell)
    away = {"lessonId": blank.lesson, "studentId": blank.masha, "code": "ILLNESS"}
    assert await teacher.expect_code(SET, input=away) == "HAS_MARKS"
    await teacher(SET, input={**away, "code": "LATE"})


async def test_changing_a_record_needs_the_version_seen(api: SignIn, blank: Desk) -> None:
    teacher = api(blank.teacher)
    given = {"lessonId": blank.lesson, "studentId": blank.masha, "code": "ABSENT"}
    await teacher(SET, input=given)
    blind = (await teacher.reply(SET, input={**given, "code": "ILLNESS"})).data
    assert blind
    [error] = blind["setAttendance"]["userErrors"]
    assert (error["code"], error["field"]) == ("CONFLICT", ["expectedVersion"])
    there = blind["setAttendance"]["attendanceRecord"]
    assert (there["code"], there["version"]) == ("ABSENT", 1)
    changed = await teacher(SET, input={**given, "code": "ILLNESS", "expectedVersion": 1})
    assert changed["setAttendance"]["attendanceRecord"]["version"] == 2
    assert await teacher.expect_code(SET, input={**given, "expectedVersion": 1}) == "CONFLICT"


@pytest.mark.parametrize(
    ("wrong", "code", "field"),
    [
        ({"minutesLate": 5}, "ONLY_WHEN_LATE", ["minutesLate"]),
        ({"code": "LATE", "minutesLate": 0}, "OUT_OF_RANGE", ["minutesLate"]),
        ({"studentId": "Student:1-2"}, "NOT_FOUND", ["studentId"]),
        ({"studentId": "Student:2-1"}, "NOT_FOUND", ["studentId"]),
        ({"lessonId": "Lesson:1-999999"}, "NOT_FOUND", ["lessonId"]),
    ],
)
async def test_what_makes_no_sense_is_refused_naming_the_field(
    api: SignIn, blank: Desk, wrong: dict[str, object], code: str, field: list[str]
) -> None:
    given = {"lessonId": blank.lesson, "studentId": blank.masha, "code": "PRESENT", **wrong}
    refusal = await api(blank.teacher).expect_refusal(SET, input=given)
    assert (refusal["code"], refusal["field"]) == (code, field)


@pytest.mark.parametrize(
    ("login", "role", "code"),
    [
        ("parent.ivanova", None, "FORBIDDEN"),
        ("student.ivanova", None, "FORBIDDEN"),
        ("director", None, "FORBIDDEN"),
        ("teacher.klimova", Role.SUBJECT_TEACHER, "NOT_FOUND"),
    ],
)
async def test_who_may_not_record(
    api: SignIn, blank: Desk, login: str, role: Role | None, code: str
) -> None:
    given = {"lessonId": blank.lesson, "studentId": blank.masha, "code": "PRESENT"}
    assert await api(login, role).expect_code(SET, input=given) == code
