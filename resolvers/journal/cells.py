"""The cells of a journal: where they are, and whether they can be written in."""

from typing import Any

from sqlalchemy import and_

from auth.actor import Viewer
from auth.policy import reach
from auth.rights import Right
from models.base import holds_on
from models.journal.assignments import Assignment
from models.journal.attendance import AttendanceCode, AttendanceRecord
from models.journal.marks import Mark
from models.problems import NotFound
from models.structure.sections import SectionMembership
from models.timetable.lessons import Lesson
from resolvers.core.guards import Lock, Target, target_by_id
from resolvers.timetable.lessons import open_to_writing

AWAY = (
    AttendanceCode.EXCUSED,
    AttendanceCode.ILLNESS,
    AttendanceCode.UNEXCUSED,
    AttendanceCode.ABSENT,
)
"""Attendance codes with which a student cannot have earned a mark in the lesson. They have an
order, or the statements in which they stand were others in each process."""
OF_ASSIGNMENT = and_(Lesson.school_id == Assignment.school_id, Lesson.id == Assignment.lesson_id)
"""The lesson of an assignment."""
WAS_A_MEMBER = and_(
    SectionMembership.school_id == Lesson.school_id,
    SectionMembership.section_id == Lesson.section_id,
    holds_on(SectionMembership, Lesson.date),
)
"""Whether a student was in the section of a lesson on its day."""
WAS_RECORDED = and_(
    AttendanceRecord.school_id == Lesson.school_id,
    AttendanceRecord.lesson_id == Lesson.id,
    AttendanceRecord.student_id == SectionMembership.student_id,
)
"""What a lesson's attendance has of the student."""


def cell_of(viewer: Viewer, assignment_id: Any, student_id: Any, start: Any = None) -> Target:
    """The cell of an assignment and a student, in a lesson in which marks can be put. Until the
    command is through nobody closes its term, cancels or moves its lesson, or takes the student out
    of its section. Its guards raise NotFound and NOT_OPEN.

    One may not put marks for what is not there, and for what is not for one, by the same problem.

    start: The items of a batch, whose columns the ids are; None for one cell.
    """
    field = "assignment_id"
    was_member = and_(WAS_A_MEMBER, SectionMembership.student_id == student_id)
    cell = and_(
        Mark.school_id == Assignment.school_id,
        Mark.assignment_id == Assignment.id,
        Mark.student_id == SectionMembership.student_id,
    )
    target = (
        target_by_id(viewer, Assignment, assignment_id, field, lock=Lock.NONE, start=start)
        .needs(reach(viewer, Assignment, Right.MARKS_WRITE), NotFound, field)
        .join(Lesson, OF_ASSIGNMENT, missing=NotFound, field=field, lock=Lock.WRITE)
        .join(
            SectionMembership, was_member,
            missing=NotFound, field="student_id", lock=Lock.SHARE,
        )
        .outerjoin(AttendanceRecord, WAS_RECORDED)
        .outerjoin(Mark, cell)
    )  # fmt: skip
    return open_to_writing(target, field)
