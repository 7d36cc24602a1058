"""Roles, their rights in a school, and role grants."""

from datetime import datetime
from enum import Enum

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Dated, OfSchool, compute, one_at_a_time, refers, words
from models.limits import mark_internal, unique
from models.people.persons import Person
from models.problems import Conflict
from models.structure.classes import SchoolClass

SCOPE_KEY = "coalesce('class ' || school_class_id::text, 'grade ' || grade_level::text, 'school')"


class Role(Enum):
    """A role in which someone works with the system (роль).

    STUDENT: Student (обучающийся).
    PARENT: Parent or another guardian (родитель, законный представитель).
    SUBJECT_TEACHER: Subject teacher (учитель-предметник).
    CLASS_TEACHER: Class teacher (классный руководитель).
    PSYCHOLOGIST: Psychologist (психолог).
    SOCIAL_PEDAGOGUE: Social pedagogue (социальный педагог).
    DEPUTY_DIRECTOR: Deputy director (заместитель директора по УВР).
    SCHOOL_ADMINISTRATOR: Administrator of the system (администратор системы).
    SECRETARY: Secretary (секретарь).
    HR_SPECIALIST: HR specialist (специалист по кадрам).
    DIRECTOR: Director (директор).
    MUNICIPAL_OFFICER: Officer of the municipality (специалист управления образования).
    """

    STUDENT = "STUDENT"
    PARENT = "PARENT"
    SUBJECT_TEACHER = "SUBJECT_TEACHER"
    CLASS_TEACHER = "CLASS_TEACHER"
    PSYCHOLOGIST = "PSYCHOLOGIST"
    SOCIAL_PEDAGOGUE = "SOCIAL_PEDAGOGUE"
    DEPUTY_DIRECTOR = "DEPUTY_DIRECTOR"
    SCHOOL_ADMINISTRATOR = "SCHOOL_ADMINISTRATOR"
    SECRETARY = "SECRETARY"
    HR_SPECIALIST = "HR_SPECIALIST"
    DIRECTOR = "DIRECTOR"
    MUNICIPAL_OFFICER = "MUNICIPAL_OFFICER"


class AccessScope(Enum):
    """How far a right reaches.

    SELF: One's own records, and letters and notices addressed to oneself.
    CHILD: One's own children, while a guardian link lasts.
    SECTION: Sections one teaches.
    CLASS: Classes one leads, or was given.
    SCHOOL: The whole school.
    """

    SELF = "SELF"
    CHILD = "CHILD"
    SECTION = "SECTION"
    CLASS = "CLASS"
    SCHOOL = "SCHOOL"


class GrantScope(Enum):
    """How much of the school a role is granted for.

    SCHOOL: All of it.
    GRADE_LEVEL: Classes of one year of study.
    SCHOOL_CLASS: One class.
    """

    SCHOOL = "SCHOOL"
    GRADE_LEVEL = "GRADE_LEVEL"
    SCHOOL_CLASS = "SCHOOL_CLASS"


class RoleRight(OfSchool):
    """A right that a role holds in this school.

    role: The role.
    permission: The right, e.g. `marks:read`.
    scope: How far it reaches.
    """

    __tablename__ = "role_rights"
    __table_args__ = (
        unique("role", "permission", "scope", says=Conflict, blamed="expected_revision"),
    )

    role: Mapped[Role]
    permission: Mapped[str] = words(60)
    scope: Mapped[AccessScope]


class RoleGrant(OfSchool, Dated):
    """A role granted to someone, for a time and a part of the school (назначение роли).

    role: The role.
    scope: How much of the school it is for.
    grade_level: The year of study; only with GRADE_LEVEL.
    basis: The paper it rests on; null when there is none.
    granted_at: When it was given.
    version: Counts changes from 1; send it back as `expectedVersion`.
    """

    __tablename__ = "role_grants"
    __table_args__ = (
        *one_at_a_time("person_id", "role", "scope_key"),
        Index("by_begin", "school_id", "valid_from", "id"),
        Index("newest", "school_id", "granted_at", "id"),
        mark_internal(
            CheckConstraint("(scope = 'GRADE_LEVEL') = (grade_level IS NOT NULL)", "grade_level")
        ),
        mark_internal(
            CheckConstraint(
                "(scope = 'SCHOOL_CLASS') = (school_class_id IS NOT NULL)", "class_given"
            )
        ),
        mark_internal(
            CheckConstraint("role NOT IN ('STUDENT', 'PARENT', 'CLASS_TEACHER')", "role_is_granted")
        ),
        mark_internal(CheckConstraint("granted_by_id <> person_id", "not_to_oneself")),
    )

    person_id: Mapped[int] = refers(Person)
    role: Mapped[Role]
    scope: Mapped[GrantScope]
    grade_level: Mapped[int | None]
    school_class_id: Mapped[int | None] = refers(SchoolClass)
    scope_key: Mapped[str] = mapped_column(compute(SCOPE_KEY))
    """Its part of the school as one text, by which the database refuses a second grant of the same
    at the same time."""
    granted_by_id: Mapped[int | None] = refers(Person)
    granted_at: Mapped[datetime]
    basis: Mapped[str | None] = words(300)
