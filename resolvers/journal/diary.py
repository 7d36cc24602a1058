"""A student's diary: days, their lessons, and the student's records in each."""

from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

from sqlalchemy import exists, select
from sqlalchemy.orm import aliased

from auth.actor import Viewer
from auth.rights import Right
from models.base import Id, holds_on
from models.journal.diary import DiaryLesson
from models.people.students import Student
from models.structure.sections import SectionMembership
from models.timetable.homework import Homework
from resolvers.core.parameters import Arg
from resolvers.core.reads import Groups, Report, Row, Rows, reads
from resolvers.journal.days import first_and_last_day, limit_days

LONGEST = 62


@dataclass(frozen=True)
class DiaryDay:
    """A day of a diary.

    date: The day, school-local.
    lessons: Its lessons, in order of time; cancelled ones have the status CANCELLED.
    homework_due: The homework due by this day, whenever it was set, in the sections the student is
        in on this day.
    """

    date: date
    lessons: list[DiaryLesson]
    homework_due: list[Homework]


@dataclass(frozen=True)
class Diary(Report):
    """A student's diary (дневник).

    student: The student.
    days: Days with lessons, in order; if `homeworkDue` is selected, also days without lessons by
        which homework is due.
    """

    needs: ClassVar = ("student",)

    student: Row[Student]
    days: Groups[DiaryDay]


@reads(Right.LESSONS_READ, limit_days(LONGEST))
def find_diary(
    viewer: Viewer,
    *,
    student_id: Arg[Id[Student]],
    from_: Arg[date] | None = None,
    to: Arg[date] | None = None,
) -> Diary:
    """A student's diary; null for a student the viewer may not see.

    student_id: The student.
    from_: First day, school-local; null for Monday of this week.
    to: Last day, school-local; null for the week that begins with `from`. At most 62 days in all.
    """
    first, last = first_and_last_day(viewer, from_, to)
    lessons = (
        DiaryLesson.student_id == student_id,
        DiaryLesson.date.between(first, last),
    )
    in_time = (DiaryLesson.date, DiaryLesson.starts_at)
    return Diary(
        student=Row(Student, (Student.id == student_id,)),
        days=Groups(
            DiaryDay,
            Rows(DiaryLesson, lessons, in_time),
            by="date",
            beside={"homework_due": (homework_due(viewer, student_id, first, last), "due_on")},
        ),
    )


def homework_due(
    viewer: Viewer, student_id: Arg[Id[Student]], first: Any, last: Any
) -> Rows[Homework]:
    """Return the homework due on the days, in the sections that the student is in on its day."""
    member = aliased(SectionMembership)
    there = select(member.id).where(
        member.school_id == viewer.school_id,
        member.student_id == student_id,
        member.section_id == Homework.section_id,
        holds_on(member, Homework.due_on),
    )
    due = (Homework.due_on.between(first, last), exists(there.correlate(Homework)))
    return Rows(Homework, due, (Homework.due_on, Homework.lesson_id))
