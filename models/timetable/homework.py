"""What is set for home in a lesson."""

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped

from models.base import OfSchool, refers, same, words
from models.files.files import File
from models.limits import ours, unique, unique_ours
from models.overrides import Overridable
from models.problems import Conflict
from models.structure.sections import Section
from models.timetable.lessons import Lesson


class Homework(OfSchool, Overridable):
    """What is set for home in a lesson (домашнее задание).

    text: What to do.
    due_on: By which day, school-local: the day the teacher named, or else that of the section's
        next lesson on a later day; null while there is no such lesson.
    version: Counts changes from 1; send it back as `expectedVersion`. It does not count when the
        timetable moves the day it is due.
    """

    __tablename__ = "homework"
    __table_args__ = (
        unique("lesson_id", says=Conflict, blamed="expected_version"),
        same("lesson_id", "section_id", of="lessons"),
        # A lesson that moves to another day takes what is due in it along (domain.md e19).
        ours(
            ForeignKeyConstraint(
                ["school_id", "due_lesson_id", "section_id", "due_on"],
                ["lessons.school_id", "lessons.id", "lessons.section_id", "lessons.date"],
                onupdate="CASCADE",
            )
        ),
        # Without a day the reference would not be checked.
        ours(CheckConstraint("due_lesson_id IS NULL OR due_on IS NOT NULL", "due_day")),
        Index("by_due_day", "school_id", "section_id", "due_on"),
    )

    lesson_id: Mapped[int] = refers(Lesson, covered=True)
    section_id: Mapped[int] = refers(Section, covered=True)
    text: Mapped[str] = words(4000)
    due_lesson_id: Mapped[int | None] = refers(Lesson)
    """The lesson it is due in; null where the teacher named the day, or no lesson follows yet."""
    due_on: Mapped[date | None]


class HomeworkAttachment(OfSchool):
    """A file that belongs to homework.

    position: Its place, from 0.
    """

    __tablename__ = "homework_attachments"
    __table_args__ = (unique_ours("homework_id", "file_id"),)

    homework_id: Mapped[int] = refers(Homework, covered=True)
    file_id: Mapped[int] = refers(File)
    position: Mapped[int]
