"""Looking lessons up, and writing in them."""

from collections.abc import Mapping
from datetime import date

from sqlalchemy import select

from auth.actor import Viewer
from auth.rights import Right
from models.base import Id
from models.problems import Problem
from models.structure.sections import Section
from models.timetable.lessons import Lesson, LessonStatus
from resolvers.core.command import command
from resolvers.core.context import Ctx
from resolvers.core.listing import Listing, Ordering
from resolvers.core.parameters import Arg, Logged
from resolvers.core.shapes import Own, Value
from resolvers.school.calendar import CLOSED, open_term


class LessonCancelled(Problem):
    """The lesson is cancelled: nothing can be written in it. If it takes place after all, restore
    it first with `restoreLesson`."""

    russian = (
        "Урок отменён: записать в него ничего нельзя. Если он всё же состоится, сначала "
        "восстановите его командой `restoreLesson`."
    )


NOT_OPEN = (*CLOSED, LessonCancelled)
"""Why a lesson cannot be written in."""

ORDERS: Mapping[str, Value] = {
    "date": Own("date"),
    "starts_at": Own("starts_at"),
    "ordinal": Own("ordinal"),
}


def find_lessons(viewer: Viewer, *, section_id: Arg[Id[Section]] | None = None) -> Listing[Lesson]:
    """Lessons the viewer may see, in order of time (уроки). Narrow them by `filter`, e.g.
    `{date: {gte: "2026-09-07", lte: "2026-09-12"}}`.

    section_id: Only of this section.
    """
    where = () if section_id is None else (Lesson.section_id == section_id,)
    order = tuple(Ordering(name, ORDERS[name]) for name in ("date", "starts_at"))
    return Listing(Lesson, order, where)


@command(Right.LESSONS_WRITE, *NOT_OPEN)
async def set_lesson_topic(
    ctx: Ctx, *, lesson_id: Logged[Id[Lesson]], expected_version: int, topic: str | None
) -> Logged[Lesson]:
    """Say what a lesson is about (тема урока). A lesson of today or before counts as held.

    lesson_id: The lesson.
    topic: Its topic, at most 1000 characters; null clears it.
    """
    lesson = await ctx.get(lesson_id, to=Right.LESSONS_WRITE, version=expected_version)
    await open_lesson(ctx, lesson)
    lesson.topic = topic
    hold(lesson, ctx.actor.today)
    return lesson


class DueBeforeLesson(Problem):
    """It cannot be due before the lesson it is given in; choose the day of the lesson or a later
    one."""

    russian = "Срок не может быть раньше урока, на котором задано; выберите день урока или позже."


async def open_lesson(ctx: Ctx, lesson: Lesson) -> Section:
    """The lesson's section, if the lesson can be written in. Until the command is through nobody
    cancels or moves the lesson, or closes its term.

    Raises NOT_OPEN.
    """
    # Not through `visible`: who may write in the lesson may know its section.
    query = (
        select(Section, Lesson)
        .join(Lesson, (Lesson.school_id == Section.school_id) & (Lesson.section_id == Section.id))
        .where(Lesson.school_id == ctx.actor.school_id, Lesson.id == lesson.id)
        # Without the lock, a lesson cancelled meanwhile would keep what is written now.
        .with_for_update(of=Lesson, key_share=True)
        .execution_options(populate_existing=True)
    )
    section: Section = (await ctx.session.execute(query)).one()[0]
    await open_term(ctx, section, lesson.date, "lesson_id")
    if lesson.status is LessonStatus.CANCELLED:
        raise LessonCancelled(of=lesson.global_id)
    return section


def hold(lesson: Lesson, today: date) -> None:
    """What is written into a lesson of today or before shows that it was held."""
    if lesson.status is LessonStatus.PLANNED and lesson.date <= today:
        lesson.status = LessonStatus.CONDUCTED
