"""Recording who was in a lesson."""

from sqlalchemy import literal, select
from sqlalchemy.dialects.postgresql import insert

from auth.actor import Viewer
from auth.rights import Right
from models.base import Id, holds_on
from models.events import EventKind
from models.journal.attendance import AttendanceCode, AttendanceRecord
from models.journal.marks import Mark
from models.people.students import Student
from models.problems import Conflict, NotFound, Problem
from models.structure.sections import SectionMembership
from models.timetable.lessons import Lesson
from resolvers.core.command import command
from resolvers.core.context import Ctx
from resolvers.core.keep import as_expected
from resolvers.core.news import Fact
from resolvers.core.parameters import Arg, Logged
from resolvers.core.reads import Rows
from resolvers.journal.cells import AWAY
from resolvers.journal.writing import NotHeldYet
from resolvers.timetable.lessons import NOT_OPEN, hold, open_lesson


class HasMarks(Problem):
    """The student has a mark in this lesson and so was there; clear the mark first."""

    russian = "У ученика есть отметка за этот урок, значит, он был; сначала уберите отметку."


class OnlyWhenLate(Problem):
    """Minutes are counted of those who came late; send `minutesLate` with the code LATE alone."""

    russian = "Минуты считают у опоздавших; присылайте `minutesLate` только с кодом LATE."


PROBLEMS = (*NOT_OPEN, NotHeldYet)


def find_attendance(viewer: Viewer, *, lesson_id: Arg[Id[Lesson]]) -> Rows[AttendanceRecord]:
    """Who was in a lesson, as far as the viewer may know (посещаемость урока).

    lesson_id: The lesson.
    """
    in_lesson = AttendanceRecord.lesson_id == lesson_id
    return Rows(AttendanceRecord, (in_lesson,), order=(AttendanceRecord.student_id,))


@command(Right.ATTENDANCE_WRITE, *PROBLEMS, HasMarks, OnlyWhenLate)
async def set_attendance(
    ctx: Ctx,
    *,
    lesson_id: Logged[Id[Lesson]],
    student_id: Logged[Id[Student]],
    code: AttendanceCode,
    minutes_late: int | None = None,
    expected_version: int | None = None,
) -> Logged[AttendanceRecord]:
    """Record whether a student was in a lesson, or change what is recorded (посещаемость).

    lesson_id: The lesson, of today or before.
    student_id: The student; they must have been in the section on the day of the lesson.
    code: Whether they were there, or why not.
    minutes_late: How late they came, 1..240; only with LATE.
    expected_version: The version of the record that is there; null when there is none.
    """
    lesson = await held_lesson(ctx, lesson_id)
    if minutes_late is not None and code is not AttendanceCode.LATE:
        raise OnlyWhenLate(field="minutes_late")
    key = await member(ctx, lesson, student_id)
    if code in AWAY and await has_marks(ctx, lesson, key):
        raise HasMarks(of=student_id)
    mine = (AttendanceRecord.school_id == lesson.school_id, AttendanceRecord.lesson_id == lesson.id)
    query = select(AttendanceRecord).where(*mine, AttendanceRecord.student_id == key)
    query = query.with_for_update().execution_options(populate_existing=True)
    record = (await ctx.session.scalars(query)).one_or_none()
    if record is None and expected_version is None:
        if not await insert_records(ctx, lesson, code, minutes_late, only=key):
            there = (await ctx.session.scalars(query)).one()
            raise Conflict(field="expected_version", current=there)
        record = (await ctx.session.scalars(query)).one()
    else:
        record = as_expected(record, expected_version)
        record.code, record.minutes_late = code, minutes_late
        record.author_id, record.set_at = ctx.actor.person_id, ctx.actor.now
    hold(lesson, ctx.actor.today)
    ctx.announce(Fact(EventKind.ATTENDANCE_SET, record, record.student_id))
    saved: AttendanceRecord = record
    return saved


@command(Right.ATTENDANCE_WRITE, *PROBLEMS)
async def confirm_all_present(ctx: Ctx, *, lesson_id: Logged[Id[Lesson]]) -> Logged[Lesson]:
    """Say that everyone without a record was there: no record says nothing, PRESENT says it. Doing
    it twice changes nothing.

    lesson_id: The lesson, of today or before.
    """
    lesson = await held_lesson(ctx, lesson_id)
    for student in await insert_records(ctx, lesson, AttendanceCode.PRESENT, None):
        ctx.announce(Fact(EventKind.ATTENDANCE_SET, lesson, student))
    hold(lesson, ctx.actor.today)
    return lesson


async def held_lesson(ctx: Ctx, lesson_id: Id[Lesson]) -> Lesson:
    """Raises PROBLEMS."""
    lesson = await ctx.get(lesson_id, to=Right.ATTENDANCE_WRITE)
    await open_lesson(ctx, lesson)
    if lesson.date > ctx.actor.today:
        raise NotHeldYet(of=lesson_id)
    return lesson


async def member(ctx: Ctx, lesson: Lesson, student_id: Id[Student]) -> int:
    """The student's key. Raises NotFound for whoever was not in the section that day: a student of
    another class and one who does not exist are the same."""
    # Not through `visible`: the teacher of a lesson knows who was in it.
    query = select(SectionMembership.id).where(
        SectionMembership.school_id == lesson.school_id,
        SectionMembership.section_id == lesson.section_id,
        SectionMembership.student_id == student_id.key,
        holds_on(SectionMembership, lesson.date),
        literal(student_id.school_id == lesson.school_id),
    )
    # Without the lock, a student taken out of the section meanwhile would be recorded.
    query = query.with_for_update(read=True)
    if await ctx.session.scalar(query) is None:
        raise NotFound(of=student_id)
    return student_id.key


async def has_marks(ctx: Ctx, lesson: Lesson, student: int) -> bool:
    # Not through `visible`: a rule of the journal, not an answer.
    query = select(Mark.id).where(
        Mark.school_id == lesson.school_id,
        Mark.lesson_id == lesson.id,
        Mark.student_id == student,
        Mark.withdrawn_at.is_(None),
    )
    return await ctx.session.scalar(query.limit(1)) is not None


async def insert_records(
    ctx: Ctx,
    lesson: Lesson,
    code: AttendanceCode,
    minutes_late: int | None,
    *,
    only: int | None = None,
) -> list[int]:
    """Records for the members of the lesson's section that day who have none, or `only` for one of
    them, in one statement; the students who got one."""
    members = (
        select(
            literal(1),
            SectionMembership.student_id,
            literal(lesson.id),
            SectionMembership.section_id,
            literal(ctx.actor.person_id),
            literal(code, AttendanceRecord.code.type),
            literal(minutes_late, AttendanceRecord.minutes_late.type),
            literal(ctx.actor.now, AttendanceRecord.set_at.type),
        )
        .where(
            SectionMembership.school_id == lesson.school_id,
            SectionMembership.section_id == lesson.section_id,
            holds_on(SectionMembership, lesson.date),
            literal(only is None) | (SectionMembership.student_id == (only or 0)),
        )
        .order_by(SectionMembership.student_id)
        .with_for_update(of=SectionMembership, read=True)
    )
    columns = ["version", "student_id", "lesson_id", "section_id", "author_id", "code",
               "minutes_late", "set_at"]  # fmt: skip
    statement = insert(AttendanceRecord).from_select(columns, members).on_conflict_do_nothing()
    done = await ctx.session.scalars(statement.returning(AttendanceRecord.student_id))
    return list(done)
