"""Rules for roles, their rights, and role grants."""

from sqlalchemy import ColumnElement, and_, exists, not_, or_

from auth.access.protected import is_protected, opens_protected
from auth.actor import Column, Viewer
from auth.policy import SCHOOL, Reach, permits, readable, whole_school
from auth.rights import Right
from models.access.roles import Role, RoleGrant, RoleRight
from models.people.guardians import Guardian
from models.people.persons import Person
from models.people.staff import Staff
from models.people.students import Student
from models.structure.classes import ClassTeacher
from models.structure.sections import TeachingAssignment

FOLLOWING = frozenset({Role.STUDENT, Role.PARENT, Role.CLASS_TEACHER})
"""Roles that are never granted, because they follow from records."""


def needs_two_persons(viewer: Viewer, role: Column) -> ColumnElement[bool]:
    """Whether it takes two persons to give, take or change a role."""
    return is_protected(role, viewer.keys(RoleRight.role, *opens_protected()))


def holds_role(viewer: Viewer, role: Column) -> ColumnElement[bool]:
    """Whether the viewer can work in a role, today or from a later day, by a grant or a record."""
    lasting = or_(RoleGrant.valid_to.is_(None), RoleGrant.valid_to > viewer.today)
    granted = viewer.keys(RoleGrant.role, RoleGrant.person_id == viewer.person_id, lasting)
    staff = viewer.keys(Staff.id, Staff.person_id == viewer.person_id)
    mine = {
        Role.STUDENT: viewer.keys(Student.id, Student.person_id == viewer.person_id),
        Role.PARENT: viewer.keys(Guardian.id, Guardian.person_id == viewer.person_id),
        Role.CLASS_TEACHER: viewer.keys(ClassTeacher.id, ClassTeacher.staff_id.in_(staff)),
        Role.SUBJECT_TEACHER: viewer.keys(
            TeachingAssignment.id, TeachingAssignment.staff_id.in_(staff)
        ),
    }
    followed = (and_(role == name, exists(rows)) for name, rows in mine.items())
    return or_(role.in_(granted), *followed)


@permits(RoleGrant, Right.ROLES_GRANT)
def take_roles(viewer: Viewer, grant: type[RoleGrant]) -> Reach:
    """One person may end grants of all roles except the protected ones."""
    return {SCHOOL: not_(needs_two_persons(viewer, grant.role))}


readable(RoleGrant, Right.ROLES_READ)(whole_school)
readable(RoleRight, Right.ROLES_READ)(whole_school)
permits(RoleGrant, Right.ROLES_GRANT_PROTECTED)(whole_school)
permits(Person, Right.ROLES_GRANT)(whole_school)
