"""Listeners, and commands that cause events, for the tests of events."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from resolvers.services.events.tail import Pace
from tests.conftest import NOON, Api, SignIn

MISSED = "... on EventsMissed { reason cursor }"
NOTICES = f"""subscription ($after: String) {{ noticeEvents(after: $after) {{ __typename
  ... on NoticeEvent {{ cursor occurredAt kind noticeId notice {{ id title }} }} {MISSED} }} }}"""
MAIL = f"""subscription ($after: String) {{ mailEvents(after: $after) {{ __typename
  ... on MailEvent {{ cursor kind messageId message {{ id subject }} }} {MISSED} }} }}"""
JOURNAL = f"""subscription ($id: ID!, $after: String) {{
  journalEvents(studentId: $id, after: $after) {{ __typename
    ... on JournalEvent {{ cursor kind studentId entityId node {{ __typename id
      ... on Mark {{ value student {{ fullName }} }} ... on Assignment {{ title }}
      ... on AttendanceRecord {{ code }} ... on Homework {{ text }} }} }} {MISSED} }} }}"""
HERE = "{ eventsCursor }"

SET_MARK = """mutation ($input: SetMarkInput!) { setMark(input: $input) {
  mark { id version } userErrors { code field } } }"""
SET_MARKS = """mutation ($input: SetMarksInput!) { setMarks(input: $input) {
  results { userErrors { code field } } userErrors { code field } } }"""
CLEAR_MARK = """mutation ($input: ClearMarkInput!) { clearMark(input: $input) {
  assignment { id } userErrors { code field } } }"""

PUBLISH = """mutation ($input: PublishNoticeInput!) { publishNotice(input: $input) {
  notice { id version } userErrors { code field } } }"""
EDIT = """mutation ($input: EditNoticeInput!) { editNotice(input: $input) {
  notice { id version } userErrors { code field } } }"""
WITHDRAW = """mutation ($input: WithdrawNoticeInput!) { withdrawNotice(input: $input) {
  notice { id } userErrors { code field } } }"""
SEND = """mutation ($input: SendMailInput!) { sendMail(input: $input) {
  mailMessage { id } userErrors { code field } } }"""
PRESENT = """mutation ($input: ConfirmAllPresentInput!) { confirmAllPresent(input: $input) {
  lesson { id } userErrors { code field } } }"""
SET_HOMEWORK = """mutation ($input: SetHomeworkInput!) { setHomework(input: $input) {
  homework { id } userErrors { code field } } }"""

NEVER = Pace(poll=3600, recheck=3600)
"""A pace at which nobody polls: readers look only when they are woken."""
TOMORROW = NOON + timedelta(days=1)
MASHA, EGOR = "Student:1-1", "student.sokolov"


class Ended(Exception):
    """A stream ended: with the code of an error, or without one."""


@dataclass
class Listener:
    """A person's open stream."""

    stream: Any

    async def reply(self) -> Any:
        """Return the next answer, including its errors."""
        try:
            return await asyncio.wait_for(anext(self.stream), 60)
        except StopAsyncIteration:
            raise Ended from None

    async def next_event(self) -> Any:
        """Return the next event."""
        reply = await self.reply()
        if reply.errors:
            [error] = reply.errors
            raise Ended(error.extensions["code"])
        [event] = reply.data.values()
        return event

    async def read_code(self) -> str:
        """Return the code with which the stream ends before any other event."""
        with pytest.raises(Ended) as ended:
            pytest.fail(f"heard {await self.next_event()}")
        with pytest.raises(Ended):
            await self.next_event()
        return str(ended.value)

    def start_waiting(self) -> asyncio.Future[Any]:
        """Start to wait for the next event; return a future of it."""
        return asyncio.ensure_future(self.next_event())

    async def close(self) -> None:
        await self.stream.aclose()


Listen = Callable[..., Any]
Pass = Callable[[datetime], None]


async def read_titles(listener: Listener, number: int) -> list[tuple[str, str]]:
    """Return kind and title of the notices of the next events."""
    events = [await listener.next_event() for _ in range(number)]
    return [(event["kind"], event["notice"]["title"]) for event in events]


async def get_cursor(person: Api) -> str:
    """Return a cursor of the present end of the log."""
    return str((await person(HERE))["eventsCursor"])


@dataclass(frozen=True)
class Desk:
    """An algebra lesson of a seventh class last week, with an assignment that has no marks."""

    assignment: str
    lesson: str
    login: str
    others: tuple[str, ...]
    lesson_key: int

    def make_input(self, student: str = MASHA, **more: Any) -> dict[str, Any]:
        return {"assignmentId": self.assignment, "studentId": student, "value": 5, **more}


LESSON = text("""
    SELECT l.id, l.section_id, l.date, c.login FROM lessons l
    JOIN sections s ON s.id = l.section_id JOIN subjects j ON j.id = s.subject_id
    JOIN school_classes k ON k.id = s.school_class_id
    JOIN staff w ON w.id = l.staff_id JOIN accounts a ON a.person_id = w.person_id
    JOIN credentials c ON c.id = a.credential_id
    WHERE s.school_id = 1 AND k.grade_level = 7 AND k.letter = :letter AND j.name = 'Алгебра'
        AND l.date BETWEEN '2026-11-16' AND '2026-11-20' AND l.status = 'CONDUCTED'
    ORDER BY l.date LIMIT 1""")
ASSIGNMENT = text("""
    INSERT INTO assignments (school_id, version, lesson_id, section_id, assignment_type_id,
        title, weight, publish_at)
    SELECT 1, 1, :lesson, :section, id, 'Проверка', 10, CAST(:publish_at AS timestamptz)
    FROM assignment_types WHERE school_id = 1 ORDER BY position LIMIT 1 RETURNING id""")
MEMBERS = text("""
    SELECT student_id FROM section_memberships WHERE section_id = :section
    AND valid_from <= :day AND (valid_to IS NULL OR valid_to > :day) AND student_id <> 1
    ORDER BY 1""")
ALL_PRESENT = text("""
    UPDATE attendance_records SET code = 'PRESENT', minutes_late = NULL WHERE lesson_id = :id""")


async def open_desk(sql: AsyncConnection, publish_at: Any = None, letter: str = "А") -> Desk:
    lesson = (await sql.execute(LESSON, {"letter": letter})).one()
    await sql.execute(ALL_PRESENT, {"id": lesson.id})
    place = {"section": lesson.section_id, "lesson": lesson.id, "publish_at": publish_at}
    assignment = await sql.scalar(ASSIGNMENT, place)
    day = {"section": lesson.section_id, "day": lesson.date}
    others = (await sql.scalars(MEMBERS, day)).all()
    return Desk(
        f"Assignment:1-{assignment}",
        f"Lesson:1-{lesson.id}",
        lesson.login,
        tuple(f"Student:1-{key}" for key in others),
        lesson.id,
    )


async def fetch_key(sql: AsyncConnection, query: str, **given: Any) -> int:
    return int((await sql.execute(text(query), given)).scalar_one())


async def find_student(sql: AsyncConnection, login: str) -> str:
    found = await fetch_key(
        sql,
        "SELECT s.id FROM students s JOIN accounts a ON a.person_id = s.person_id"
        " JOIN credentials c ON c.id = a.credential_id WHERE c.login = :login AND s.school_id = 1",
        login=login,
    )
    return f"Student:1-{found}"


async def find_person(sql: AsyncConnection, login: str) -> int:
    return await fetch_key(
        sql,
        "SELECT a.person_id FROM accounts a JOIN credentials c ON c.id = a.credential_id"
        " WHERE c.login = :login AND a.school_id = 1",
        login=login,
    )


async def find_class(sql: AsyncConnection, name: str) -> str:
    found = await fetch_key(
        sql,
        "SELECT id FROM school_classes WHERE school_id = 1 AND grade_level || letter = :name",
        name=name,
    )
    return f"SchoolClass:1-{found}"


async def set_mark(api: SignIn, desk: Desk, student: str = MASHA, **more: Any) -> Any:
    data = await api(desk.login)(SET_MARK, input=desk.make_input(student, **more))
    return data["setMark"]["mark"]


async def publish_notice(
    author: Api, school_class: str, title: str = "Собрание", **more: Any
) -> Any:
    target = {"kind": "SCHOOL_CLASS", "schoolClassId": school_class, "toGuardians": True}
    given = {"title": title, "body": "В среду", "targets": [target], **more}
    return (await author(PUBLISH, input=given))["publishNotice"]["notice"]
