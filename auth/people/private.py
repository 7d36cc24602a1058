"""Rules for what is protected beside the cards of people: documents, contacts, health."""

from sqlalchemy import (
    true,
)

from auth.actor import Viewer
from auth.policy import CHILD, SCHOOL, SELF, Reach, allowed, readable
from auth.relationships.children import children_of
from auth.relationships.students import of_student, of_student_closely
from auth.rights import Right
from models.people.guardians import GuardianLink
from models.people.private import StaffIdentity, StudentContacts, StudentHealth, StudentIdentity


@readable(StudentIdentity, Right.IDENTITY_READ, special=StudentIdentity.student_id)
@allowed(StudentIdentity, Right.IDENTITY_READ_FULL)
def read_identities(viewer: Viewer, identity: type[StudentIdentity]) -> Reach:
    """As the student, but never by teaching them."""
    return of_student_closely(viewer, identity.student_id)


@readable(StudentContacts, Right.CONTACTS_READ)
@allowed(StudentContacts, Right.ADDRESSES_READ)
def read_contacts(viewer: Viewer, contacts: type[StudentContacts]) -> Reach:
    """As the student, but never by teaching them, and not for a guardian from whom the child's
    whereabouts are kept (domain.md e9)."""
    known = children_of(viewer, GuardianLink.hide_whereabouts.is_(False))
    reach = of_student_closely(viewer, contacts.student_id)
    return {**reach, CHILD: contacts.student_id.in_(known)}


@readable(StudentHealth, Right.HEALTH_READ_ACCOMMODATIONS, special=StudentHealth.student_id)
@allowed(StudentHealth, Right.HEALTH_READ)
@allowed(StudentHealth, Right.HEALTH_READ_SPECIAL_NEEDS)
def read_health(viewer: Viewer, health: type[StudentHealth]) -> Reach:
    """As the student; what of it is a matter of the right."""
    return of_student(viewer, health.student_id)


@readable(StaffIdentity, Right.STAFF_READ_IDENTITY, special=StaffIdentity.staff_id)
def read_staff_identities(viewer: Viewer, identity: type[StaffIdentity]) -> Reach:
    """One's own, or all."""
    return {SELF: identity.staff_id == viewer.staff_id, SCHOOL: true()}
