"""Giving a lesson to another teacher, and giving it back."""

from auth.rights import Right
from models.base import Id
from models.people.staff import Staff
from models.structure.sections import Section
from models.timetable.lessons import Lesson, LessonStatus
from resolvers.core.command import command
from resolvers.core.context import Ctx
from resolvers.core.parameters import Logged
from resolvers.people.staff import NotAtWork
from resolvers.school.calendar import CLOSED
from resolvers.timetable.lessons import require_open_lesson
from resolvers.timetable.scheduling import LessonHeld, NoTeacher, teacher_on


@command(Right.TIMETABLE_WRITE, *CLOSED, NotAtWork, NoTeacher, LessonHeld)
async def assign_substitution(
    ctx: Ctx,
    *,
    lesson_id: Logged[Id[Lesson]],
    expected_version: int,
    staff_id: Logged[Id[Staff] | None] = None,
) -> Logged[Lesson]:
    """Give a lesson to another teacher (замещение), or back to the teacher of the section. From the
    beginning of the lesson until `school.substituteDays` days later, a substitute writes topic,
    homework, attendance and marks of this lesson, and reads the section's journal; they set no term
    marks. Their records stay if the lesson is given back.

    lesson_id: The lesson; not a cancelled one.
    staff_id: The teacher; null for the section's main teacher.
    """
    lesson = await ctx.get(lesson_id, to=Right.TIMETABLE_WRITE, version=expected_version)
    if lesson.status is LessonStatus.CANCELLED:
        raise LessonHeld(of=lesson_id, current=lesson)
    await require_open_lesson(ctx, lesson)
    section = await ctx.get(Id(Section, lesson.school_id, lesson.section_id))
    lesson.staff_id = await teacher_on(ctx, section, lesson.date, staff_id)
    return lesson
