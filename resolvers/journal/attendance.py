"""Attendance: it is recorded for one student or for a whole lesson."""

from typing import Any

from sqlalchemy import ColumnElement, and_, exists, or_, select

from auth.actor import Viewer
from auth.rights import Right
from models.base import Id, holds_on
from models.events import EventKind
from models.journal.attendance import AttendanceCode, AttendanceRecord
from models.journal.marks import Mark
from models.people.students import Student
from models.problems import NotFound, Problem
from models.structure.sections import SectionMembership
from models.timetable.lessons import Lesson
from resolvers.core.changes import Change, News
from resolvers.core.guards import Lock, Target
from resolvers.core.news import table_of
from resolvers.core.parameters import NULL, Arg, Logged
from resolvers.core.perform import change
from resolvers.core.reads import Rows
from resolvers.core.row_writes import insert_rows, upsert_row
from resolvers.journal.cells import AWAY, WAS_A_MEMBER, WAS_RECORDED
from resolvers.journal.writing import NotHeldYet
from resolvers.timetable.lessons import NOT_OPEN, as_held, mark_held, target_of_open_lesson


class HasMarks(Problem):
    """The student has a mark in this lesson and so was there; clear the mark first."""

    russian = "У ученика есть отметка за этот урок, значит, он был; сначала уберите отметку."


class OnlyWhenLate(Problem):
    """Minutes are counted only for students who came late; send `minutesLate` only with the code
    LATE."""

    russian = "Минуты считают у опоздавших; присылайте `minutesLate` только с кодом LATE."


PROBLEMS = (*NOT_OPEN, NotHeldYet)


def find_attendance(viewer: Viewer, *, lesson_id: Arg[Id[Lesson]]) -> Rows[AttendanceRecord]:
    """The attendance of a lesson, as far as the viewer may know it (посещаемость урока).

    lesson_id: The lesson.
    """
    in_lesson = AttendanceRecord.lesson_id == lesson_id
    return Rows(AttendanceRecord, (in_lesson,), order=(AttendanceRecord.student_id,))


@change(
    Right.ATTENDANCE_WRITE,
    *PROBLEMS,
    HasMarks,
    OnlyWhenLate,
    writes=(AttendanceRecord,),
    keeps_rights=True,
)
def set_attendance(
    viewer: Viewer,
    *,
    lesson_id: Logged[Arg[Id[Lesson]]],
    student_id: Logged[Arg[Id[Student]]],
    code: Arg[AttendanceCode],
    minutes_late: Arg[int | None] = NULL,
    expected_version: Arg[int | None] = NULL,
) -> Change[Logged[AttendanceRecord]]:
    """Record whether a student was in a lesson, or change what is recorded (посещаемость).

    lesson_id: The lesson, of today or before.
    student_id: The student; they must have been in the section on the day of the lesson.
    code: Whether they were present, or why not.
    minutes_late: How late they came, 1..240; only with LATE.
    expected_version: The version of the record that is there; null if there is none.
    """
    is_late = or_(minutes_late.is_(None), code == AttendanceCode.LATE)
    was_member = and_(WAS_A_MEMBER, SectionMembership.student_id == student_id)
    target = (
        target_of_held_lesson(viewer, lesson_id)
        .needs(is_late, OnlyWhenLate, "minutes_late")
        .join(
            SectionMembership, was_member,
            missing=NotFound, field="student_id", lock=Lock.SHARE,
        )
        .needs(or_(code.not_in(AWAY), ~has_marks()), HasMarks, "student_id")
        .outerjoin(AttendanceRecord, WAS_RECORDED)
        .expects(AttendanceRecord, expected_version)
    )  # fmt: skip
    line = target.line(
        Lesson.id.label("lesson_id"), Lesson.section_id, SectionMembership.student_id
    )
    key = {"lesson_id": line.c.lesson_id, "student_id": line.c.student_id}
    new = {
        "section_id": line.c.section_id,
        "code": code,
        "minutes_late": minutes_late,
        "author_id": viewer.person_id,
        "set_at": viewer.now,
    }
    done = upsert_row(viewer, AttendanceRecord, line, key, new, expected_version)
    news = News(EventKind.ATTENDANCE_SET, done, AttendanceRecord, done.c.id, done.c.student_id)
    held = mark_held(viewer, done.c.lesson_id)
    return Change(AttendanceRecord, target, done, [news], [held], is_whole=True)


@change(Right.ATTENDANCE_WRITE, *PROBLEMS, writes=(), keeps_rights=True, repeatable=True)
def confirm_all_present(
    viewer: Viewer, *, lesson_id: Logged[Arg[Id[Lesson]]]
) -> Change[Logged[Lesson]]:
    """Record PRESENT for every student of the section who has no record yet. Doing it twice changes
    nothing.

    lesson_id: The lesson, of today or before.
    """
    target = target_of_held_lesson(viewer, lesson_id)
    line = target.line(*table_of(Lesson).c)
    members: Any = (
        select(SectionMembership.student_id, line.c.id, line.c.section_id)
        .join(
            line,
            and_(
                SectionMembership.school_id == viewer.school_id,
                SectionMembership.section_id == line.c.section_id,
                holds_on(SectionMembership, line.c.date),
            ),
        )
        # Without the lock, a student who is taken out of the section meanwhile would be recorded.
        .with_for_update(of=SectionMembership, read=True)
        .cte("members")
    )
    new = {
        "lesson_id": members.c.id,
        "student_id": members.c.student_id,
        "section_id": members.c.section_id,
        "code": AttendanceCode.PRESENT,
        "author_id": viewer.person_id,
        "set_at": viewer.now,
    }
    order = [members.c.student_id]
    records = insert_rows(viewer, AttendanceRecord, members, new, order=order)
    kind = EventKind.ATTENDANCE_SET
    news = News(kind, records, Lesson, records.c.lesson_id, records.c.student_id)
    also = [records, mark_held(viewer, line.c.id)]
    return Change(Lesson, target, as_held(viewer, line), [news], also, is_whole=True)


def target_of_held_lesson(viewer: Viewer, lesson_id: Arg[Id[Lesson]]) -> Target:
    """Return the target of a lesson of today or before whose journal can be written in. Its guards
    raise PROBLEMS."""
    target = target_of_open_lesson(viewer, lesson_id, to=Right.ATTENDANCE_WRITE)
    return target.needs(Lesson.date <= viewer.today, NotHeldYet, "lesson_id")


def has_marks() -> ColumnElement[bool]:
    """Return the condition that the student has a mark in the lesson."""
    # Not through `visible`: no mark is shown, and the guard must hold for hidden ones, too.
    query = select(Mark.id).where(
        Mark.school_id == Lesson.school_id,
        Mark.lesson_id == Lesson.id,
        Mark.student_id == SectionMembership.student_id,
        Mark.withdrawn_at.is_(None),
    )
    return exists(query.correlate(Lesson, SectionMembership))
