"""Assignments, which marks are given for, and their types."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import Numeric
from sqlalchemy.orm import Mapped, mapped_column

from models.base import OfSchool, keep_equal, refers, words
from models.limits import check_range, unique, unique_internal
from models.problems import NameTaken
from models.structure.sections import Section
from models.timetable.lessons import Lesson


class AssignmentType(OfSchool):
    """A kind of work (тип задания). OneRoster: category.

    name: Name, e.g. `Контрольная работа`.
    short_name: Name for narrow columns, e.g. `К`.
    position: Its place in lists, from 0.
    default_weight: Weight that a new assignment of this type gets, 0..100.
    """

    __tablename__ = "assignment_types"
    __table_args__ = (
        unique("name", says=NameTaken),
        check_range("default_weight", 0, 100),
    )

    name: Mapped[str] = words(100)
    short_name: Mapped[str] = words(10)
    position: Mapped[int]
    default_weight: Mapped[Decimal] = mapped_column(Numeric(5, 2))


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
