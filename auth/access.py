"""Who sees accounts, roles and the audit log, and who gives which role to whom."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, true

from auth.actor import Viewer
from auth.people import classes_led, members_of_classes
from auth.policy import CLASS, SCHOOL, Reach, allowed, readable
from auth.rights import Right
from models.access.accounts import Account
from models.access.audit import AuditEvent
from models.access.roles import Role, RoleGrant, RoleRight
from models.base import holds_on
from models.people.guardians import Guardian, GuardianLink, LegalStatus
from models.people.persons import Person
from models.people.staff import Staff
from models.people.students import Student

FOLLOWING = frozenset({Role.STUDENT, Role.PARENT, Role.CLASS_TEACHER})
"""Roles nobody is given: they follow from records."""
PROTECTED = frozenset({Role.DIRECTOR, Role.PSYCHOLOGIST, Role.SOCIAL_PEDAGOGUE})
"""Roles the administrator can neither give nor take, for their files are closed to him."""
GIVEN_BY: Mapping[Role, Right] = {
    role: Right.ROLES_GRANT_PROTECTED if role in PROTECTED else Right.ROLES_GRANT
    for role in Role
    if role not in FOLLOWING
}
"""The right by which each role is given and taken."""


def of_class(viewer: Viewer, person_id: Any, *links: ColumnElement[bool]) -> ColumnElement[bool]:
    """Pupils of one's class, and their guardians as far as the `links` hold, too."""
    pupils = members_of_classes(viewer, classes_led(viewer))
    guardians = viewer.keys(
        GuardianLink.guardian_id,
        GuardianLink.student_id.in_(pupils),
        holds_on(GuardianLink, viewer.today),
        *links,
    )
    return or_(
        person_id.in_(viewer.keys(Student.person_id, Student.id.in_(pupils))),
        person_id.in_(viewer.keys(Guardian.person_id, Guardian.id.in_(guardians))),
    )


@readable(Account, Right.ACCOUNTS_READ)
@allowed(Account, Right.ACCOUNTS_WRITE)
def read_accounts(viewer: Viewer, account: Any) -> Reach:
    """Of the pupils of one's class and their guardians, or all."""
    return {CLASS: of_class(viewer, account.person_id), SCHOOL: true()}


@allowed(Person, Right.ACCOUNTS_WRITE)
def open_accounts(viewer: Viewer, person: Any) -> Reach:
    """For the pupils of one's class and their guardians, or for all."""
    return {CLASS: of_class(viewer, person.id), SCHOOL: true()}


@allowed(Account, Right.PASSWORDS_RESET)
def reset_passwords(viewer: Viewer, account: Any) -> Reach:
    """Not one's own: that is `changePassword`. Class teachers: of their pupils, and of guardians
    who have the right to hear of them and do not work here. Of those whose files are closed to
    the administrator: only by whom their role is given, or it would not be closed to him."""
    working = or_(
        account.person_id.in_(viewer.keys(Staff.person_id)),
        account.person_id.in_(viewer.keys(RoleGrant.person_id)),
    )
    rightful = (
        GuardianLink.may_receive_info.is_(True),
        GuardianLink.legal_status != LegalStatus.TERMINATED,
    )
    others = account.person_id != viewer.person_id
    closed = viewer.keys(
        RoleGrant.person_id,
        RoleGrant.role.in_(sorted(PROTECTED, key=lambda role: role.name)),
        or_(RoleGrant.valid_to.is_(None), RoleGrant.valid_to > viewer.today),
    )
    gives_them = viewer.scopes(Right.ROLES_GRANT_PROTECTED)
    permitted = true() if gives_them else account.person_id.not_in(closed)
    of_mine = of_class(viewer, account.person_id, *rightful)
    return {CLASS: and_(others, of_mine, ~working), SCHOOL: and_(others, permitted)}


@allowed(RoleGrant, Right.ROLES_GRANT)
def take_roles(viewer: Viewer, grant: Any) -> Reach:
    """All but the protected roles; those too with the right to give them."""
    roles = [role for role, right in GIVEN_BY.items() if viewer.scopes(right)]
    return {SCHOOL: grant.role.in_(roles)}


@readable(RoleGrant, Right.ROLES_READ)
@allowed(RoleGrant, Right.ROLES_GRANT_PROTECTED)
@allowed(Person, Right.ROLES_GRANT)
@readable(RoleRight, Right.ROLES_READ)
@readable(AuditEvent, Right.AUDIT_READ)
def all_of_the_school(viewer: Viewer, row: Any) -> Reach:
    """The whole school."""
    return {SCHOOL: true()}
