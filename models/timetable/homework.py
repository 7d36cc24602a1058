"""Homework set in lessons."""

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped

from models.base import OfSchool, keep_equal, refers, words
from models.files.files import File
from models.limits import mark_internal, unique, unique_internal
from models.overrides import Overridable
from models.problems import Conflict
from models.structure.sections import Section
from models.timetable.lessons import Lesson


class Homework(OfSchool, Overridable):
    """Homework set in a lesson (домашнее задание).

    text: The text of the homework.
    due_on: The day it is due, school-local: the day that the teacher named, or else the day of the
        section's next lesson on a later day; null while there is no such lesson.
    version: Counts changes from 1; send it back as `expectedVersion`. A change of the timetable
        that moves the due day is not counted.
    """

    __tablename__ = "homework"
    __table_args__ = (
        unique("lesson_id", says=Conflict, blamed="expected_version"),
        keep_equal("lesson_id", "section_id", of="lessons"),
        # When a lesson moves to another day, homework that is due in it moves, too (domain.md e19).
        mark_internal(
            ForeignKeyConstraint(
                ["school_id", "due_lesson_id", "section_id", "due_on"],
                ["lessons.school_id", "lessons.id", "lessons.section_id", "lessons.date"],
                onupdate="CASCADE",
            )
        ),
        # The database does not check a reference in which one column is null.
        mark_internal(CheckConstraint("due_lesson_id IS NULL OR due_on IS NOT NULL", "due_day")),
        Index("by_due_day", "school_id", "section_id", "due_on"),
    )

    lesson_id: Mapped[int] = refers(Lesson, covered=True)
    section_id: Mapped[int] = refers(Section, covered=True)
    text: Mapped[str] = words(4000)
    due_lesson_id: Mapped[int | None] = refers(Lesson)
    """The lesson it is due in; null where the teacher named the day or no lesson follows yet."""
    due_on: Mapped[date | None]


class HomeworkAttachment(OfSchool):
    """A file that belongs to homework.

    position: Its place, from 0.
    """

    __tablename__ = "homework_attachments"
    __table_args__ = (unique_internal("homework_id", "file_id"),)

    homework_id: Mapped[int] = refers(Homework, covered=True)
    file_id: Mapped[int] = refers(File)
    position: Mapped[int]
