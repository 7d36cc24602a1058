"""A student's diary: days, their lessons, and in each what concerns this student."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, ClassVar

from sqlalchemy import Date, cast, func

from auth.actor import Actor, Viewer
from auth.rights import Right
from models.base import Id
from models.journal.diary import DiaryLesson
from models.people.students import Student
from models.problems import BadUserInput
from models.timetable.lessons import LessonStatus
from resolvers.parameters import Arg
from resolvers.reads import Groups, Report, Row, Rows, reads

LONGEST = 62


@dataclass(frozen=True)
class DiaryDay:
    """One day of a diary.

    date: The day, school-local.
    lessons: Its lessons, in order of time; cancelled ones are left out.
    """

    date: date
    lessons: list[DiaryLesson]


@dataclass(frozen=True)
class Diary(Report):
    """A student's diary (дневник).

    student: Whose it is.
    days: Days with lessons, in order.
    """

    needs: ClassVar = ("student",)

    student: Row[Student]
    days: Groups[DiaryDay]


def checked(
    actor: Actor, student_id: Any, from_: date | None = None, to: date | None = None
) -> None:
    """Raises BadUserInput for days that are none."""
    first = from_ or actor.today - timedelta(days=actor.today.weekday())
    bounded(first, to or first + timedelta(days=6), LONGEST)


@reads(Right.LESSONS_READ, checked)
def find_diary(
    viewer: Viewer,
    *,
    student_id: Arg[Id[Student]],
    from_: Arg[date] | None = None,
    to: Arg[date] | None = None,
) -> Diary:
    """A student's diary; null for a student the viewer may not see.

    student_id: Whose.
    from_: First day, school-local; null for Monday of this week.
    to: Last day, school-local, at most 62 days later; null for the week that begins with `from`.
    """
    monday: Any = cast(func.date_trunc("week", viewer.today), Date)
    first = monday if from_ is None else from_
    lessons = (
        DiaryLesson.student_id == student_id,
        DiaryLesson.date.between(first, first + 6 if to is None else to),
        DiaryLesson.status != LessonStatus.CANCELLED,
    )
    in_time = (DiaryLesson.date, DiaryLesson.starts_at)
    return Diary(
        student=Row(Student, (Student.id == student_id,)),
        days=Groups(DiaryDay, Rows(DiaryLesson, lessons, in_time), by="date"),
    )


def bounded(first: date, last: date, longest: int) -> None:
    """Raises BadUserInput for a time that ends before it begins, or is too long."""
    if not 0 <= (last - first).days < longest:
        raise BadUserInput(field="to", expected=f"a day not before `from`, at most {longest} days")
