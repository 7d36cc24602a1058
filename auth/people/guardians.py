"""Rules for guardians and for their links to children."""

from typing import Any

from sqlalchemy import and_, or_, true

from auth.actor import Column, Keys, Viewer
from auth.policy import CHILD, CLASS, SCHOOL, SELF, Reach, permits, readable
from auth.relationships.children import children_of, is_of_age
from auth.relationships.classes import classes_led, members_of_classes
from auth.relationships.students import reach_student_closely, select_own
from auth.rights import Right
from models.base import holds_on
from models.people.guardians import Guardian, GuardianLink
from models.people.private import GuardianContacts
from models.people.students import Student


@permits(Student, Right.GUARDIANS_WRITE)
def link_guardians(viewer: Viewer, student: type[Student]) -> Reach:
    """The right to write guardians reaches students like their files."""
    return reach_student_closely(viewer, student.id)


@readable(GuardianLink, Right.GUARDIANS_READ)
@permits(GuardianLink, Right.GUARDIANS_WRITE)
def read_guardian_links(viewer: Viewer, link: type[GuardianLink]) -> Reach:
    """Links are read by the student, their guardians, their class teacher and the
    administration."""
    return reach_student_closely(viewer, link.student_id)


@permits(GuardianLink, Right.GUARDIANS_CONSENT)
def consent_to_guardians(viewer: Viewer, link: type[GuardianLink]) -> Reach:
    """A student of age consents to their own guardians."""
    return {SELF: and_(link.student_id == viewer.student_id, is_of_age(viewer, link))}


@permits(GuardianLink, Right.GUARDIANS_READ_LEGAL_STATUS)
def read_legal_status(viewer: Viewer, link: type[GuardianLink]) -> Reach:
    """A guardian sees the legal status of their own rights, never that of the other guardian."""
    return {SELF: link.guardian_id == viewer.guardian_id, SCHOOL: true()}


@permits(GuardianLink, Right.GUARDIANS_READ_DETAILS)
def read_link_details(viewer: Viewer, link: type[GuardianLink]) -> Reach:
    """A student sees the details of their own guardians, and a guardian their own. Of the other
    parent a guardian sees the name only (domain.md c.1, "Guardian card"): otherwise one from whom
    the child's whereabouts are kept would learn with whom the child lives (domain.md e9)."""
    of_student = reach_student_closely(viewer, link.student_id)
    mine = or_(link.student_id == viewer.student_id, link.guardian_id == viewer.guardian_id)
    return {SELF: mine, CLASS: of_student[CLASS], SCHOOL: true()}


@permits(GuardianLink, Right.GUARDIANS_READ_RESTRICTION)
def read_restrictions(viewer: Viewer, link: type[GuardianLink]) -> Reach:
    """Class teachers and the administration see restrictions. The guardian does not, because the
    restriction tells who asked for it."""
    of_student = reach_student_closely(viewer, link.student_id)
    return {CLASS: of_student[CLASS], SCHOOL: true()}


@readable(Guardian, Right.GUARDIANS_READ)
def read_guardians(viewer: Viewer, guardian: type[Guardian]) -> Reach:
    """Guardians are read by those who may see a link of theirs."""
    return reach_guardian(viewer, guardian.id)


@readable(GuardianContacts, Right.GUARDIANS_READ_CONTACTS)
def read_guardian_contacts(viewer: Viewer, contacts: type[GuardianContacts]) -> Reach:
    """A student sees the contacts of their parents; a guardian sees their own, never the other
    parent's."""
    of_parents = reach_guardian(viewer, contacts.guardian_id)
    mine = or_(of_parents[SELF], contacts.guardian_id == viewer.guardian_id)
    return {SELF: mine, CLASS: of_parents[CLASS], SCHOOL: true()}


@permits(GuardianContacts, Right.ADDRESSES_READ)
def read_guardian_addresses(viewer: Viewer, contacts: type[GuardianContacts]) -> Reach:
    """A guardian sees their own address. The child does not see where a parent lives apart
    (domain.md c.2, "Home address")."""
    of_parents = reach_guardian(viewer, contacts.guardian_id)
    mine = contacts.guardian_id == viewer.guardian_id
    return {SELF: mine, CLASS: of_parents[CLASS], SCHOOL: true()}


def reach_guardian(viewer: Viewer, guardian_id: Column) -> Reach:
    """Reach rows that belong to one guardian, by the students that they answer for today."""

    def answering_for(students: Keys) -> Any:
        today = holds_on(GuardianLink, viewer.today)
        of_these = GuardianLink.student_id.in_(students)
        return guardian_id.in_(viewer.keys(GuardianLink.guardian_id, of_these, today))

    return {
        SELF: answering_for(select_own(viewer)),
        CHILD: or_(answering_for(children_of(viewer)), guardian_id == viewer.guardian_id),
        CLASS: answering_for(members_of_classes(viewer, classes_led(viewer))),
        SCHOOL: true(),
    }
