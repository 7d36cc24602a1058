"""Classes (7А), their class teachers and their members."""

from enum import Enum
from typing import TYPE_CHECKING

from sqlalchemy import Text as SqlText
from sqlalchemy import cast
from sqlalchemy.orm import Mapped, column_property

from models.base import Dated, OfSchool, one_at_a_time, refers, words
from models.limits import check_range, unique, unique_internal
from models.overrides import Overridable
from models.people.staff import Staff
from models.people.students import Student
from models.problems import Conflict, Problem
from models.school.calendar import AcademicYear, BellSchedule, TermType
from models.school.holidays import HolidaySet
from models.school.rooms import Room


class ClassKind(Enum):
    """The kind of a class in state statistics.

    ORDINARY: Ordinary (обычный).
    ADVANCED: Advanced study of subjects (углублённый).
    GYMNASIUM: Gymnasium (гимназический).
    LYCEUM: Lyceum (лицейский).
    CADET: Cadet (кадетский).
    CORRECTIONAL: For children with special needs (коррекционный).
    """

    ORDINARY = "ORDINARY"
    ADVANCED = "ADVANCED"
    GYMNASIUM = "GYMNASIUM"
    LYCEUM = "LYCEUM"
    CADET = "CADET"
    CORRECTIONAL = "CORRECTIONAL"


class ClassExists(Problem):
    """The year has a class of this grade and letter; choose another letter, or use that class."""

    russian = "Класс с этой параллелью и литерой в этом году уже есть; выберите другую литеру."


class SchoolClass(OfSchool, Overridable):
    """A class of one academic year (класс). OneRoster: class with classType homeroom.

    grade_level: Year of study (параллель), 0..12.
    letter: Letter that tells it from others of its grade (литера), at most 15 characters.
    profile: Profile of study; null when general.
    kind: Its kind in state statistics.
    shift: The shift, 1 or 2.
    reference_count: Head-count on 20 September; null before it is fixed.
    name: Grade and letter, e.g. `7А`.
    version: Counts changes from 1; send it back as `expectedVersion`.
    """

    __tablename__ = "school_classes"
    __table_args__ = (
        unique("academic_year_id", "grade_level", "letter", says=ClassExists),
        unique_internal("sourced_id"),
        check_range("grade_level", 0, 12),
        check_range("shift", 1, 3),
        check_range("reference_count", 0, 100),
    )

    academic_year_id: Mapped[int] = refers(AcademicYear, covered=True)
    grade_level: Mapped[int]
    letter: Mapped[str] = words(15)
    profile: Mapped[str | None] = words(100)
    kind: Mapped[ClassKind]
    shift: Mapped[int]
    reference_count: Mapped[int | None]
    room_id: Mapped[int | None] = refers(Room)
    term_type_id: Mapped[int] = refers(TermType)
    holiday_set_id: Mapped[int | None] = refers(HolidaySet)
    bell_schedule_id: Mapped[int | None] = refers(BellSchedule)
    sourced_id: Mapped[str | None] = words(255)
    if TYPE_CHECKING:
        name: Mapped[str]


SchoolClass.name = column_property(cast(SchoolClass.grade_level, SqlText) + SchoolClass.letter)


class ClassTeacher(OfSchool, Dated):
    """A teacher who leads a class for a time (классный руководитель).

    is_deputy: Indicates whether they stand in for the class teacher (заместитель).
    """

    __tablename__ = "class_teachers"
    __table_args__ = one_at_a_time("school_class_id", where="NOT is_deputy", says=Conflict)

    school_class_id: Mapped[int] = refers(SchoolClass)
    staff_id: Mapped[int] = refers(Staff)
    is_deputy: Mapped[bool]


class ClassMembership(OfSchool, Dated):
    """A membership of a student in a class; a student is in one class at a time."""

    __tablename__ = "class_memberships"
    __table_args__ = one_at_a_time("student_id")

    student_id: Mapped[int] = refers(Student)
    school_class_id: Mapped[int] = refers(SchoolClass)
