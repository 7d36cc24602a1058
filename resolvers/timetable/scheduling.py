"""Scheduling, moving and cancelling lessons."""

from datetime import date, datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func, or_, select
from sqlalchemy.orm import aliased

from auth.rights import Right
from models.base import Id, holds_on
from models.people.staff import Staff
from models.problems import EndsBeforeItBegins, Problem
from models.school.rooms import Room
from models.structure.sections import Section, SectionMembership, TeachingAssignment, TeachingRole
from models.timetable.lessons import Lesson, LessonStatus, RoomBusy
from resolvers.core.cautions import override
from resolvers.core.command import command
from resolvers.core.context import Ctx
from resolvers.core.keep import KEEP
from resolvers.core.parameters import Logged
from resolvers.people.staff import NotAtWork, get_working
from resolvers.school.calendar import CLOSED, SchoolHoliday, refuse_holiday, require_open_term
from resolvers.timetable.cautions import CAUTIONS, find_cautions
from resolvers.timetable.due import get_lesson_locked, lock_homework, tie_homework
from resolvers.timetable.lessons import require_open_lesson


class NoTeacher(Problem):
    """The section has no teacher on that day; name one in `staffId`, or assign one first."""

    russian = "У группы в этот день нет учителя; назовите его в `staffId` или сначала назначьте."


class StudentBusy(Problem):
    """Some of the students have another lesson at that time; choose another time."""

    russian = "У некоторых учеников в это время другой урок; выберите другое время."


class LessonHeld(Problem):
    """The lesson was held or cancelled; it cannot be moved or cancelled any more."""

    russian = "Урок уже проведён или отменён; его нельзя перенести или отменить."


PROBLEMS = (*CLOSED, SchoolHoliday, NotAtWork, StudentBusy, RoomBusy)


@command(Right.TIMETABLE_WRITE, *PROBLEMS, NoTeacher, warns=CAUTIONS)
async def schedule_lesson(
    ctx: Ctx,
    *,
    section_id: Logged[Id[Section]],
    date: Logged[date],
    starts_at: Logged[time],
    ends_at: Logged[time],
    ordinal: Logged[int],
    staff_id: Logged[Id[Staff] | None] = None,
    room_id: Logged[Id[Room] | None] = None,
    override_reason: str | None = None,
    idempotency_key: UUID | None = None,
) -> Logged[Lesson]:
    """Add a lesson to the timetable. No teacher, room or student can be in two lessons at once;
    clock times are compared, not numbers of bells.

    section_id: The section.
    date: The day, school-local.
    starts_at: The first bell, school-local.
    ends_at: The last bell, school-local.
    ordinal: The number of the lesson in the day, 0..14.
    staff_id: The teacher; null for the section's main teacher.
    room_id: The room; null if it is not known.
    """
    if ends_at <= starts_at:
        raise EndsBeforeItBegins(field="ends_at")
    section = await ctx.get(section_id, to=Right.TIMETABLE_WRITE)
    await lock_homework(ctx, section.id)
    await refuse_holiday(ctx, section, date, "date")
    await require_open_term(ctx, section, date, "date")
    await require_students_free(ctx, section, date, starts_at, ends_at)
    lesson = Lesson(
        section_id=section.id,
        staff_id=await teacher_on(ctx, section, date, staff_id),
        room_id=(await ctx.get(room_id)).id if room_id else None,
        date=date,
        starts_at=starts_at,
        ends_at=ends_at,
        ordinal=ordinal,
        status=LessonStatus.PLANNED,
    )
    cautions = await find_cautions(ctx, section, date, starts_at, ends_at)
    override(lesson, cautions, override_reason)
    ctx.session.add(lesson)
    await tie_homework(ctx, section.id)
    return lesson


@command(Right.TIMETABLE_WRITE, *PROBLEMS, LessonHeld, warns=CAUTIONS)
async def move_lesson(
    ctx: Ctx,
    *,
    lesson_id: Logged[Id[Lesson]],
    expected_version: int,
    date: Logged[date],
    starts_at: Logged[time],
    ends_at: Logged[time],
    ordinal: Logged[int],
    room_id: Logged[Id[Room] | None] = KEEP,
    override_reason: str | None = None,
) -> Logged[Lesson]:
    """Move a lesson that was not held yet to another time or room (перенос). Its assignments, and
    the homework due in it, move with it.

    lesson_id: The lesson.
    date: The new day, school-local.
    starts_at: The first bell, school-local.
    ends_at: The last bell, school-local.
    ordinal: The number of the lesson in the day, 0..14.
    room_id: The room; left out keeps the old one, null for no room.
    """
    if ends_at <= starts_at:
        raise EndsBeforeItBegins(field="ends_at")
    lesson = await get_planned_lesson(ctx, lesson_id, expected_version)
    section = await ctx.get(Id(Section, lesson.school_id, lesson.section_id))
    await require_open_term(ctx, section, lesson.date, "lesson_id")
    await refuse_holiday(ctx, section, date, "date")
    await require_open_term(ctx, section, date, "date")
    await get_working(ctx, Id(Staff, lesson.school_id, lesson.staff_id), date, "date")
    await require_students_free(ctx, section, date, starts_at, ends_at, but=lesson.id)
    cautions = await find_cautions(ctx, section, date, starts_at, ends_at, but=lesson.id)
    override(lesson, cautions, override_reason)
    began = datetime.combine(lesson.date, lesson.starts_at, ZoneInfo(ctx.actor.time_zone))
    lesson.moved_from = lesson.moved_from or began
    lesson.date, lesson.starts_at, lesson.ends_at = date, starts_at, ends_at
    lesson.ordinal = ordinal
    if room_id is not KEEP:
        lesson.room_id = (await ctx.get(room_id)).id if room_id else None
    await tie_homework(ctx, section.id)
    return lesson


@command(Right.TIMETABLE_WRITE, *CLOSED, LessonHeld)
async def cancel_lesson(
    ctx: Ctx, *, lesson_id: Logged[Id[Lesson]], expected_version: int
) -> Logged[Lesson]:
    """Cancel a lesson that was not held. Its teacher and room are free again.

    lesson_id: The lesson.
    """
    lesson = await get_planned_lesson(ctx, lesson_id, expected_version)
    await require_open_lesson(ctx, lesson)
    lesson.status = LessonStatus.CANCELLED
    await tie_homework(ctx, lesson.section_id)
    return lesson


async def get_planned_lesson(ctx: Ctx, lesson_id: Id[Lesson], expected_version: int) -> Lesson:
    """Return a planned lesson, locked by `get_lesson_locked`. Raises LessonHeld for another."""
    lesson = await get_lesson_locked(ctx, lesson_id, Right.TIMETABLE_WRITE, expected_version)
    if lesson.status is not LessonStatus.PLANNED:
        raise LessonHeld(of=lesson_id, current=lesson)
    return lesson


async def teacher_on(ctx: Ctx, section: Section, day: date, staff_id: Id[Staff] | None) -> int:
    """Return the key of the teacher who is named, or else of the section's main teacher on the day.
    Raises NoTeacher if it has none, NotAtWork if the teacher does not work then."""
    main = select(TeachingAssignment.staff_id).where(
        TeachingAssignment.school_id == ctx.actor.school_id,
        TeachingAssignment.section_id == section.id,
        TeachingAssignment.role == TeachingRole.MAIN,
        holds_on(TeachingAssignment, day),
    )
    if staff_id is None:
        found = await ctx.session.scalar(main.limit(1))
        if found is None:
            raise NoTeacher(field="staff_id")
        staff_id = Id(Staff, ctx.actor.school_id, found)
    return (await get_working(ctx, staff_id, day)).id


async def require_students_free(
    ctx: Ctx, section: Section, day: date, starts_at: time, ends_at: time, *, but: int = 0
) -> None:
    """Raise StudentBusy if the section or a member of it has another lesson at that time. No
    constraint can say it, so an advisory lock of the school and day lets one command at a time
    change the timetable: without it, two commands could both find the students free."""
    lock = func.pg_advisory_xact_lock(ctx.actor.school_id % 2**31, day.toordinal())
    await ctx.session.execute(select(lock))
    mine, theirs = aliased(SectionMembership), aliased(SectionMembership)
    shared = (
        select(mine.id)
        .join(theirs, (theirs.school_id == mine.school_id) & (theirs.student_id == mine.student_id))
        .where(
            mine.school_id == ctx.actor.school_id,
            mine.section_id == section.id,
            theirs.section_id == Lesson.section_id,
            holds_on(mine, day),
            holds_on(theirs, day),
        )
    )
    clash = select(Lesson.id).where(
        Lesson.school_id == ctx.actor.school_id,
        Lesson.date == day,
        Lesson.id != but,
        Lesson.status != LessonStatus.CANCELLED,
        Lesson.starts_at < ends_at,
        Lesson.ends_at > starts_at,
        or_(Lesson.section_id == section.id, shared.exists()),
    )
    if await ctx.session.scalar(clash.limit(1)) is not None:
        raise StudentBusy(field="starts_at")
