"""The day on which homework is due: that of the section's next lesson, even if it is moved."""

from typing import Any

from sqlalchemy import BigInteger, ColumnElement, cast, func, literal_column, or_, select, update
from sqlalchemy.orm import aliased

from auth.rights import Right
from models.base import Id
from models.timetable.homework import Homework
from models.timetable.lessons import Lesson, LessonStatus
from resolvers.core.context import Ctx

HOMEWORK = 0x686F6D65  # "home"


def take_homework_lock(school_id: Any, section_id: Any) -> ColumnElement[Any]:
    """Return the SQL that locks the homework of a section: until the transaction ends, nobody else
    sets homework in it, or adds, moves, cancels or restores a lesson of it.

    Without the lock, homework that is set while its next lesson is cancelled would be due in that
    lesson. Every command takes it before it locks a lesson or a day of the timetable: in another
    order, two commands could wait for each other (deadlock).
    """
    school = cast(school_id, BigInteger).op("<<")(literal_column("40"))
    section = cast(section_id, BigInteger).op("<<")(literal_column("1"))
    key = school.op("#")(section).op("#")(literal_column(f"{HOMEWORK}::bigint"))
    return func.pg_advisory_xact_lock(key)


async def lock_homework(ctx: Ctx, section_id: int) -> None:
    """Lock the homework of a section; see `take_homework_lock`."""
    await ctx.session.execute(select(take_homework_lock(ctx.actor.school_id, section_id)))


async def get_lesson_locked(ctx: Ctx, lesson_id: Id[Lesson], right: Right, version: int) -> Lesson:
    """Return the lesson, locked after the homework of its section; see `lock_homework`. Raises the
    problems of `ctx.get`."""
    seen = await ctx.get(lesson_id, to=right)
    await lock_homework(ctx, seen.section_id)
    return await ctx.get(lesson_id, to=right, version=version)


def next_lesson(school_id: Any, section_id: Any, day: Any) -> Any:
    """SELECT the first lesson of a section after a day. A second lesson of the same day is not the
    next: nobody has been at home in between."""
    later = aliased(Lesson)
    # Not through `visible`: the lesson is not shown, and homework follows hidden ones, too.
    return (
        select(later.id, later.date)
        .where(
            later.school_id == school_id,
            later.section_id == section_id,
            later.date > day,
            later.status != LessonStatus.CANCELLED,
        )
        .order_by(later.date, later.starts_at)
        .limit(1)
    )


async def tie_homework(ctx: Ctx, section_id: int) -> None:
    """Make the homework of a section due in the next lessons, after lessons of the section changed.
    Homework due on a day that the teacher named keeps it, unless its lesson was moved behind that
    day.

    The homework keeps its version: else a teacher who is editing it would meet a conflict.
    """
    await ctx.session.flush()
    table: Any = Homework.__table__
    set_in = aliased(Lesson)
    here = aliased(Homework)
    following = next_lesson(ctx.actor.school_id, set_in.section_id, set_in.date).lateral("due")
    due = (
        select(here.id, following.c.id.label("lesson_id"), following.c.date)
        .join(set_in, (set_in.school_id == here.school_id) & (set_in.id == here.lesson_id))
        .outerjoin(following, here.id.is_not(None))
        .where(
            here.school_id == ctx.actor.school_id,
            here.section_id == section_id,
            or_(
                here.due_lesson_id.is_not(None),
                here.due_on.is_(None),
                here.due_on < set_in.date,
            ),
        )
        .subquery("next")
    )
    tied = (
        update(table)
        .where(
            table.c.school_id == ctx.actor.school_id,
            table.c.id == due.c.id,
            or_(
                table.c.due_lesson_id.is_distinct_from(due.c.lesson_id),
                table.c.due_on.is_distinct_from(due.c.date),
            ),
        )
        .values(due_lesson_id=due.c.lesson_id, due_on=due.c.date)
    )
    await ctx.session.execute(tied)
