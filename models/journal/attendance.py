"""Who was in a lesson."""

from datetime import datetime
from enum import Enum

from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from models.base import OfSchool, refers, same
from models.limits import only, unique_ours
from models.people.persons import Person
from models.people.students import Student
from models.problems import OutOfRange
from models.structure.sections import Section
from models.timetable.lessons import Lesson


class AttendanceCode(Enum):
    """Whether someone was there, or why not.

    PRESENT: Was there; said so, for no record says nothing.
    EXCUSED: Absent for a good reason (УП).
    ILLNESS: Absent, ill (Б).
    UNEXCUSED: Absent without a good reason (НП).
    ABSENT: Absent, the reason is not known yet (ОТ).
    LATE: Came late (ОП).
    EXEMPT: Freed from this lesson (ОСВ).
    """

    PRESENT = "PRESENT"
    EXCUSED = "EXCUSED"
    ILLNESS = "ILLNESS"
    UNEXCUSED = "UNEXCUSED"
    ABSENT = "ABSENT"
    LATE = "LATE"
    EXEMPT = "EXEMPT"


class AttendanceRecord(OfSchool):
    """Whether a student was in a lesson (посещаемость).

    code: Whether they were there, or why not.
    minutes_late: How late they came, 1..240; only with LATE.
    set_at: When it was last set.
    version: Counts changes from 1; send it back as `expectedVersion`.
    """

    __tablename__ = "attendance_records"
    __table_args__ = (
        unique_ours("lesson_id", "student_id"),
        Index("of_section", "school_id", "section_id", "student_id"),
        same("lesson_id", "section_id", of="lessons"),
        only(
            "minutes_late IS NULL OR (code = 'LATE' AND minutes_late BETWEEN 1 AND 240)",
            OutOfRange,
            "minutes_late",
            least=1,
            most=240,
        ),
    )

    lesson_id: Mapped[int] = refers(Lesson, covered=True)
    student_id: Mapped[int] = refers(Student, covered=True)
    section_id: Mapped[int] = refers(Section, covered=True)
    """The lesson's own."""
    author_id: Mapped[int] = refers(Person, covered=True)
    code: Mapped[AttendanceCode]
    minutes_late: Mapped[int | None]
    set_at: Mapped[datetime]
