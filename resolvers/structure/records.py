"""What stands in the journal of a section, and whether its students were there.

Averages count what a student has in the sections they were in; diaries and journals show the days
on which they were in them. So nobody leaves a section as of a day on which something of theirs
stands in it: it would count and be shown nowhere.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Select, exists, func, literal, select, union_all

from auth.policy import visible
from models.base import holds_on
from models.journal.attendance import AttendanceRecord
from models.journal.marks import Mark
from models.people.persons import Person
from models.people.students import Student
from models.problems import Problem
from models.structure.sections import Section, SectionMembership
from models.timetable.lessons import Lesson
from resolvers.context import Ctx
from resolvers.loading import of_keys

MOST_NAMED = 5


class RecordsInTheWay(Problem):
    """Students would not be in the section on days on which something of theirs stands in its
    journal: {students}. Marks: {marks}, attendance records: {attendance}, the last of {lastDay}.
    Let the change begin on {firstFreeDay} or later, or leave them in the section."""

    russian = (
        "Учеников не было бы в группе в дни, за которые у них есть записи в её журнале: "
        "{students}. Отметок: {marks}, записей о посещаемости: {attendance}, последняя за "
        "{lastDay}. Начните с {firstFreeDay} или позже либо оставьте учеников в группе."
    )


async def nothing_in_the_way(
    ctx: Ctx, section: Section, students: Iterable[int], since: date
) -> None:
    """Raises RecordsInTheWay if something of the students stands in the section on a day from
    `since` on, on which they are not in it any more.

    Ask it when the memberships are written: whoever is putting a mark holds the membership, so the
    mark is there by then, or is refused.
    """
    lost = lost_records(ctx.actor.school_id, section.id, sorted(students), since).subquery()
    kinds = (func.count().filter(lost.c.is_mark), func.count().filter(~lost.c.is_mark))
    query = select(*kinds, func.max(lost.c.date), func.array_agg(lost.c.student_id.distinct()))
    marks, attendance, last, whose = (await ctx.session.execute(query)).one()
    if last is None:
        return
    raise RecordsInTheWay(
        field="effective_from",
        students=await names_of(ctx, whose),
        marks=marks,
        attendance=attendance,
        lastDay=last,
        firstFreeDay=last + timedelta(days=1),
    )


def lost_records(school_id: int, section_id: int, students: list[int], since: date) -> Select[Any]:
    """Marks and attendance records of students on days on which they are not in the section."""

    def of(row: type[Mark] | type[AttendanceRecord]) -> Select[Any]:
        there = exists().where(
            SectionMembership.school_id == school_id,
            SectionMembership.section_id == section_id,
            SectionMembership.student_id == row.student_id,
            holds_on(SectionMembership, Lesson.date),
        )
        return (
            select(literal(row is Mark).label("is_mark"), row.student_id, Lesson.date)
            .join(Lesson, (Lesson.school_id == row.school_id) & (Lesson.id == row.lesson_id))
            .where(
                row.school_id == school_id,
                row.section_id == section_id,
                of_keys(row.student_id, students),
                Lesson.date >= since,
                ~there,
            )
        )

    # Not through `visible`: a rule of the journal. The refusal tells numbers, days, and names that
    # the viewer may read.
    both = union_all(of(Mark).where(Mark.withdrawn_at.is_(None)), of(AttendanceRecord))
    return select(both.subquery())


async def names_of(ctx: Ctx, students: list[int]) -> str:
    """Names that the viewer may read, few of many."""
    query = (
        visible(ctx.viewer, Student)
        .join(Person, (Person.school_id == Student.school_id) & (Person.id == Student.person_id))
        .where(of_keys(Student.id, students))
        .with_only_columns(Person.short_name)
        .order_by(Person.sort_key)
    )
    names = [line[0] for line in await ctx.lines(query)]
    more = len(students) - min(len(names), MOST_NAMED)
    return ", ".join([*names[:MOST_NAMED], *([f"+{more}"] if more else [])])
