"""Looking lessons up, writing in them, and putting them into the timetable."""

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import delete, func, or_, select
from sqlalchemy.orm import aliased

from auth.rights import Right
from models.base import Id, holds_on
from models.events import EventKind
from models.files.files import File, FileStatus
from models.people.staff import Staff
from models.problems import Conflict, PeriodClosed, Problem, Validation, YearArchived
from models.school.rooms import Room
from models.structure.sections import Section, SectionMembership, TeachingAssignment, TeachingRole
from models.timetable.lessons import Homework, HomeworkAttachment, Lesson, LessonStatus
from resolvers.command import command
from resolvers.context import Ctx
from resolvers.keep import KEEP
from resolvers.listing import Listing, Ordering, at
from resolvers.news import Fact
from resolvers.school.calendar import open_term
from resolvers.shapes import Own, Value

ORDERS: Mapping[str, Value] = {
    "date": Own("date"),
    "starts_at": Own("starts_at"),
    "ordinal": Own("ordinal"),
}
MOST_FILES = 20


class TeacherBusy(Problem):
    """The teacher has another lesson at that time."""

    russian = "У учителя в это время другой урок."


class RoomBusy(Problem):
    """The room is taken at that time."""

    russian = "Кабинет в это время занят."


class StudentBusy(Problem):
    """Some of the students have another lesson at that time."""

    russian = "У некоторых учеников в это время другой урок."


class LessonHeld(Problem):
    """The lesson was held or cancelled; it is not moved or cancelled any more."""

    russian = "Урок уже проведён или отменён; его нельзя перенести или отменить."


BUSY = {
    "lessons_never_overlaps_staff_id": (TeacherBusy, "starts_at"),
    "lessons_never_overlaps_room_id": (RoomBusy, "room_id"),
}


async def find_lessons(ctx: Ctx, *, section_id: Id[Section] | None = None) -> Listing[Lesson]:
    """Lessons the viewer may see, in order of time (уроки). Narrow them by `filter`, e.g.
    `{date: {gte: "2026-09-07", lte: "2026-09-12"}}`.

    section_id: Only of this section.
    """
    where = (at(Lesson.section_id, section_id, ctx),) if section_id else ()
    order = tuple(Ordering(name, ORDERS[name]) for name in ("date", "starts_at"))
    return Listing(Lesson, order, where)


# -- writing in a lesson --------------------------------------------------------------


@command(Right.LESSONS_WRITE, PeriodClosed, YearArchived)
async def set_lesson_topic(
    ctx: Ctx, *, lesson_id: Id[Lesson], expected_version: int, topic: str | None
) -> Lesson:
    """Say what a lesson is about (тема урока). A lesson of today or before counts as held.

    lesson_id: The lesson.
    topic: Its topic, at most 1000 characters; null clears it.
    """
    lesson = await ctx.get(lesson_id, to=Right.LESSONS_WRITE, version=expected_version)
    await open_lesson(ctx, lesson)
    lesson.topic = topic
    hold(lesson, ctx.actor.today)
    return lesson


@command(Right.LESSONS_WRITE, PeriodClosed, YearArchived)
async def set_homework(
    ctx: Ctx,
    *,
    lesson_id: Id[Lesson],
    text: str,
    due_on: date | None = None,
    file_ids: list[Id[File]] = KEEP,
    expected_version: int | None = None,
) -> Homework:
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
        raise Validation(field="due_on")
    homework = await homework_of(ctx, lesson, expected_version)
    homework.text, homework.due_on = text, due_on
    ctx.session.add(homework)
    await ctx.session.flush()
    if file_ids is not KEEP:
        await attach(ctx, homework, await ready_files(ctx, file_ids))
    ctx.announce(Fact(EventKind.HOMEWORK_SET, homework))
    return homework


async def homework_of(ctx: Ctx, lesson: Lesson, expected_version: int | None) -> Homework:
    """What is there, if it is as the client believes, or new. Raises Conflict or Validation."""
    mine = (Homework.school_id == ctx.actor.school_id, Homework.lesson_id == lesson.id)
    query = select(Homework).where(*mine).with_for_update()
    found: Homework | None = (await ctx.session.scalars(query)).one_or_none()
    if found is None and expected_version is None:
        return Homework(lesson_id=lesson.id)
    homework: Homework = as_expected(found, expected_version)
    return homework


def as_expected(found: Any, expected_version: int | None) -> Any:
    """The row as the client believes it to be. Raises Validation where it did not say what it has
    seen, Conflict where it has seen something else."""
    if found is not None and expected_version is None:
        raise Validation(field="expected_version")
    if found is None or found.version != expected_version:
        raise Conflict(field="expected_version", current=found)
    return found


async def ready_files(ctx: Ctx, file_ids: list[Id[File]]) -> list[File]:
    """One's own uploaded files. Raises Validation or NotFound."""
    if len(file_ids) > MOST_FILES:
        raise Validation(field="file_ids", most=MOST_FILES)
    files = [await ctx.get(file_id) for file_id in dict.fromkeys(file_ids)]
    if any(file.status is not FileStatus.READY for file in files):
        raise Validation(field="file_ids")
    return files


async def attach(ctx: Ctx, homework: Homework, files: list[File]) -> None:
    before = delete(HomeworkAttachment).where(
        HomeworkAttachment.school_id == ctx.actor.school_id,
        HomeworkAttachment.homework_id == homework.id,
    )
    await ctx.session.execute(before)
    ctx.session.add_all(
        HomeworkAttachment(homework_id=homework.id, file_id=file.id, position=place)
        for place, file in enumerate(files)
    )


# -- the timetable --------------------------------------------------------------------


@command(Right.TIMETABLE_WRITE, PeriodClosed, YearArchived, StudentBusy, refusals=BUSY)
async def schedule_lesson(
    ctx: Ctx,
    *,
    section_id: Id[Section],
    date: date,
    starts_at: time,
    ends_at: time,
    ordinal: int,
    staff_id: Id[Staff] | None = None,
    room_id: Id[Room] | None = None,
    idempotency_key: UUID | None = None,
) -> Lesson:
    """Put a lesson into the timetable. No teacher, room or student can be in two at once; clock
    times are compared, not numbers of bells.

    section_id: The section.
    date: The day, school-local.
    starts_at: The first bell, school-local.
    ends_at: The last bell, school-local.
    ordinal: Which lesson of the day, 0..14.
    staff_id: Who gives it; null for the section's main teacher.
    room_id: Where; null when not known.
    """
    if ends_at <= starts_at:
        raise Validation(field="ends_at")
    section = await ctx.get(section_id, to=Right.TIMETABLE_WRITE)
    await open_term(ctx, section, date, "date")
    await students_free(ctx, section, date, starts_at, ends_at)
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
    ctx.session.add(lesson)
    return lesson


@command(Right.TIMETABLE_WRITE, PeriodClosed, YearArchived, StudentBusy, LessonHeld, refusals=BUSY)
async def move_lesson(
    ctx: Ctx,
    *,
    lesson_id: Id[Lesson],
    expected_version: int,
    date: date,
    starts_at: time,
    ends_at: time,
    ordinal: int,
    room_id: Id[Room] | None = KEEP,
) -> Lesson:
    """Move a lesson that was not held yet to another time or room (перенос). Its assignments go
    with it.

    lesson_id: The lesson.
    date: The new day, school-local.
    starts_at: The first bell, school-local.
    ends_at: The last bell, school-local.
    ordinal: Which lesson of the day, 0..14.
    room_id: Where; left out keeps the room, null for nowhere in particular.
    """
    if ends_at <= starts_at:
        raise Validation(field="ends_at")
    lesson = await planned(ctx, lesson_id, expected_version)
    section = await ctx.get(Id(Section, lesson.school_id, lesson.section_id))
    await open_term(ctx, section, lesson.date, "lesson_id")
    await open_term(ctx, section, date, "date")
    await students_free(ctx, section, date, starts_at, ends_at, but=lesson.id)
    began = datetime.combine(lesson.date, lesson.starts_at, ZoneInfo(ctx.actor.time_zone))
    lesson.moved_from = lesson.moved_from or began
    lesson.date, lesson.starts_at, lesson.ends_at = date, starts_at, ends_at
    lesson.ordinal = ordinal
    if room_id is not KEEP:
        lesson.room_id = (await ctx.get(room_id)).id if room_id else None
    return lesson


@command(Right.TIMETABLE_WRITE, PeriodClosed, YearArchived, LessonHeld)
async def cancel_lesson(ctx: Ctx, *, lesson_id: Id[Lesson], expected_version: int) -> Lesson:
    """Cancel a lesson that was not held; teacher and room are free again.

    lesson_id: The lesson.
    """
    lesson = await planned(ctx, lesson_id, expected_version)
    await open_lesson(ctx, lesson)
    lesson.status = LessonStatus.CANCELLED
    return lesson


async def planned(ctx: Ctx, lesson_id: Id[Lesson], expected_version: int) -> Lesson:
    lesson = await ctx.get(lesson_id, to=Right.TIMETABLE_WRITE, version=expected_version)
    if lesson.status is not LessonStatus.PLANNED:
        raise LessonHeld(of=lesson_id, current=lesson)
    return lesson


async def open_lesson(ctx: Ctx, lesson: Lesson) -> Section:
    """The lesson's section, if its term is open until the command is through.

    Raises PeriodClosed or YearArchived.
    """
    # Not through `visible`: who may write in the lesson may know its section.
    mine = (Section.school_id == ctx.actor.school_id, Section.id == lesson.section_id)
    section: Section = (await ctx.session.scalars(select(Section).where(*mine))).one()
    await open_term(ctx, section, lesson.date, None)
    return section


def hold(lesson: Lesson, today: date) -> None:
    """What is written into a lesson of today or before shows that it was held."""
    if lesson.status is LessonStatus.PLANNED and lesson.date <= today:
        lesson.status = LessonStatus.CONDUCTED


async def teacher_on(ctx: Ctx, section: Section, day: date, staff_id: Id[Staff] | None) -> int:
    """Raises Validation when nobody teaches the section that day, or they do not work then."""
    if staff_id:
        staff = await ctx.get(staff_id)
        if not staff.works_on(day):
            raise Validation(field="staff_id")
        return staff.id
    main = select(TeachingAssignment.staff_id).where(
        TeachingAssignment.school_id == ctx.actor.school_id,
        TeachingAssignment.section_id == section.id,
        TeachingAssignment.role == TeachingRole.MAIN,
        holds_on(TeachingAssignment, day),
    )
    found = await ctx.session.scalar(main.limit(1))
    if found is None:
        raise Validation(field="staff_id")
    return int(found)


async def students_free(
    ctx: Ctx, section: Section, day: date, starts_at: time, ends_at: time, *, but: int = 0
) -> None:
    """Raises StudentBusy when the section or a member of it is in another lesson then. No
    constraint can say it, so timetables of one school and day are changed one after another."""
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
