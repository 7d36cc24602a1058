"""Setting what is to be done at home."""

from datetime import date
from typing import Any

from sqlalchemy import select

from auth.policy import visible
from auth.rights import Right
from models.base import Id
from models.events import EventKind
from models.files.files import File
from models.problems import Limit
from models.timetable.homework import Homework, HomeworkAttachment
from models.timetable.lessons import Lesson
from resolvers.command import command
from resolvers.context import Ctx
from resolvers.files.attachments import NotUploaded, attach_instead, ready_files
from resolvers.keep import KEEP, as_expected
from resolvers.news import Fact
from resolvers.parameters import Logged
from resolvers.timetable.lessons import NOT_OPEN, DueBeforeLesson, open_lesson


async def homework_there(ctx: Ctx, *, lesson_id: Id[Lesson], **_: Any) -> Homework | None:
    """What someone else set at the same time, and first."""
    query = visible(ctx.viewer, Homework).where(Homework.lesson_id == lesson_id.key)
    return next(iter(await ctx.rows(query, Homework)), None)


@command(
    Right.LESSONS_WRITE,
    *NOT_OPEN,
    DueBeforeLesson,
    Limit,
    NotUploaded,
    current=homework_there,
)
async def set_homework(
    ctx: Ctx,
    *,
    lesson_id: Logged[Id[Lesson]],
    text: str,
    due_on: date | None = None,
    file_ids: list[Id[File]] = KEEP,
    expected_version: int | None = None,
) -> Logged[Homework]:
    """Set what is to be done at home after a lesson, or change it (домашнее задание).

    lesson_id: The lesson it is set in.
    text: What to do, at most 4000 characters.
    due_on: By which day; null for the next lesson.
    file_ids: Files to attach, at most 20, all uploaded by you; left out keeps those it has.
    expected_version: The version of the homework you have seen; null when there was none.
    """
    lesson = await ctx.get(lesson_id, to=Right.LESSONS_WRITE)
    await open_lesson(ctx, lesson)
    if due_on is not None and due_on < lesson.date:
        raise DueBeforeLesson(field="due_on")
    homework = await homework_of(ctx, lesson, expected_version)
    homework.text, homework.due_on = text, due_on
    ctx.session.add(homework)
    await ctx.session.flush()
    if file_ids is not KEEP:
        files = await ready_files(ctx, file_ids)
        await attach_instead(ctx, HomeworkAttachment.homework_id, homework, files)
    ctx.announce(Fact(EventKind.HOMEWORK_SET, homework))
    return homework


async def homework_of(ctx: Ctx, lesson: Lesson, expected_version: int | None) -> Homework:
    """What is there, if it is as the client believes, or new. Raises Taken or Conflict."""
    mine = (Homework.school_id == ctx.actor.school_id, Homework.lesson_id == lesson.id)
    query = select(Homework).where(*mine).with_for_update()
    found: Homework | None = (await ctx.session.scalars(query)).one_or_none()
    if found is None and expected_version is None:
        return Homework(lesson_id=lesson.id)
    homework: Homework = as_expected(found, expected_version)
    homework.version += 1  # also if only its files change
    return homework
