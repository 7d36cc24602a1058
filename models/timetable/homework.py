"""What is set for home in a lesson."""

from datetime import date

from sqlalchemy.orm import Mapped

from models.base import OfSchool, refers, words
from models.files.files import File
from models.limits import unique, unique_ours
from models.problems import Conflict
from models.timetable.lessons import Lesson


class Homework(OfSchool):
    """What is set for home in a lesson (домашнее задание).

    text: What to do.
    due_on: By which day, school-local; null for the next lesson.
    version: Counts changes from 1; send it back as `expectedVersion`.
    """

    __tablename__ = "homework"
    __table_args__ = (unique("lesson_id", says=Conflict, blamed="expected_version"),)

    lesson_id: Mapped[int] = refers(Lesson, covered=True)
    text: Mapped[str] = words(4000)
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
