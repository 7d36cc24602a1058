"""Attendance of lessons."""

from datetime import datetime
from enum import Enum

from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from models.base import OfSchool, keep_equal, refers
from models.limits import check, unique_internal
from models.people.persons import Person
from models.people.students import Student
from models.problems import OutOfRange
from models.structure.sections import Section
from models.timetable.lessons import Lesson


class AttendanceCode(Enum):
    """An attendance code: present, or absent with the reason.

    PRESENT: Present. A student without a record is neither present nor absent.
    EXCUSED: Absent for a good reason (УП).
    ILLNESS: Absent because of illness (Б).
    UNEXCUSED: Absent without a good reason (НП).
    ABSENT: Absent; the reason is not known yet (ОТ).
    LATE: Late (ОП).
    EXEMPT: Exempt from this lesson (ОСВ).
    """

    PRESENT = "PRESENT"
    EXCUSED = "EXCUSED"
    ILLNESS = "ILLNESS"
    UNEXCUSED = "UNEXCUSED"
    ABSENT = "ABSENT"
    LATE = "LATE"
    EXEMPT = "EXEMPT"


class AttendanceRecord(OfSchool):
    """The attendance of one student in one lesson (посещаемость).

    code: Whether they were present, or why not.
    minutes_late: Minutes by which they were late, 1..240; only with LATE.
    set_at: When it was last set.
    version: Counts changes from 1; send it back as `expectedVersion`.
    """

    __tablename__ = "attendance_records"
    __table_args__ = (
        unique_internal("lesson_id", "student_id"),
        Index("of_section", "school_id", "section_id", "student_id"),
        keep_equal("lesson_id", "section_id", of="lessons"),
        check(
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
    """Copied from the lesson."""
    author_id: Mapped[int] = refers(Person, covered=True)
    code: Mapped[AttendanceCode]
    minutes_late: Mapped[int | None]
    set_at: Mapped[datetime]
