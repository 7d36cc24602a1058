"""Students: their card and their stays in the school."""

from datetime import date
from enum import Enum

from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from models.base import OfSchool, never_overlaps, refers, words
from models.limits import ends_after, unique, unique_internal
from models.people.persons import Person
from models.problems import Problem


class StudentStatus(Enum):
    """Whether a student studies here.

    ENROLLED: They study here.
    LEFT: They left for another school or place.
    GRADUATED: They graduated here.
    """

    ENROLLED = "ENROLLED"
    LEFT = "LEFT"
    GRADUATED = "GRADUATED"


class StudyForm(Enum):
    """A form of study (форма обучения).

    FULL_TIME: Full-time (очная).
    PART_TIME: Part-time (очно-заочная).
    EXTRAMURAL: Extramural (заочная).
    FAMILY: Family education (семейное образование).
    AT_HOME: Taught at home (на дому).
    """

    FULL_TIME = "FULL_TIME"
    PART_TIME = "PART_TIME"
    EXTRAMURAL = "EXTRAMURAL"
    FAMILY = "FAMILY"
    AT_HOME = "AT_HOME"


class PersonalFileTaken(Problem):
    """Another student has this number of the personal file; choose the next free one."""

    russian = "Этот номер личного дела занят; возьмите следующий свободный."


class Student(OfSchool):
    """A student's basic card (обучающийся).

    personal_file_no: Number of the personal file (личное дело), e.g. `К-25`; unique in the school.
    admitted_on: Day of admission to this school.
    status: Whether they study here now.
    version: Counts changes from 1; send it back as `expectedVersion`.
    """

    __tablename__ = "students"
    __table_args__ = (
        unique_internal("person_id"),
        unique("personal_file_no", says=PersonalFileTaken),
        unique_internal("sourced_id"),
        Index("by_admission", "school_id", "admitted_on", "id"),
    )

    person_id: Mapped[int] = refers(Person, covered=True)
    personal_file_no: Mapped[str] = words(40)
    admitted_on: Mapped[date]
    status: Mapped[StudentStatus]
    sourced_id: Mapped[str | None] = words(255)


class Enrollment(OfSchool):
    """A stay in the school, from order to order (зачисление и выбытие).

    entry_date: First day.
    entry_order: Order of admission, e.g. `12-у от 30.08.2026`; null when not entered.
    exit_date: First day no longer here; null while they study.
    exit_reason: Why they left; null while they study.
    destination: Where they left for; null when not known.
    form: The form of study.
    """

    __tablename__ = "enrollments"
    __table_args__ = (
        never_overlaps("student_id", span="daterange(entry_date, exit_date)", blamed="entry_date"),
        ends_after("exit_date >= entry_date", "exit_date"),
    )

    student_id: Mapped[int] = refers(Student)
    entry_date: Mapped[date]
    entry_order: Mapped[str | None] = words(100)
    exit_date: Mapped[date | None]
    exit_reason: Mapped[str | None] = words(300)
    destination: Mapped[str | None] = words(300)
    form: Mapped[StudyForm]
    sourced_id: Mapped[str | None] = words(255)
