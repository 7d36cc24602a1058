"""Rules for protected data of people: documents, contacts, health."""

from sqlalchemy import (
    true,
)

from auth.actor import Viewer
from auth.policy import CHILD, SCHOOL, SELF, Reach, permits, readable
from auth.relationships.children import children_of
from auth.relationships.students import reach_student, reach_student_closely
from auth.rights import Right
from models.people.guardians import GuardianLink
from models.people.private import StaffIdentity, StudentContacts, StudentHealth, StudentIdentity


@readable(StudentIdentity, Right.IDENTITY_READ, special=StudentIdentity.student_id)
@permits(StudentIdentity, Right.IDENTITY_READ_FULL)
def read_identities(viewer: Viewer, identity: type[StudentIdentity]) -> Reach:
    """Documents are read by those who reach the student other than by teaching them."""
    return reach_student_closely(viewer, identity.student_id)


@readable(StudentContacts, Right.CONTACTS_READ)
@permits(StudentContacts, Right.ADDRESSES_READ)
def read_contacts(viewer: Viewer, contacts: type[StudentContacts]) -> Reach:
    """Contacts are read by those who reach the student other than by teaching them, except a
    guardian from whom the child's whereabouts are kept (domain.md e9)."""
    known = children_of(viewer).where(GuardianLink.hide_whereabouts.is_(False))
    reach = reach_student_closely(viewer, contacts.student_id)
    return {**reach, CHILD: contacts.student_id.in_(known)}


@readable(StudentHealth, Right.HEALTH_READ_ACCOMMODATIONS, special=StudentHealth.student_id)
@permits(StudentHealth, Right.HEALTH_READ)
@permits(StudentHealth, Right.HEALTH_READ_SPECIAL_NEEDS)
def read_health(viewer: Viewer, health: type[StudentHealth]) -> Reach:
    """Health data is read by those who reach the student; each right opens other fields of it."""
    return reach_student(viewer, health.student_id)


@readable(StaffIdentity, Right.STAFF_READ_IDENTITY, special=StaffIdentity.staff_id)
def read_staff_identities(viewer: Viewer, identity: type[StaffIdentity]) -> Reach:
    """Staff read their own documents."""
    return {SELF: identity.staff_id == viewer.staff_id, SCHOOL: true()}
