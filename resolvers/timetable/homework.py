"""Setting homework."""

from datetime import date
from typing import Any

from sqlalchemy import select

from auth.policy import visible
from auth.rights import Right
from models.base import Id
from models.events import EventKind
from models.files.files import File
from models.problems import Caution, Limit
from models.school.calendar import AcademicYear
from models.structure.sections import Section
from models.timetable.homework import Homework, HomeworkAttachment
from models.timetable.lessons import Lesson, LessonStatus
from resolvers.core.cautions import override
from resolvers.core.command import command
from resolvers.core.context import Ctx
from resolvers.core.keep import KEEP, check_version
from resolvers.core.news import Fact
from resolvers.core.parameters import Logged
from resolvers.files.attachments import NotUploaded, attach_instead, ready_files
from resolvers.school.calendar import OutsideYear, require_in_year
from resolvers.timetable.due import due_after, lock_homework
from resolvers.timetable.lessons import NOT_OPEN, DueBeforeLesson, require_open_lesson


class NoLessonThatDay(Caution):
    """The section has no lesson on the day it is due; choose a day of a lesson, or leave `dueOn`
    out for the next one."""

    russian = (
        "В день, к которому задано, у группы нет этого урока; выберите день урока или уберите "
        "`dueOn` — тогда задание будет к следующему."
    )


async def find_current_homework(ctx: Ctx, *, lesson_id: Id[Lesson], **_: Any) -> Homework | None:
    """Return the homework that another command set first."""
    query = visible(ctx.viewer, Homework).where(Homework.lesson_id == lesson_id.key)
    return next(iter(await ctx.rows(query, Homework)), None)


@command(
    Right.LESSONS_WRITE,
    *NOT_OPEN,
    DueBeforeLesson,
    OutsideYear,
    Limit,
    NotUploaded,
    warns=(NoLessonThatDay,),
    current=find_current_homework,
    keeps_rights=True,
)
async def set_homework(
    ctx: Ctx,
    *,
    lesson_id: Logged[Id[Lesson]],
    text: str,
    due_on: date | None = KEEP,
    file_ids: list[Id[File]] = KEEP,
    override_reason: str | None = None,
    expected_version: int | None = None,
) -> Logged[Homework]:
    """Set the homework of a lesson, or change it (домашнее задание).

    lesson_id: The lesson it is set in.
    text: The task, at most 4000 characters.
    due_on: The day by which it is due, not before the lesson and in its year; changes of the
        timetable do not move it. Left out keeps the day that was named before. Null, or left out if
        no day was named, means the section's next lesson on a later day, even if it is moved.
    file_ids: Files to attach, at most 20, all uploaded by you; left out keeps those it has.
    expected_version: The version of the homework you have seen; null if there was none.
    """
    lesson = await ctx.get(lesson_id, to=Right.LESSONS_WRITE)
    await lock_homework(ctx, lesson.section_id)
    section = await require_open_lesson(ctx, lesson)
    named = None if due_on is KEEP else due_on
    cautions = [] if named is None else await find_cautions(ctx, section, lesson, named)
    due = (None, named) if named is not None else await due_after(ctx, lesson)
    homework = await get_or_make_homework(ctx, lesson, expected_version)
    homework.text = text
    if due_on is not KEEP or not has_named_day(homework):  # a kept day keeps its reason
        homework.due_lesson_id, homework.due_on = due
        override(homework, cautions, override_reason)
    ctx.session.add(homework)
    await ctx.session.flush()
    if file_ids is not KEEP:
        files = await ready_files(ctx, file_ids)
        await attach_instead(ctx, HomeworkAttachment.homework_id, homework, files)
    ctx.announce(Fact(EventKind.HOMEWORK_SET, homework))
    return homework


def has_named_day(homework: Homework) -> bool:
    """Whether the homework is due on a day that its teacher named."""
    return homework.due_on is not None and homework.due_lesson_id is None


async def find_cautions(ctx: Ctx, section: Section, lesson: Lesson, due_on: date) -> list[Caution]:
    """Return the warnings about a day. Raises DueBeforeLesson or OutsideYear."""
    if due_on < lesson.date:
        raise DueBeforeLesson(field="due_on")
    # Not through `visible`: a teacher may know the days of the section's year and lessons.
    year = select(AcademicYear).where(
        AcademicYear.school_id == ctx.actor.school_id,
        AcademicYear.id == section.academic_year_id,
    )
    require_in_year((await ctx.session.scalars(year)).one(), due_on, "due_on")
    that_day = select(Lesson.id).where(
        Lesson.school_id == ctx.actor.school_id,
        Lesson.section_id == section.id,
        Lesson.date == due_on,
        Lesson.status != LessonStatus.CANCELLED,
    )
    found = await ctx.session.scalar(that_day.limit(1))
    return [] if found is not None else [NoLessonThatDay(field="due_on")]


async def get_or_make_homework(ctx: Ctx, lesson: Lesson, expected_version: int | None) -> Homework:
    """Return the homework, locked, or new homework if the client expects none. Raises Taken or
    Conflict."""
    mine = (Homework.school_id == ctx.actor.school_id, Homework.lesson_id == lesson.id)
    query = select(Homework).where(*mine).with_for_update()
    found: Homework | None = (await ctx.session.scalars(query)).one_or_none()
    if found is None and expected_version is None:
        return Homework(lesson_id=lesson.id, section_id=lesson.section_id)
    homework: Homework = check_version(found, expected_version)
    homework.version += 1  # also if only its files change
    return homework
