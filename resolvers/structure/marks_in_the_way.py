"""Marks that keep a student in a section.

Averages count the marks that a student has in the sections they were in; diaries and journals show
the days on which they were in them. So nobody leaves a section as of a day on which they have a
mark in it: it would count and be missing from the diary. Attendance counts only on days on which a
student is in the section, and stays in the journal, so it keeps nobody.
"""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from sqlalchemy import exists, func, select

from auth.policy import visible
from models.base import holds_on
from models.journal.marks import Mark
from models.people.persons import Person
from models.people.students import Student
from models.problems import Problem
from models.structure.sections import Section, SectionMembership
from models.timetable.lessons import Lesson
from resolvers.core.context import Ctx
from resolvers.core.loading import of_keys

MOST_NAMED = 5


class MarksInTheWay(Problem):
    """Students have marks in this section on days on which they would not be in it: {students}.
    Marks: {marks}, the last of {lastDay}. Let the change begin on {firstFreeDay} or later, or leave
    the students in the section."""

    russian = (
        "У учеников есть отметки в этой группе за дни, в которые их в ней не было бы: {students}. "
        "Отметок: {marks}, последняя за {lastDay}. Начните с {firstFreeDay} или позже либо "
        "оставьте учеников в группе."
    )


async def refuse_marks_in_the_way(
    ctx: Ctx, section: Section, students: Iterable[int], since: date
) -> None:
    """Raise MarksInTheWay if one of the students has a mark in the section on a day from `since`
    on, on which they are not in it any more.

    Call it after the memberships are written: a command that sets a mark locks the membership, so
    the mark is written by then, or is refused.
    """
    there = exists().where(
        SectionMembership.school_id == Mark.school_id,
        SectionMembership.section_id == Mark.section_id,
        SectionMembership.student_id == Mark.student_id,
        holds_on(SectionMembership, Lesson.date),
    )
    whose = func.array_agg(Mark.student_id.distinct())
    # Not through `visible`: all marks count. The refusal tells a number, days, and names that the
    # viewer may read.
    query = (
        select(func.count(), func.max(Lesson.date), whose)
        .select_from(Mark)
        .join(Lesson, (Lesson.school_id == Mark.school_id) & (Lesson.id == Mark.lesson_id))
        .where(
            Mark.school_id == ctx.actor.school_id,
            Mark.section_id == section.id,
            of_keys(Mark.student_id, sorted(students)),
            Mark.withdrawn_at.is_(None),
            Lesson.date >= since,
            ~there,
        )
    )
    marks, last, found = (await ctx.session.execute(query)).one()
    if last is not None:
        raise MarksInTheWay(
            field="effective_from",
            students=await names_of(ctx, found),
            marks=marks,
            lastDay=last,
            firstFreeDay=last + timedelta(days=1),
        )


async def names_of(ctx: Ctx, students: Sequence[int]) -> str:
    """Return the first names of students that the viewer may read, and the number of the others."""
    query = (
        visible(ctx.viewer, Student)
        .join(Person, (Person.school_id == Student.school_id) & (Person.id == Student.person_id))
        .where(of_keys(Student.id, students))
        .with_only_columns(Person.short_name)
        .order_by(Person.sort_key)
    )
    names = [line[0] for line in await ctx.lines(query)][:MOST_NAMED]
    more = len(students) - len(names)
    return ", ".join([*names, *([f"+{more}"] if more else [])])
