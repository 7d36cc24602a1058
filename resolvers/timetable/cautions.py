"""Warnings about the time of a lesson: the sanitary rules (СанПиН), whose numbers are settings of
the school (domain.md DD6)."""

from collections.abc import Iterator
from datetime import date, time, timedelta
from typing import Any

from sqlalchemy import Select, and_, case, func, select
from sqlalchemy.orm import aliased

from models.base import holds_on
from models.problems import Caution
from models.school.calendar import BellSchedule, Period
from models.school.schools import School
from models.structure.classes import ClassMembership, SchoolClass
from models.structure.sections import Section, SectionMembership
from models.timetable.lessons import Lesson, LessonStatus
from resolvers.core.context import Ctx
from resolvers.school.schools import settings

SUNDAY = 6


class LessonOnSunday(Caution):
    """The day is a Sunday; choose a school day."""

    russian = "Это воскресенье; выберите учебный день."


class LessonTooEarly(Caution):
    """Lessons begin at {least} or later; choose a later time."""

    russian = "Уроки начинаются не раньше {least}; выберите более позднее время."


class LessonTooLate(Caution):
    """Lessons end by {most}; choose an earlier time."""

    russian = "Уроки заканчиваются не позже {most}; выберите более раннее время."


class TooManyLessons(Caution):
    """Some of the students would have more than the {most} lessons a day of their grade; choose
    another day."""

    russian = (
        "У некоторых учеников стало бы больше {most} уроков в день — нормы их класса; "
        "выберите другой день."
    )


class NotInFirstShift(Caution):
    """Grade {grade} has its lessons in the first shift; choose a time before {most}."""

    russian = "У {grade} классов уроки в первую смену; выберите время раньше {most}."


CAUTIONS = (LessonOnSunday, LessonTooEarly, LessonTooLate, TooManyLessons, NotInFirstShift)


async def find_cautions(
    ctx: Ctx, section: Section, day: date, starts_at: time, ends_at: time, *, but: int = 0
) -> list[Caution]:
    """Return the warnings about a lesson of the section at that time.

    but: The key of the lesson that is moved there, which is not counted.
    """
    school = await settings(ctx)
    found = [*check_clock(school, day, starts_at, ends_at)]
    if most := await find_exceeded_norm(ctx, school, section, day, but):
        found.append(TooManyLessons(field="date", most=most))
    if late := await after_first_shift(ctx, school, section, starts_at):
        found.append(NotInFirstShift(field="starts_at", grade=late[0], most=late[1]))
    return found


def check_clock(school: School, day: date, starts_at: time, ends_at: time) -> Iterator[Caution]:
    if day.weekday() == SUNDAY:
        yield LessonOnSunday(field="date")
    if starts_at < school.earliest_lesson:
        yield LessonTooEarly(field="starts_at", least=school.earliest_lesson)
    if ends_at > school.latest_lesson:
        yield LessonTooLate(field="ends_at", most=school.latest_lesson)


async def find_exceeded_norm(
    ctx: Ctx, school: School, section: Section, day: date, but: int
) -> int | None:
    """Return the norm of lessons a day that some of the section's students would exceed; None if
    nobody would. Grade 1 may have one lesson more on one day of the week."""
    mine = (SectionMembership.school_id == ctx.actor.school_id, holds_on(SectionMembership, day))
    student = (
        select(SectionMembership.student_id)
        .where(*mine, SectionMembership.section_id == section.id)
        .subquery("student")
    )
    grade = grade_on(ctx, student.c.student_id, day)
    norms = dict(enumerate(school.daily_lessons, start=1))
    norm = case(norms, value=grade, else_=school.daily_lessons[-1])
    lessons = lessons_of(ctx, student.c.student_id, but)
    that_day = lessons.where(Lesson.date == day).with_only_columns(func.count())
    monday = day - timedelta(days=day.weekday())
    other_days = lessons.where(
        Lesson.date.between(monday, monday + timedelta(days=6)), Lesson.date != day
    )
    long_day = other_days.group_by(Lesson.date).having(func.count() > norm).exists()
    more = case((and_(grade == 1, ~long_day), 1), else_=0)
    over = that_day.scalar_subquery() + 1 > norm + more
    query = select(norm).select_from(student).where(grade > 0, over).order_by(norm).limit(1)
    found: int | None = await ctx.session.scalar(query)
    return found


def grade_on(ctx: Ctx, student_id: Any, day: date) -> Any:
    """Return the grade of a student on a day, as SQL; null outside classes."""
    return (
        select(SchoolClass.grade_level)
        .join(ClassMembership, ClassMembership.school_class_id == SchoolClass.id)
        .where(
            SchoolClass.school_id == ctx.actor.school_id,
            ClassMembership.school_id == ctx.actor.school_id,
            ClassMembership.student_id == student_id,
            holds_on(ClassMembership, day),
        )
        .limit(1)
        .correlate_except(SchoolClass, ClassMembership)
        .scalar_subquery()
    )


def lessons_of(ctx: Ctx, student_id: Any, but: int) -> Select[Any]:
    """SELECT a student's lessons that are not cancelled, on days when they are in the section."""
    member = aliased(SectionMembership)
    return (
        select(Lesson.date)
        .join(member, and_(member.section_id == Lesson.section_id, holds_on(member, Lesson.date)))
        .where(
            Lesson.school_id == ctx.actor.school_id,
            Lesson.status != LessonStatus.CANCELLED,
            Lesson.id != but,
            member.school_id == ctx.actor.school_id,
            member.student_id == student_id,
        )
        .correlate_except(Lesson, member)
    )


async def after_first_shift(
    ctx: Ctx, school: School, section: Section, starts_at: time
) -> tuple[int, time] | None:
    """Return the grade and the beginning of the second shift, if the lesson is in the second shift
    and its grade learns in the first; else None."""
    second = select(func.min(Period.starts_at)).where(
        Period.school_id == ctx.actor.school_id,
        Period.bell_schedule_id.in_(
            select(BellSchedule.id).where(
                BellSchedule.school_id == ctx.actor.school_id, BellSchedule.shift > 1
            )
        ),
    )
    grade = select(SchoolClass.grade_level).where(
        SchoolClass.school_id == ctx.actor.school_id, SchoolClass.id == section.school_class_id
    )
    begins, level = await ctx.session.scalar(second), await ctx.session.scalar(grade)
    if level not in school.first_shift_grades or begins is None or starts_at < begins:
        return None
    return level, begins
