"""A diary: the lessons of one student."""

from datetime import date, datetime, time

from sqlalchemy import and_, select
from sqlalchemy.orm import Mapped

from models.base import OfSchool, holds_on
from models.structure.sections import SectionMembership
from models.timetable.lessons import Lesson, LessonStatus

NOT_SHOWN = {"span", "overridden_warnings", "override_reason"}
HELD = Lesson.__table__
SEATS = (
    select(
        *(column for column in HELD.columns if column.name not in NOT_SHOWN),
        SectionMembership.student_id,
    )
    .join(
        SectionMembership,
        and_(
            SectionMembership.school_id == HELD.c.school_id,
            SectionMembership.section_id == HELD.c.section_id,
            holds_on(SectionMembership, HELD.c.date),
        ),
    )
    .subquery("diary_lessons")
)
"""SQL: the lessons of each student, by their membership in the section on the day of the lesson.
So a diary changes sections on the day its student does (domain.md e1)."""


class DiaryLesson(OfSchool):
    """A lesson in a student's diary (урок в дневнике).

    date: Day, school-local.
    starts_at: The first bell, school-local.
    ends_at: The last bell, school-local.
    ordinal: Which lesson of the day, 0..14.
    status: Whether it is planned, held or cancelled.
    topic: Its topic; null before it is entered.
    """

    __table__ = SEATS
    __mapper_args__ = {"primary_key": [SEATS.c.school_id, SEATS.c.id, SEATS.c.student_id]}
    is_view = True

    school_id: Mapped[int]
    id: Mapped[int]
    version: Mapped[int]
    student_id: Mapped[int]
    section_id: Mapped[int]
    staff_id: Mapped[int]
    room_id: Mapped[int | None]
    date: Mapped[date]
    starts_at: Mapped[time]
    ends_at: Mapped[time]
    ordinal: Mapped[int]
    status: Mapped[LessonStatus]
    topic: Mapped[str | None]
    moved_from: Mapped[datetime | None]
