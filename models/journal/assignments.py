"""What marks are given for."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import Numeric
from sqlalchemy.orm import Mapped, mapped_column

from models.base import OfSchool, refers, same, words
from models.limits import between, unique, unique_ours
from models.problems import NameTaken
from models.structure.sections import Section
from models.timetable.lessons import Lesson


class AssignmentType(OfSchool):
    """A kind of work (тип задания). OneRoster: category.

    name: For people, e.g. `Контрольная работа`.
    short_name: For narrow columns, e.g. `К`.
    position: Its place in lists, from 0.
    default_weight: Weight a new assignment of this type gets, 0..100.
    """

    __tablename__ = "assignment_types"
    __table_args__ = (
        unique("name", says=NameTaken),
        between("default_weight", 0, 100),
    )

    name: Mapped[str] = words(100)
    short_name: Mapped[str] = words(10)
    position: Mapped[int]
    default_weight: Mapped[Decimal] = mapped_column(Numeric(5, 2))


class Assignment(OfSchool):
    """What marks of a lesson are given for (задание). OneRoster: lineItem.

    title: For people, e.g. `Диктант`.
    weight: Share in the weighted average, 0..100 with two decimals; 0 counts nowhere.
    due_on: By which day; null when done in the lesson.
    publish_at: When families may see its marks; null for at once.
    version: Counts changes from 1; send it back as `expectedVersion`.
    """

    __tablename__ = "assignments"
    __table_args__ = (
        between("weight", 0, 100),
        unique_ours("id", "section_id", "lesson_id"),
        same("lesson_id", "section_id", of="lessons"),
    )

    lesson_id: Mapped[int] = refers(Lesson)
    section_id: Mapped[int] = refers(Section)
    """The lesson's own: rights and averages ask for it more often than for anything else."""
    assignment_type_id: Mapped[int] = refers(AssignmentType)
    title: Mapped[str] = words(300)
    weight: Mapped[Decimal] = mapped_column(Numeric(5, 2))
    due_on: Mapped[date | None]
    publish_at: Mapped[datetime | None]
