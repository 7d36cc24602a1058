"""Finding lessons, and the guards of commands that write in them."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import CTE, ColumnElement, and_, case, literal, select

from auth.actor import Viewer
from auth.rights import Right
from models.base import Id
from models.problems import Conflict, NotFound, Problem
from models.structure.sections import Section
from models.timetable.lessons import Lesson, LessonStatus
from resolvers.core.changes import Change
from resolvers.core.context import Ctx
from resolvers.core.guards import Lock, Target, target_by_id
from resolvers.core.listing import Listing, Ordering
from resolvers.core.news import table_of
from resolvers.core.parameters import Arg, Logged
from resolvers.core.perform import change, require_target
from resolvers.core.row_writes import update_rows
from resolvers.core.shapes import Own, Plain
from resolvers.school.calendar import CLOSED, in_open_term


class LessonCancelled(Problem):
    """The lesson is cancelled: nothing can be written in it. If it takes place after all, restore
    it first with `restoreLesson`."""

    russian = (
        "Урок отменён: записать в него ничего нельзя. Если он всё же состоится, сначала "
        "восстановите его командой `restoreLesson`."
    )


NOT_OPEN = (*CLOSED, LessonCancelled)
"""The problems of a lesson in which nothing can be written."""

ORDERS: Mapping[str, Plain] = {
    "date": Own("date"),
    "starts_at": Own("starts_at"),
    "ordinal": Own("ordinal"),
}


def find_lessons(viewer: Viewer, *, section_id: Arg[Id[Section]] | None = None) -> Listing[Lesson]:
    """The lessons that the viewer may see, in order of time (уроки). Narrow them by `filter`, for
    instance `{date: {gte: "2026-09-07", lte: "2026-09-12"}}`.

    section_id: Only lessons of this section.
    """
    where = () if section_id is None else (Lesson.section_id == section_id,)
    order = tuple(Ordering(name, ORDERS[name]) for name in ("date", "starts_at"))
    return Listing(Lesson, order, where)


@change(Right.LESSONS_WRITE, *NOT_OPEN, writes=(Lesson,), keeps_rights=True)
def set_lesson_topic(
    viewer: Viewer,
    *,
    lesson_id: Logged[Arg[Id[Lesson]]],
    expected_version: Arg[int],
    topic: Arg[str | None],
) -> Change[Logged[Lesson]]:
    """Set the topic of a lesson (тема урока). A lesson of today or before counts as held then.

    lesson_id: The lesson.
    topic: Its topic, at most 1000 characters; null clears it.
    """
    target = target_of_open_lesson(viewer, lesson_id, to=Right.LESSONS_WRITE)
    target = target.needs(
        Lesson.version == expected_version, Conflict, "lesson_id", current=Lesson.id
    )
    line = target.line(Lesson.id)
    now = table_of(Lesson).c
    held = literal(LessonStatus.CONDUCTED, now.status.type)
    status = case((is_to_be_held(viewer, now), held), else_=now.status)
    new = {"topic": topic, "status": status}
    done = update_rows(viewer, Lesson, line.c.id, new, version=expected_version)
    return Change(Lesson, target, done, is_whole=True)


class DueBeforeLesson(Problem):
    """It cannot be due before the lesson in which it is set; choose the day of the lesson or a
    later one."""

    russian = "Срок не может быть раньше урока, на котором задано; выберите день урока или позже."


async def require_open_lesson(ctx: Ctx, lesson: Lesson) -> None:
    """Lock a lesson that can be written in: nobody cancels or moves it, or closes its term, before
    the command ends.

    Raises NOT_OPEN.
    """
    # Not through `visible`: an actor who may write in the lesson may know its section.
    here = and_(Lesson.school_id == ctx.actor.school_id, Lesson.id == lesson.id)
    field = "lesson_id"
    target = Target().join(Lesson, here, missing=NotFound, field=field, lock=Lock.WRITE)
    await require_target(ctx, require_open(target, field))


def target_of_open_lesson(viewer: Viewer, lesson_id: Any, *, to: Right) -> Target:
    """Return the target of a lesson that can be written in, with its section. Its locks keep others
    from cancelling or moving the lesson, or closing its term, before the command commits. Its
    guards raise NOT_OPEN."""
    target = target_by_id(viewer, Lesson, lesson_id, "lesson_id", to=to, lock=Lock.WRITE)
    return require_open(target, "lesson_id")


def require_open(target: Target, field: str) -> Target:
    """Add to a target with a lesson the guards that the lesson can be written in.

    field: The argument to blame.
    """
    of_lesson = and_(Section.school_id == Lesson.school_id, Section.id == Lesson.section_id)
    target = target.join(Section, of_lesson, missing=NotFound, field=field, lock=Lock.NONE)
    target = in_open_term(target, Section, Lesson.date, field)
    return target.needs(Lesson.status != LessonStatus.CANCELLED, LessonCancelled, field)


def is_to_be_held(viewer: Viewer, lesson: Any) -> ColumnElement[bool]:
    """Return the condition that a lesson counts as held once something is written in it."""
    return and_(lesson.status == LessonStatus.PLANNED, lesson.date <= viewer.today)


def as_held(viewer: Viewer, line: CTE) -> CTE:
    """Return a lesson as it is once something was written in it; see `mark_held`.

    line: All columns of the lesson as it was.
    """
    changes = is_to_be_held(viewer, line.c)
    held = literal(LessonStatus.CONDUCTED, line.c.status.type)
    status = case((changes, held), else_=line.c.status).label("status")
    version = (line.c.version + case((changes, 1), else_=0)).label("version")
    kept = [column for column in line.c if column.name not in ("status", "version")]
    found: CTE = select(*kept, status, version).cte("lesson")
    return found


def mark_held(viewer: Viewer, lesson_key: Any) -> CTE:
    """Mark a lesson as held, if it is of today or before: somebody writes in it.

    lesson_key: Its key, a column of the CTE that writes.
    """
    lessons = table_of(Lesson)
    held = {"status": LessonStatus.CONDUCTED}
    where = [is_to_be_held(viewer, lessons.c)]
    return update_rows(viewer, Lesson, lesson_key, held, where=where, name="held")
