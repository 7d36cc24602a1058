"""A student's diary: days, their lessons, and in each what concerns this student."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select

from auth.policy import seen
from auth.rights import Right
from models.base import Id
from models.journal.diary import DiaryLesson
from models.people.students import Student
from models.problems import BadUserInput
from models.timetable.lessons import LessonStatus
from resolvers.context import Ctx
from resolvers.shapes import Wanted, looks_ahead

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
class Diary:
    """A student's diary (дневник).

    student: Whose it is.
    days: Days with lessons, in order.
    """

    student: Student
    days: list[DiaryDay]


@looks_ahead(
    Right.LESSONS_READ, lessons=(DiaryLesson, "days", "lessons"), student=(Student, "student")
)
async def find_diary(
    ctx: Ctx,
    wanted: Mapping[str, Wanted],
    *,
    student_id: Id[Student],
    from_: date | None = None,
    to: date | None = None,
) -> Diary | None:
    """A student's diary; null for a student the viewer may not see.

    student_id: Whose.
    from_: First day, school-local; null for Monday of this week.
    to: Last day, school-local, at most 62 days later; null for the week that begins with `from`.
    """
    first = from_ or ctx.actor.today - timedelta(days=ctx.actor.today.weekday())
    last = to or first + timedelta(days=6)
    bounded(first, last, LONGEST)
    student = await ctx.find(student_id, wanted["student"])
    if student is None:
        return None
    query = (
        select(DiaryLesson)
        .where(
            seen(ctx.viewer, DiaryLesson),
            DiaryLesson.student_id == student.id,
            DiaryLesson.date.between(first, last),
            DiaryLesson.status != LessonStatus.CANCELLED,
        )
        .order_by(DiaryLesson.date, DiaryLesson.starts_at, DiaryLesson.id)
    )
    days: dict[date, list[DiaryLesson]] = defaultdict(list)
    for lesson in await ctx.rows(query, DiaryLesson, wanted["lessons"]):
        days[lesson.date].append(lesson)
    return Diary(student, [DiaryDay(day, lessons) for day, lessons in days.items()])


def bounded(first: date, last: date, longest: int) -> None:
    """Raises BadUserInput for a time that ends before it begins, or is too long."""
    if not 0 <= (last - first).days < longest:
        raise BadUserInput(field="to", expected=f"a day not before `from`, at most {longest} days")
