"""The protected rights and roles, which only two persons change together (domain.md c.2, c.3.5).
Every path that changes a role, its rights, or an account of its holder uses these conditions."""

from sqlalchemy import ColumnElement, or_

from auth.actor import Column, Keys
from auth.rights import Right
from models.access.roles import AccessScope, Role, RoleRight

ORDINARY_RIGHTS = frozenset({
    Right.ACCESS_REQUEST,
    Right.ASSIGNMENTS_READ,
    Right.CLASSES_READ,
    Right.CLASSES_WRITE,
    Right.CLASSMATES_READ,
    Right.FILES_UPLOAD,
    Right.GUARDIANS_CONSENT,
    Right.GUARDIANS_READ,
    Right.LESSONS_READ,
    Right.LESSONS_WRITE,
    Right.MAIL_WRITE,
    Right.NOTICES_ADDRESS_FAMILIES,
    Right.NOTICES_PUBLISH,
    Right.PERSONS_READ,
    Right.ROLES_READ,
    Right.SCHOOL_READ,
    Right.SCHOOL_WRITE,
    Right.STAFF_READ,
    Right.STAFF_WRITE,
    Right.STUDENTS_READ,
    Right.STUDENTS_WRITE,
    Right.TIMETABLE_WRITE,
})  # fmt: skip
"""Rights that one person with `rights:write` may give to a role or take from it alone."""
PROTECTED_RIGHTS = frozenset(Right) - ORDINARY_RIGHTS
"""Rights that it takes two persons to give or take, at any scope: to special categories, documents
and court papers, marks and attendance, letters and notices to others, and access itself. A new
right is protected until it is listed as ordinary."""
PROTECTED_ROLES = frozenset({Role.DIRECTOR, Role.SCHOOL_ADMINISTRATOR})
"""Roles that are protected whatever rights they hold."""
OPENED_BY_A_GRANT = frozenset({AccessScope.CLASS, AccessScope.SCHOOL})
"""Scopes whose rows a role grant opens by itself. At the others a right reaches rows only through
records: of sections that somebody teaches, of children they answer for, of themselves."""


def opens_protected() -> tuple[ColumnElement[bool], ...]:
    """Return the SQL conditions by which a row of `role_rights` makes its role a protected one."""
    return (
        RoleRight.permission.in_(sorted(PROTECTED_RIGHTS)),
        RoleRight.scope.in_(sorted(OPENED_BY_A_GRANT, key=lambda scope: scope.name)),
    )


def is_protected(role: Column, opening: Keys) -> ColumnElement[bool]:
    """Whether a role is protected in the school, as SQL: DIRECTOR, SCHOOL_ADMINISTRATOR, or a role
    whose grant opens protected data.

    role: The column of the role.
    opening: A SELECT of the roles for which `opens_protected` holds.
    """
    named = sorted(PROTECTED_ROLES, key=lambda one: one.name)
    return or_(role.in_(named), role.in_(opening))
