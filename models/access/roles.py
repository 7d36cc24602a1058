"""Roles, what each may do in a school, and who was given which."""

from datetime import datetime
from enum import Enum

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Dated, OfSchool, dated, generated, refers, words
from models.limits import ours, unique
from models.people.persons import Person
from models.problems import Conflict
from models.structure.classes import SchoolClass

SCOPE_KEY = "coalesce('class ' || school_class_id::text, 'grade ' || grade_level::text, 'school')"


class Role(Enum):
    """In what role someone works with the system (роль).

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

    SELF: Oneself, and what is addressed to oneself.
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
    """How much of the school a role was given for.

    SCHOOL: All of it.
    GRADE_LEVEL: Classes of one year of study.
    SCHOOL_CLASS: One class.
    """

    SCHOOL = "SCHOOL"
    GRADE_LEVEL = "GRADE_LEVEL"
    SCHOOL_CLASS = "SCHOOL_CLASS"


class RoleRight(OfSchool):
    """That a role holds a right in this school, and how far it reaches.

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
    """That someone was given a role, for a time and a part of the school (назначение роли).

    role: The role.
    scope: How much of the school it is for.
    grade_level: Which year of study; only with GRADE_LEVEL.
    basis: The paper it rests on; null when none.
    granted_at: When it was given.
    version: Counts changes from 1; send it back as `expectedVersion`.
    """

    __tablename__ = "role_grants"
    __table_args__ = (
        *dated("person_id", "role", "scope_key"),
        Index("by_begin", "school_id", "valid_from", "id"),
        Index("newest", "school_id", "granted_at", "id"),
        ours(CheckConstraint("(scope = 'GRADE_LEVEL') = (grade_level IS NOT NULL)", "grade_level")),
        ours(
            CheckConstraint(
                "(scope = 'SCHOOL_CLASS') = (school_class_id IS NOT NULL)", "class_given"
            )
        ),
        ours(
            CheckConstraint("role NOT IN ('STUDENT', 'PARENT', 'CLASS_TEACHER')", "role_is_granted")
        ),
        ours(CheckConstraint("granted_by_id <> person_id", "not_to_oneself")),
    )

    person_id: Mapped[int] = refers(Person)
    role: Mapped[Role]
    scope: Mapped[GrantScope]
    grade_level: Mapped[int | None]
    school_class_id: Mapped[int | None] = refers(SchoolClass)
    scope_key: Mapped[str] = mapped_column(generated(SCOPE_KEY))
    """What it is for in one word, so that the database can refuse the same grant twice at once."""
    granted_by_id: Mapped[int | None] = refers(Person)
    granted_at: Mapped[datetime]
    basis: Mapped[str | None] = words(300)
