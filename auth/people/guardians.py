"""Rules for guardians and for their links to children."""

from typing import Any

from sqlalchemy import and_, or_, true

from auth.actor import Column, Keys, Viewer
from auth.policy import CHILD, CLASS, SCHOOL, SELF, Reach, allowed, readable
from auth.relationships.children import children_of, grown
from auth.relationships.classes import classes_led, members_of_classes
from auth.relationships.students import of_student_closely, own
from auth.rights import Right
from models.base import holds_on
from models.people.guardians import Guardian, GuardianLink
from models.people.private import GuardianContacts
from models.people.students import Student


@allowed(Student, Right.GUARDIANS_WRITE)
def link_guardians(viewer: Viewer, student: type[Student]) -> Reach:
    """Of one's class, or all."""
    return of_student_closely(viewer, student.id)


@readable(GuardianLink, Right.GUARDIANS_READ)
@allowed(GuardianLink, Right.GUARDIANS_WRITE)
def read_guardian_links(viewer: Viewer, link: type[GuardianLink]) -> Reach:
    """Of oneself, of one's children, of one's class, or all."""
    return of_student_closely(viewer, link.student_id)


@allowed(GuardianLink, Right.GUARDIANS_CONSENT)
def consent_to_guardians(viewer: Viewer, link: type[GuardianLink]) -> Reach:
    """A student of age decides about their own."""
    return {SELF: and_(link.student_id == viewer.student_id, grown(viewer, link))}


@allowed(GuardianLink, Right.GUARDIANS_READ_LEGAL_STATUS)
def read_legal_status(viewer: Viewer, link: type[GuardianLink]) -> Reach:
    """A guardian sees what a court left of their own rights, never of the other's."""
    return {SELF: link.guardian_id == viewer.guardian_id, SCHOOL: true()}


@allowed(GuardianLink, Right.GUARDIANS_READ_DETAILS)
def read_link_details(viewer: Viewer, link: type[GuardianLink]) -> Reach:
    """What a guardian is to a child. A student sees it of their own guardians, a guardian of
    themselves; of the other parent a guardian sees the name only (domain.md c.1, "Guardian card").
    With whom the child lives would else be told to one from whom it is kept (domain.md e9)."""
    of_student = of_student_closely(viewer, link.student_id)
    mine = or_(link.student_id == viewer.student_id, link.guardian_id == viewer.guardian_id)
    return {SELF: mine, CLASS: of_student[CLASS], SCHOOL: true()}


@allowed(GuardianLink, Right.GUARDIANS_READ_RESTRICTION)
def read_restrictions(viewer: Viewer, link: type[GuardianLink]) -> Reach:
    """Of one's class, or all: never of oneself, who is not told who asked for it."""
    of_student = of_student_closely(viewer, link.student_id)
    return {CLASS: of_student[CLASS], SCHOOL: true()}


@readable(Guardian, Right.GUARDIANS_READ)
def read_guardians(viewer: Viewer, guardian: type[Guardian]) -> Reach:
    """Guardians of those students whose links one may see."""
    return guardians_of(viewer, guardian.id)


@readable(GuardianContacts, Right.GUARDIANS_READ_CONTACTS)
def read_guardian_contacts(viewer: Viewer, contacts: type[GuardianContacts]) -> Reach:
    """A student sees their parents', a guardian their own, never the other parent's."""
    of_parents = guardians_of(viewer, contacts.guardian_id)
    mine = or_(of_parents[SELF], contacts.guardian_id == viewer.guardian_id)
    return {SELF: mine, CLASS: of_parents[CLASS], SCHOOL: true()}


@allowed(GuardianContacts, Right.ADDRESSES_READ)
def read_guardian_addresses(viewer: Viewer, contacts: type[GuardianContacts]) -> Reach:
    """A guardian sees their own; the child does not learn here where a parent apart lives
    (domain.md c.2, "Home address")."""
    of_parents = guardians_of(viewer, contacts.guardian_id)
    mine = contacts.guardian_id == viewer.guardian_id
    return {SELF: mine, CLASS: of_parents[CLASS], SCHOOL: true()}


def guardians_of(viewer: Viewer, guardian_id: Column) -> Reach:
    """For whatever belongs to one guardian: by the students they answer for today."""

    def answering_for(students: Keys) -> Any:
        today = holds_on(GuardianLink, viewer.today)
        of_these = GuardianLink.student_id.in_(students)
        return guardian_id.in_(viewer.keys(GuardianLink.guardian_id, of_these, today))

    return {
        SELF: answering_for(own(viewer)),
        CHILD: or_(answering_for(children_of(viewer)), guardian_id == viewer.guardian_id),
        CLASS: answering_for(members_of_classes(viewer, classes_led(viewer))),
        SCHOOL: true(),
    }
