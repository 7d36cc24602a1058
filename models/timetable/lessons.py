"""Lessons: a section, its teacher, a room and a time."""

from datetime import date, datetime, time
from enum import Enum

from sqlalchemy import Index
from sqlalchemy.dialects.postgresql import TSRANGE
from sqlalchemy.dialects.postgresql.ranges import Range
from sqlalchemy.orm import Mapped, mapped_column

from models.base import OfSchool, compute, never_overlaps, refers, words
from models.limits import check_range, ends_after, unique_internal
from models.overrides import Overridable
from models.people.staff import Staff
from models.problems import Problem
from models.school.rooms import Room
from models.structure.sections import Section

HELD = "status <> 'CANCELLED'"


class LessonStatus(Enum):
    """The state of a lesson.

    PLANNED: It is to be held.
    CONDUCTED: It was held.
    CANCELLED: It is cancelled.
    """

    PLANNED = "PLANNED"
    CONDUCTED = "CONDUCTED"
    CANCELLED = "CANCELLED"


class TeacherBusy(Problem):
    """The teacher has another lesson at that time; choose another time or another teacher."""

    russian = "У учителя в это время другой урок; выберите другое время или другого учителя."


class RoomBusy(Problem):
    """The room is taken at that time; choose another room or another time."""

    russian = "Кабинет в это время занят; выберите другой кабинет или другое время."


class Lesson(OfSchool, Overridable):
    """One lesson of a section (урок).

    date: Day, school-local.
    starts_at: The first bell, school-local.
    ends_at: The last bell, school-local.
    ordinal: Number of the lesson in the day, 0..14.
    status: Whether it is planned, held or cancelled.
    topic: Its topic (тема урока); null before it is entered.
    moved_from: When it was to begin before it was moved; null if it was not moved.
    version: Counts changes from 1; send it back as `expectedVersion`.
    """

    __tablename__ = "lessons"
    __table_args__ = (
        unique_internal("id", "section_id"),
        unique_internal("id", "section_id", "date"),
        ends_after("ends_at > starts_at", "ends_at"),
        check_range("ordinal", 0, 14),
        never_overlaps("staff_id", span="span", where=HELD, says=TeacherBusy, blamed="starts_at"),
        never_overlaps("room_id", span="span", where=HELD, says=RoomBusy, blamed="room_id"),
        Index("by_date", "school_id", "date", "id"),
        Index("by_section", "school_id", "section_id", "date", "starts_at"),
        Index("by_teacher", "school_id", "staff_id", "date"),
    )

    section_id: Mapped[int] = refers(Section, covered=True)
    staff_id: Mapped[int] = refers(Staff, covered=True)
    room_id: Mapped[int | None] = refers(Room)
    date: Mapped[date]
    starts_at: Mapped[time]
    ends_at: Mapped[time]
    ordinal: Mapped[int]
    status: Mapped[LessonStatus]
    topic: Mapped[str | None] = words(1000)
    moved_from: Mapped[datetime | None]
    span: Mapped[Range[datetime]] = mapped_column(
        TSRANGE, compute("tsrange(date + starts_at, date + ends_at)")
    )
