"""Assignments, which marks are given for."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import Numeric
from sqlalchemy.orm import Mapped, mapped_column

from models.base import OfSchool, keep_equal, refers, words
from models.journal.assignment_types import AssignmentType
from models.limits import check_range, unique_internal
from models.structure.sections import Section
from models.timetable.lessons import Lesson


class Assignment(OfSchool):
    """An assignment of a lesson, which marks are given for (задание). OneRoster: lineItem.

    title: Title, e.g. `Диктант`.
    weight: Weight in the average, 0..100 with two decimals; with 0 its marks do not count.
    due_on: The day it is due; null when it is done in the lesson.
    publish_at: When families may see its marks; null when they may at once.
    version: Counts changes from 1; send it back as `expectedVersion`.
    """

    __tablename__ = "assignments"
    __table_args__ = (
        check_range("weight", 0, 100),
        unique_internal("id", "section_id", "lesson_id"),
        keep_equal("lesson_id", "section_id", of="lessons"),
    )

    lesson_id: Mapped[int] = refers(Lesson)
    section_id: Mapped[int] = refers(Section)
    """Copied from the lesson, because rights and averages compare it more often than anything
    else."""
    assignment_type_id: Mapped[int] = refers(AssignmentType)
    title: Mapped[str] = words(300)
    weight: Mapped[Decimal] = mapped_column(Numeric(5, 2))
    due_on: Mapped[date | None]
    publish_at: Mapped[datetime | None]
