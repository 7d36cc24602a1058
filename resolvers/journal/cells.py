"""The cells of a journal, where an assignment meets a student, as targets of commands."""

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
from resolvers.timetable.lessons import require_open

AWAY = (
    AttendanceCode.EXCUSED,
    AttendanceCode.ILLNESS,
    AttendanceCode.UNEXCUSED,
    AttendanceCode.ABSENT,
)
"""Attendance codes with which a student cannot have earned a mark in the lesson. They are ordered,
so that the text of a statement is the same in each process."""
OF_ASSIGNMENT = and_(Lesson.school_id == Assignment.school_id, Lesson.id == Assignment.lesson_id)
"""The condition that joins the lesson of an assignment."""
WAS_A_MEMBER = and_(
    SectionMembership.school_id == Lesson.school_id,
    SectionMembership.section_id == Lesson.section_id,
    holds_on(SectionMembership, Lesson.date),
)
"""The condition that joins the memberships of a lesson's section on the day of the lesson."""
WAS_RECORDED = and_(
    AttendanceRecord.school_id == Lesson.school_id,
    AttendanceRecord.lesson_id == Lesson.id,
    AttendanceRecord.student_id == SectionMembership.student_id,
)
"""The condition that joins the attendance of the student in the lesson."""


def cell_of(viewer: Viewer, assignment_id: Any, student_id: Any, start: Any = None) -> Target:
    """Return the target of a cell, by its assignment and student. Its guards raise NotFound and
    NOT_OPEN. An assignment that the viewer may not set marks for is NotFound, like one that does
    not exist.

    The locks keep others from closing the term, cancelling or moving the lesson, or taking the
    student out of the section before the command commits.

    start: The items of a batch, with the ids among their columns; None for one cell.
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
    return require_open(target, field)
