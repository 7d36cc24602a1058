"""Rules for accounts, roles, requests to change access, and the audit log."""

from typing import Any

from sqlalchemy import ColumnElement, and_, exists, false, not_, or_, true

from auth.actor import Viewer
from auth.people import children_of, classes_led, members_of_classes
from auth.policy import CHILD, CLASS, SCHOOL, SELF, Reach, allowed, readable
from auth.protected import is_protected, opens_protected
from auth.rights import Right
from models.access.accounts import Account
from models.access.audit import AuditEvent, SensitiveRead
from models.access.requests import AccessChange, AccessRequest, RequestedRight
from models.access.roles import Role, RoleGrant, RoleRight
from models.base import holds_on
from models.people.guardians import Guardian, GuardianLink, LegalStatus
from models.people.persons import Person
from models.people.staff import Staff
from models.people.students import Student
from models.structure.classes import ClassTeacher
from models.structure.sections import TeachingAssignment

FOLLOWING = frozenset({Role.STUDENT, Role.PARENT, Role.CLASS_TEACHER})
"""Roles nobody is given: they follow from records."""


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
    """Not one's own: that is `changePassword`. Whoever resets a password can sign in as its holder,
    so class teachers do it for their pupils and for guardians who have the right to hear of them
    and do not work here. In the whole school: for everyone who does not work here, and with the
    right to approve requests for everyone."""
    working = or_(
        account.person_id.in_(viewer.keys(Staff.person_id)),
        account.person_id.in_(viewer.keys(RoleGrant.person_id)),
    )
    rightful = (
        GuardianLink.may_receive_info.is_(True),
        GuardianLink.legal_status != LegalStatus.TERMINATED,
    )
    others = account.person_id != viewer.person_id
    of_mine = of_class(viewer, account.person_id, *rightful)
    everyone = bool(viewer.scopes(Right.ROLES_GRANT_PROTECTED))
    return {
        CLASS: and_(others, of_mine, ~working),
        SCHOOL: others if everyone else and_(others, ~working),
    }


def protected(viewer: Viewer, role: Any) -> ColumnElement[bool]:
    """Whether only two persons give, take or change a role."""
    return is_protected(role, viewer.keys(RoleRight.role, *opens_protected()))


def holds_role(viewer: Viewer, role: Any) -> ColumnElement[bool]:
    """Whether the viewer can work in a role, now or from a later day, by a grant or a record."""
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


@allowed(RoleGrant, Right.ROLES_GRANT)
def take_roles(viewer: Viewer, grant: Any) -> Reach:
    """All but the protected roles, which two persons take."""
    return {SCHOOL: not_(protected(viewer, grant.role))}


@allowed(AccessRequest, Right.ACCESS_REQUEST)
def withdraw_requests(viewer: Viewer, request: Any) -> Reach:
    """Those one has filed."""
    return {SCHOOL: request.requested_by_id == viewer.person_id}


@allowed(AccessRequest, Right.ACCESS_DECIDE)
def decide_requests(viewer: Viewer, request: Any) -> Reach:
    """Those of others by which one gains nothing (domain.md c.3.5): with the right to approve
    requests, all of them; without it, those that a director has filed or gains by."""
    ends = request.kind == AccessChange.REVOKE_ROLE
    for_others = or_(ends, request.person_id.is_(None), request.person_id != viewer.person_id)
    gains = and_(request.adds_rights, holds_role(viewer, request.role))
    second = and_(request.requested_by_id != viewer.person_id, for_others, not_(gains))
    approves = bool(viewer.scopes(Right.ROLES_GRANT_PROTECTED))
    return {SCHOOL: second if approves else and_(second, request.concerns_director)}


@allowed(Account, Right.AUDIT_READ)
@readable(RequestedRight, Right.ROLES_READ)
@readable(AccessRequest, Right.ROLES_READ)
@readable(RoleGrant, Right.ROLES_READ)
@allowed(RoleGrant, Right.ROLES_GRANT_PROTECTED)
@allowed(Person, Right.ROLES_GRANT)
@readable(RoleRight, Right.ROLES_READ)
@readable(AuditEvent, Right.AUDIT_READ)
def all_of_the_school(viewer: Viewer, row: Any) -> Reach:
    """The whole school."""
    return {SCHOOL: true()}


@readable(SensitiveRead, Right.SENSITIVE_READS_READ)
def read_sensitive_reads(viewer: Viewer, read: Any) -> Reach:
    """Of one's own records, of those of one's children, or of all (domain.md c.1, audit log)."""
    own = {
        "student": read.student_id == viewer.student_id,
        "staff": read.staff_id == viewer.staff_id,
    }
    return {
        # Only what can be: with both an index would be of no use.
        SELF: or_(false(), *(whose for part, whose in own.items() if part in viewer.parts)),
        # Children first: PostgreSQL would go through the readings of all the school.
        CHILD: read.id.in_(
            viewer.keys(SensitiveRead.id, SensitiveRead.student_id.in_(children_of(viewer)))
        ),
        SCHOOL: true(),
    }
