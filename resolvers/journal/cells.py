"""The cells of a journal that a command is about to write: all that must be known of them, read
in a few statements however many they are, and held until the command is through."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, and_, select

from auth.actor import Viewer
from auth.policy import reach, visible
from auth.rights import Right
from models.base import Id, holds_on
from models.journal.assignments import Assignment
from models.journal.attendance import AttendanceCode, AttendanceRecord
from models.journal.marks import Mark
from models.people.students import Student
from models.problems import NotFound, Problem
from models.structure.sections import Section, SectionMembership
from models.timetable.lessons import Lesson, LessonStatus
from resolvers.core.context import Ctx
from resolvers.core.guards import Lock, Target, named
from resolvers.core.loading import of_keys
from resolvers.school.calendar import open_term
from resolvers.timetable.lessons import LessonCancelled, open_to_writing

Cell = tuple[int, int]
"""Keys of an assignment and a student."""
AWAY = (
    AttendanceCode.EXCUSED,
    AttendanceCode.ILLNESS,
    AttendanceCode.UNEXCUSED,
    AttendanceCode.ABSENT,
)
"""In this order, or the statements in which they stand were others in each process."""
"""Attendance codes with which a student cannot have earned a mark in the lesson."""


@dataclass
class Cells:
    """assignments: Those the actor may put marks for, with lesson and section, by key.
    members: Students who were in the section of an assignment on its day.
    away: Students who were absent from the lesson of an assignment.
    marks: What the cells hold, emptied ones too.
    closed: Why an assignment's lesson cannot be written in, by its key.
    """

    assignments: dict[int, tuple[Assignment, Lesson, Section]]
    members: set[Cell]
    away: set[Cell]
    marks: dict[Cell, Mark]
    closed: dict[int, Problem]


async def cells_of(ctx: Ctx, asked: Sequence[tuple[Id[Assignment], Id[Student]]]) -> Cells:
    """The data of the cells asked for. An assignment of another school, or one the actor may
    not put marks for, is not among `assignments`."""
    school_id = ctx.actor.school_id
    wanted = {one.key for one, _ in asked if one.school_id == school_id}
    students = {one.key for _, one in asked if one.school_id == school_id}
    here = [
        (assignment.key, student.key)
        for assignment, student in asked
        if assignment.school_id == student.school_id == school_id
    ]
    assignments = await writable(ctx, sorted(wanted))
    closed = await closed_ones(ctx, assignments)
    codes = await codes_of(ctx, list(assignments), sorted(students))
    away = {cell for cell, code in codes.items() if code in AWAY}
    return Cells(assignments, set(codes), away, await marks_in(ctx, here), closed)


async def writable(ctx: Ctx, keys: Sequence[int]) -> dict[int, tuple[Assignment, Lesson, Section]]:
    """The lessons are held until the command is through, in the order of keys so that two batches
    cannot deadlock: nobody cancels or moves one in which a mark is being put."""
    query = (
        open_to_marks(ctx.viewer)
        .add_columns(Lesson, Section)
        .where(of_keys(Assignment.id, keys))
        .order_by(Lesson.id)
        .with_for_update(of=Lesson, key_share=True)
        .execution_options(populate_existing=True)
    )
    found = await ctx.lines(query)
    return {line[0].id: (line[0], line[1], line[2]) for line in found}


def cell_of(viewer: Viewer, assignment_id: Any, student_id: Any) -> Target:
    """The cell of an assignment and a student, in a lesson in which marks can be put. Until the
    command is through nobody closes its term, cancels or moves its lesson, or takes the student out
    of its section. Its guards raise NotFound and NOT_OPEN.

    One may not put marks for what is not there, and for what is not for one, by the same problem.
    """
    field = "assignment_id"
    was_member = and_(WAS_A_MEMBER, SectionMembership.student_id == student_id)
    cell = and_(
        Mark.school_id == Assignment.school_id,
        Mark.assignment_id == Assignment.id,
        Mark.student_id == SectionMembership.student_id,
    )
    target = (
        named(viewer, Assignment, assignment_id, field, lock=Lock.NONE)
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


def open_to_marks(viewer: Viewer) -> Select[Assignment]:
    """SELECT the assignments the viewer may put marks for, beside their lesson and section."""
    return (
        visible(viewer, Assignment, Right.MARKS_WRITE)
        .join(
            Lesson,
            (Lesson.school_id == Assignment.school_id) & (Lesson.id == Assignment.lesson_id),
        )
        .join(Section, (Section.school_id == Lesson.school_id) & (Section.id == Lesson.section_id))
    )


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


async def closed_ones(
    ctx: Ctx, assignments: dict[int, tuple[Assignment, Lesson, Section]]
) -> dict[int, Problem]:
    """One look a term, not a cell: a batch is mostly one lesson."""
    answers: dict[object, Problem | None] = {}
    closed = {}
    for key, (_, lesson, section) in assignments.items():
        asked = (section.term_type_id, lesson.date)
        if asked not in answers:
            try:
                await open_term(ctx, section, lesson.date, "assignment_id")
                answers[asked] = None
            except Problem as refusal:
                answers[asked] = refusal
        problem = answers[asked]
        if problem is None and lesson.status is LessonStatus.CANCELLED:
            problem = LessonCancelled(field="assignment_id")
        if problem is not None:
            closed[key] = problem
    return closed


async def codes_of(
    ctx: Ctx, assignments: Sequence[int], students: Sequence[int]
) -> dict[Cell, AttendanceCode | None]:
    """The students who were in the section of an assignment on its day, and how its lesson's
    attendance has them; None while nobody has said."""
    # Not through `visible`: the teacher of a lesson knows who was in it.
    query = (
        select(Assignment.id, SectionMembership.student_id, AttendanceRecord.code)
        .join(
            Lesson, (Lesson.school_id == Assignment.school_id) & (Lesson.id == Assignment.lesson_id)
        )
        .join(SectionMembership, WAS_A_MEMBER)
        .outerjoin(AttendanceRecord, WAS_RECORDED)
        .where(
            Assignment.school_id == ctx.viewer.school_id,
            of_keys(Assignment.id, assignments),
            of_keys(SectionMembership.student_id, students),
        )
        .order_by(SectionMembership.id)
        # Without the lock, a student taken out of the section meanwhile would get the mark.
        .with_for_update(of=SectionMembership, read=True)
    )
    return {(line[0], line[1]): line[2] for line in await ctx.lines(query)}


async def marks_in(ctx: Ctx, cells: Sequence[Cell]) -> dict[Cell, Mark]:
    """The marks in the cells, locked in the order of keys so that two batches cannot deadlock."""
    # Not through `visible`: an emptied cell, too, is known to who writes in it.
    query = (
        select(Mark)
        .where(
            Mark.school_id == ctx.viewer.school_id,
            of_keys(Mark.assignment_id, sorted({key for key, _ in cells})),
            of_keys(Mark.student_id, sorted({key for _, key in cells})),
        )
        .order_by(Mark.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {(mark.assignment_id, mark.student_id): mark for mark in await ctx.rows(query)}
