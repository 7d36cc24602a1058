"""Subjects and the sections in which they are taught."""

from decimal import Decimal
from enum import Enum

from sqlalchemy.orm import Mapped

from models.base import Dated, OfSchool, keep_equal, one_at_a_time, refers, words
from models.limits import check_range, unique, unique_internal
from models.people.staff import Staff
from models.people.students import Student
from models.problems import Problem
from models.school.calendar import AcademicYear, TermType
from models.structure.classes import SchoolClass
from models.structure.subjects import MarkScale, Subject


class SectionExists(Problem):
    """The year has a section of this name; give this one another `name`."""

    russian = "Группа с таким названием в этом году уже есть; дайте этой другое `name`."


class InAnotherSection(Problem):
    """A student is in one section of a subject at a time; take them out of the other section
    first."""

    russian = (
        "По одному предмету ученик учится только в одной группе; сначала уберите его из другой."
    )


class TeachesAlready(Problem):
    """They teach this section at that time already; end that first, or choose another day."""

    russian = (
        "Этот учитель уже ведёт группу в это время; сначала завершите то назначение "
        "или выберите другой день."
    )


class Section(OfSchool):
    """A class with a subject, or a subgroup of it (учебная группа). OneRoster: scheduled class.

    name: Name, e.g. `7А Английский язык, группа 1`.
    is_subgroup: Indicates whether it is a part of the class (подгруппа).
    hours_per_week: Hours of the curriculum; null when not entered.
    scale: The scale of marks here: the subject's own, unless the grade forbids marks.
    version: Counts changes from 1; send it back as `expectedVersion`.
    """

    __tablename__ = "sections"
    __table_args__ = (
        unique("academic_year_id", "name", says=SectionExists),
        unique_internal("id", "subject_id"),
        unique_internal("sourced_id"),
        check_range("hours_per_week", 0, 40),
    )

    academic_year_id: Mapped[int] = refers(AcademicYear, covered=True)
    school_class_id: Mapped[int | None] = refers(SchoolClass)
    subject_id: Mapped[int] = refers(Subject)
    term_type_id: Mapped[int] = refers(TermType)
    name: Mapped[str] = words(200)
    is_subgroup: Mapped[bool]
    hours_per_week: Mapped[Decimal | None]
    scale: Mapped[MarkScale]
    sourced_id: Mapped[str | None] = words(255)


class SectionMembership(OfSchool, Dated):
    """A membership of a student in a section; a student is in one section of a subject at a
    time."""

    __tablename__ = "section_memberships"
    __table_args__ = (
        *one_at_a_time("student_id", "subject_id", says=InAnotherSection, blamed="subject_id"),
        keep_equal("section_id", "subject_id", of="sections"),
    )

    section_id: Mapped[int] = refers(Section)
    student_id: Mapped[int] = refers(Student)
    subject_id: Mapped[int] = refers(Subject)
    """Copied from the section, so that the database can keep a student out of two sections of a
    subject."""


class TeachingRole(Enum):
    """The role of a teacher in a section.

    MAIN: They teach it.
    ASSISTANT: They assist.
    """

    MAIN = "MAIN"
    ASSISTANT = "ASSISTANT"


class TeachingAssignment(OfSchool, Dated):
    """An assignment of a teacher to a section (тарификация). Ed-Fi: StaffSectionAssociation.

    role: Their role in it.
    hours: Hours a week; null for all hours of the section.
    """

    __tablename__ = "teaching_assignments"
    __table_args__ = one_at_a_time("section_id", "staff_id", says=TeachesAlready, blamed="staff_id")

    section_id: Mapped[int] = refers(Section)
    staff_id: Mapped[int] = refers(Staff)
    role: Mapped[TeachingRole]
    hours: Mapped[Decimal | None]
