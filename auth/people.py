"""Rules for people. The rules of the other rooms are built of these: they find the rows of a
student and of a class."""

from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    and_,
    false,
    func,
    or_,
    select,
    true,
)
from sqlalchemy.orm import aliased

from auth.actor import Viewer
from auth.policy import CHILD, CLASS, SCHOOL, SECTION, SELF, Reach, allowed, readable
from auth.rights import Right
from auth.teaching import classes_granted, sections_known, sections_taught
from models.access.roles import RoleGrant
from models.base import holds_on
from models.people.guardians import Guardian, GuardianLink, LegalStatus
from models.people.persons import Person
from models.people.private import StaffIdentity, StudentContacts, StudentHealth, StudentIdentity
from models.people.staff import Staff
from models.people.students import Enrollment, Student
from models.structure.classes import ClassMembership, ClassTeacher
from models.structure.sections import Section, SectionMembership

# -- whose ----------------------------------------------------------------------------


def grown(viewer: Viewer, link: Any) -> ColumnElement[bool]:
    """Whether the child of a guardian link is of age (domain.md e8)."""
    # One value of one child: EXISTS would be answered by gathering all who are of age.
    child, person = aliased(Student), aliased(Person)
    of_age = select((person.adult_on <= viewer.today).label("of_age")).where(
        child.school_id == viewer.school_id,
        child.id == link.student_id,
        person.school_id == viewer.school_id,
        person.id == child.person_id,
    )
    found: ColumnElement[bool] = func.coalesce(of_age.correlate(link).scalar_subquery(), false())
    return found


def answering(viewer: Viewer) -> tuple[ColumnElement[bool], ...]:
    """Whether a guardian link holds today: it lasts, no court took the right away, and the
    child is not of age, or lets them (domain.md e8, e9)."""
    lets = and_(
        GuardianLink.consent_from <= viewer.today,
        or_(GuardianLink.consent_to.is_(None), GuardianLink.consent_to > viewer.today),
    )
    return (
        holds_on(GuardianLink, viewer.today),
        GuardianLink.legal_status != LegalStatus.TERMINATED,
        or_(lets, ~grown(viewer, GuardianLink)),
    )


def children_of(viewer: Viewer, *conditions: ColumnElement[bool]) -> Select[Any]:
    """Students the viewer answers for today, and of whom the school may tell them."""
    return viewer.keys(
        GuardianLink.student_id,
        GuardianLink.guardian_id == viewer.guardian_id,
        GuardianLink.may_receive_info.is_(True),
        *answering(viewer),
        *conditions,
    )


def classes_led(viewer: Viewer) -> Select[Any] | CompoundSelect[Any]:
    """Classes the viewer leads today; in a role granted for a part of the school, the classes of
    the grant."""
    if viewer.is_scoped:
        return classes_granted(viewer)
    return viewer.keys(
        ClassTeacher.school_class_id,
        ClassTeacher.staff_id == viewer.staff_id,
        holds_on(ClassTeacher, viewer.today),
    )


def members_of_classes(viewer: Viewer, classes: Any) -> Select[Any]:
    """Students who are in some of the classes today."""
    today = holds_on(ClassMembership, viewer.today)
    return viewer.keys(
        ClassMembership.student_id, ClassMembership.school_class_id.in_(classes), today
    )


def members_of_sections(viewer: Viewer, sections: Any) -> Select[Any]:
    """Students who are in some of the sections today."""
    today = holds_on(SectionMembership, viewer.today)
    return viewer.keys(
        SectionMembership.student_id, SectionMembership.section_id.in_(sections), today
    )


def classes_of(viewer: Viewer, students: Any) -> Select[Any]:
    """Classes in which some of the students are today."""
    today = holds_on(ClassMembership, viewer.today)
    return viewer.keys(
        ClassMembership.school_class_id, ClassMembership.student_id.in_(students), today
    )


def sections_of(viewer: Viewer, students: Any) -> Select[Any]:
    """Sections in which some of the students are or were: their past lessons stay theirs."""
    return viewer.keys(SectionMembership.section_id, SectionMembership.student_id.in_(students))


def sections_today(viewer: Viewer, students: Any) -> Select[Any]:
    """Sections in which some of the students are today."""
    return sections_of(viewer, students).where(holds_on(SectionMembership, viewer.today))


def sections_led(viewer: Viewer) -> Select[Any]:
    """Sections of the classes one leads."""
    return viewer.keys(Section.id, Section.school_class_id.in_(classes_led(viewer)))


def own(viewer: Viewer) -> Select[Any]:
    """The viewer themselves as a student."""
    return viewer.keys(Student.id, Student.id == viewer.student_id)


def of_student(viewer: Viewer, student_id: Any) -> Reach:
    """For whatever belongs to one student."""
    return {
        SELF: student_id == viewer.student_id,
        CHILD: student_id.in_(children_of(viewer)),
        SECTION: student_id.in_(members_of_sections(viewer, sections_taught(viewer))),
        CLASS: student_id.in_(members_of_classes(viewer, classes_led(viewer))),
        SCHOOL: true(),
    }


def of_student_closely(viewer: Viewer, student_id: Any) -> Reach:
    """For what nobody learns by teaching the student."""
    reach = of_student(viewer, student_id)
    return {scope: rows for scope, rows in reach.items() if scope is not SECTION}


# -- students ------------------------------------------------------------------------


@readable(Student, Right.STUDENTS_READ)
def read_cards(viewer: Viewer, student: Any) -> Reach:
    """Oneself, one's children, one's sections and classes, those of a lesson one substitutes in,
    or all."""
    known = members_of_sections(viewer, sections_known(viewer))
    return {**of_student(viewer, student.id), SECTION: student.id.in_(known)}


@allowed(Student, Right.BIRTH_DATES_READ)
@allowed(Student, Right.STUDENTS_WRITE)
@allowed(Student, Right.HEALTH_READ)
def read_students(viewer: Viewer, student: Any) -> Reach:
    """Oneself, one's children, one's sections and classes, or all."""
    return of_student(viewer, student.id)


@allowed(Student, Right.STUDENTS_READ_FILE)
def read_personal_files(viewer: Viewer, student: Any) -> Reach:
    """As the student, but never by teaching them (domain.md c.1, "Personal file")."""
    return of_student_closely(viewer, student.id)


@readable(Enrollment, Right.STUDENTS_READ_MOVEMENTS)
def read_enrollments(viewer: Viewer, enrollment: Any) -> Reach:
    """As the student, but never by teaching them (domain.md c.1, "Movement orders")."""
    return of_student_closely(viewer, enrollment.student_id)


@readable(StudentIdentity, Right.IDENTITY_READ, special=StudentIdentity.student_id)
@allowed(StudentIdentity, Right.IDENTITY_READ_FULL)
def read_identities(viewer: Viewer, identity: Any) -> Reach:
    """As the student, but never by teaching them."""
    return of_student_closely(viewer, identity.student_id)


@readable(StudentContacts, Right.CONTACTS_READ)
@allowed(StudentContacts, Right.ADDRESSES_READ)
def read_contacts(viewer: Viewer, contacts: Any) -> Reach:
    """As the student, but never by teaching them, and not for a guardian from whom the child's
    whereabouts are kept (domain.md e9)."""
    known = children_of(viewer, GuardianLink.hide_whereabouts.is_(False))
    reach = of_student_closely(viewer, contacts.student_id)
    return {**reach, CHILD: contacts.student_id.in_(known)}


@readable(StudentHealth, Right.HEALTH_READ_ACCOMMODATIONS, special=StudentHealth.student_id)
@allowed(StudentHealth, Right.HEALTH_READ)
@allowed(StudentHealth, Right.HEALTH_READ_SPECIAL_NEEDS)
def read_health(viewer: Viewer, health: Any) -> Reach:
    """As the student; what of it is a matter of the right."""
    return of_student(viewer, health.student_id)


# -- staff and names ------------------------------------------------------------------


@readable(Staff, Right.STAFF_READ)
@allowed(Staff, Right.STAFF_WRITE)
def read_staff(viewer: Viewer, staff: Any) -> Reach:
    """The card of a member of staff is open to all of the school."""
    return {SCHOOL: true()}


@allowed(Staff, Right.STAFF_READ_FILE)
def read_staff_files(viewer: Viewer, staff: Any) -> Reach:
    """One's own, or all."""
    return {SELF: staff.id == viewer.staff_id, SCHOOL: true()}


@readable(StaffIdentity, Right.STAFF_READ_IDENTITY, special=StaffIdentity.staff_id)
def read_staff_identities(viewer: Viewer, identity: Any) -> Reach:
    """One's own, or all."""
    return {SELF: identity.staff_id == viewer.staff_id, SCHOOL: true()}


def pupils(viewer: Viewer, students: Any) -> Select[Any]:
    """The students as persons."""
    return viewer.keys(Student.person_id, Student.id.in_(students))


@readable(Person, Right.PERSONS_READ)
def read_persons(viewer: Viewer, person: Any) -> Reach:
    """Names: of all staff and of oneself for everyone; of others as one sees their cards."""
    known = or_(person.id == viewer.person_id, person.id.in_(viewer.keys(Staff.person_id)))

    def with_families(students: Any) -> ColumnElement[bool]:
        guardians = viewer.keys(
            GuardianLink.guardian_id,
            GuardianLink.student_id.in_(students),
            holds_on(GuardianLink, viewer.today),
        )
        return or_(
            known,
            person.id.in_(pupils(viewer, students)),
            person.id.in_(viewer.keys(Guardian.person_id, Guardian.id.in_(guardians))),
        )

    # Who answers for a child is no business of who may not read of guardians (domain.md c.1).
    at_school = or_(
        known,
        person.id.in_(viewer.keys(Student.person_id)),
        person.id.in_(viewer.keys(RoleGrant.person_id)),
    )
    everyone = true() if SCHOOL in viewer.scopes(Right.GUARDIANS_READ) else at_school
    taught = with_families(members_of_sections(viewer, sections_taught(viewer)))
    known_pupils = members_of_sections(viewer, sections_known(viewer))
    classmates = members_of_classes(viewer, classes_of(viewer, own(viewer)))
    in_my_class = person.id.in_(pupils(viewer, classmates))
    return {
        SELF: or_(with_families(own(viewer)), in_my_class),
        CHILD: with_families(children_of(viewer)),
        SECTION: or_(taught, person.id.in_(pupils(viewer, known_pupils))),
        CLASS: with_families(members_of_classes(viewer, classes_led(viewer))),
        SCHOOL: everyone,
    }


def lists_of_sections(viewer: Viewer, section_id: Any) -> Reach:
    """For whatever belongs to one section."""
    pupils = members_of_classes(viewer, classes_led(viewer))
    return {
        SELF: section_id.in_(sections_of(viewer, own(viewer))),
        CHILD: section_id.in_(sections_of(viewer, children_of(viewer))),
        SECTION: section_id.in_(sections_taught(viewer)),
        CLASS: or_(
            section_id.in_(sections_led(viewer)), section_id.in_(sections_of(viewer, pupils))
        ),
        SCHOOL: true(),
    }


def journal_of_sections(viewer: Viewer, section_id: Any) -> Reach:
    """For what a teacher reads of a section's journal: as `lists_of_sections`, and whoever
    substitutes in it (domain.md e5)."""
    known = section_id.in_(sections_known(viewer))
    return {**lists_of_sections(viewer, section_id), SECTION: known}


def sections_written(viewer: Viewer, section_id: Any) -> Reach:
    """For changing what belongs to one section: those one teaches, those of the classes one leads,
    or all. Narrower than reading: a pupil who came from another class brings the right to read
    what they did there, not the right to change it."""
    return {
        SECTION: section_id.in_(sections_taught(viewer)),
        CLASS: section_id.in_(sections_led(viewer)),
        SCHOOL: true(),
    }
