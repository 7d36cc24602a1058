"""Restoring lessons that were cancelled."""

from sqlalchemy import exists, select

from auth.rights import Right
from models.base import Id
from models.journal.attendance import AttendanceRecord
from models.journal.marks import Mark
from models.people.staff import Staff
from models.problems import Problem
from models.structure.sections import Section
from models.timetable.lessons import Lesson, LessonStatus
from resolvers.core.command import command
from resolvers.core.context import Ctx
from resolvers.core.parameters import Logged
from resolvers.people.staff import get_working
from resolvers.school.calendar import refuse_holiday, require_open_term
from resolvers.timetable.due import get_lesson_locked, tie_homework
from resolvers.timetable.scheduling import PROBLEMS, require_students_free


class LessonNotCancelled(Problem):
    """The lesson is not cancelled, so there is nothing to restore."""

    russian = "Урок не отменён, восстанавливать нечего."


@command(Right.TIMETABLE_WRITE, *PROBLEMS, LessonNotCancelled)
async def restore_lesson(
    ctx: Ctx, *, lesson_id: Logged[Id[Lesson]], expected_version: int
) -> Logged[Lesson]:
    """Restore a cancelled lesson at its old time (восстановление урока). Teacher, room and students
    must still be free then. A lesson with marks or attendance counts as held again; any other is
    planned.

    lesson_id: The lesson.
    """
    lesson = await get_lesson_locked(ctx, lesson_id, Right.TIMETABLE_WRITE, expected_version)
    if lesson.status is not LessonStatus.CANCELLED:
        raise LessonNotCancelled(of=lesson_id, current=lesson)
    section = await ctx.get(Id(Section, lesson.school_id, lesson.section_id))
    await require_open_term(ctx, section, lesson.date, "lesson_id")
    await refuse_holiday(ctx, section, lesson.date, "lesson_id")
    await get_working(ctx, Id(Staff, lesson.school_id, lesson.staff_id), lesson.date, "lesson_id")
    time = (lesson.date, lesson.starts_at, lesson.ends_at)
    await require_students_free(ctx, section, *time, but=lesson.id)
    written = await is_written_in(ctx, lesson)
    lesson.status = LessonStatus.CONDUCTED if written else LessonStatus.PLANNED
    await tie_homework(ctx, section.id)
    return lesson


async def is_written_in(ctx: Ctx, lesson: Lesson) -> bool:
    """Whether the lesson has a mark or a record of attendance."""
    # Not through `visible`: the status of a lesson depends on hidden records, too.
    mark = select(Mark.id).where(
        Mark.school_id == lesson.school_id,
        Mark.lesson_id == lesson.id,
        Mark.withdrawn_at.is_(None),
    )
    record = select(AttendanceRecord.id).where(
        AttendanceRecord.school_id == lesson.school_id, AttendanceRecord.lesson_id == lesson.id
    )
    return bool(await ctx.session.scalar(select(exists(mark) | exists(record))))
