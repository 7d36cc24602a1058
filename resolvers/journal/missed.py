"""The number of lessons that students missed (domain.md d, "Attendance %")."""

from typing import Any

from sqlalchemy import ColumnElement, Numeric, and_, case, cast, false, func, or_, select
from sqlalchemy.orm import aliased

from auth.actor import Viewer
from auth.journal.attendance import read_attendance
from auth.rights import Right
from models.base import holds_on
from models.journal.attendance import AttendanceCode, AttendanceRecord
from models.school.calendar import Term
from models.structure.sections import SectionMembership
from models.timetable.lessons import Lesson, LessonStatus
from resolvers.journal.cells import AWAY


def missed_share(
    viewer: Viewer, student_id: Any, subject_id: Any, term_id: Any
) -> ColumnElement[Any]:
    """Return the share, 0..1, of a student's lessons in a subject in a term that they missed; null
    if they had none, or the viewer may not read the attendance of all.

    Their lessons are those that were held in a section of the subject while they were in it, except
    those they are exempt from. A lesson without a record of theirs is not missed.
    """
    lessons = lessons_of(viewer, student_id, subject_id, term_id)
    exempt = func.coalesce(lessons.c.code == AttendanceCode.EXEMPT, false())
    due = func.count(case((~exempt, 1)))
    missed = func.count(case((lessons.c.code.in_(AWAY), 1)))
    share = cast(missed, Numeric) / func.nullif(due, 0)
    known = case((func.bool_and(may_know(viewer, lessons.c)), share))
    return select(known).select_from(lessons).scalar_subquery()


def lessons_of(viewer: Viewer, student_id: Any, subject_id: Any, term_id: Any) -> Any:
    """SELECT the student, section and attendance code of each lesson; null without a record."""
    member, lesson, term = aliased(SectionMembership), aliased(Lesson), aliased(Term)
    record = aliased(AttendanceRecord)
    recorded = and_(
        record.school_id == lesson.school_id,
        record.lesson_id == lesson.id,
        record.student_id == member.student_id,
    )
    return (
        select(member.student_id, member.section_id, record.code)
        .select_from(member)
        .join(
            lesson,
            and_(
                lesson.school_id == member.school_id,
                lesson.section_id == member.section_id,
                holds_on(member, lesson.date),
            ),
        )
        .join(
            term,
            and_(
                term.school_id == lesson.school_id,
                lesson.date.between(term.starts_on, term.ends_on),
            ),
        )
        .outerjoin(record, recorded)
        .where(
            member.school_id == viewer.school_id,
            member.student_id == student_id,
            member.subject_id == subject_id,
            term.id == term_id,
            lesson.status == LessonStatus.CONDUCTED,
        )
        .correlate_except(member, lesson, term, record)
        .lateral()
    )


def may_know(viewer: Viewer, lessons: Any) -> ColumnElement[bool]:
    """Return the condition that the viewer may read the attendance of a student in a section."""
    held = viewer.scopes(Right.ATTENDANCE_READ)
    rules = (rule for scope, rule in read_attendance(viewer, lessons).items() if scope in held)
    return or_(false(), *rules)
