"""The rule for recipients of letters."""

from typing import Any

from sqlalchemy import ColumnElement, and_, exists, or_, select, union_all

from auth.actor import Keys, Viewer
from auth.communication.mail import is_at_work
from auth.policy import CHILD, CLASS, SCHOOL, SECTION, SELF, Reach, permits
from auth.relationships.children import answers_today, children_of
from auth.relationships.classes import (
    classes_led,
    classes_of,
    members_of_classes,
    members_of_sections,
    sections_today,
)
from auth.relationships.students import select_own
from auth.relationships.teaching import sections_taught
from auth.rights import Right
from models.access.roles import Role, RoleGrant
from models.base import holds_on
from models.people.guardians import Guardian, GuardianLink
from models.people.persons import Person
from models.people.staff import Staff
from models.people.students import Student, StudentStatus
from models.structure.classes import ClassTeacher
from models.structure.sections import TeachingAssignment

ADMINISTRATION = (Role.DIRECTOR, Role.DEPUTY_DIRECTOR, Role.SECRETARY, Role.SCHOOL_ADMINISTRATOR)
SUPPORT = (Role.PSYCHOLOGIST, Role.SOCIAL_PEDAGOGUE)


@permits(Person, Right.MAIL_WRITE)
def write_to(viewer: Viewer, person: type[Person]) -> Reach:
    """People write to the persons of domain.md c.1, "Mail: may write to". Nobody writes to a
    guardian whom the school may not write to, whom a court barred, or whose child is of age
    (domain.md e8, e9). Families and staff write to psychologist and social pedagogue; a municipal
    officer writes to the administration only."""

    def staff(condition: ColumnElement[bool]) -> Any:
        return person.id.in_(viewer.keys(Staff.person_id, is_at_work(viewer), condition))

    def roles(*roles: Role) -> Any:
        held = and_(RoleGrant.role.in_(roles), holds_on(RoleGrant, viewer.today))
        return person.id.in_(viewer.keys(RoleGrant.person_id, held))

    def teachers(students: Keys) -> ColumnElement[bool]:
        today = holds_on(TeachingAssignment, viewer.today)
        now = sections_today(viewer, students)
        teaching = viewer.keys(
            TeachingAssignment.staff_id, TeachingAssignment.section_id.in_(now), today
        )
        classes = classes_of(viewer, students)
        leading = viewer.keys(
            ClassTeacher.staff_id,
            ClassTeacher.school_class_id.in_(classes),
            holds_on(ClassTeacher, viewer.today),
        )
        return or_(
            staff(Staff.id.in_(union_all(teaching, leading))),
            roles(*ADMINISTRATION),
            and_(exists(students), roles(*SUPPORT)),
        )

    def families(students: Keys) -> ColumnElement[bool]:
        guardians = viewer.keys(
            GuardianLink.guardian_id,
            GuardianLink.student_id.in_(students),
            GuardianLink.may_contact.is_(True),
            *answers_today(viewer),
        )
        return or_(
            person.id.in_(viewer.keys(Student.person_id, Student.id.in_(students))),
            person.id.in_(viewer.keys(Guardian.person_id, Guardian.id.in_(guardians))),
        )

    def has_row(row: Any, *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
        """Whether there is a row of this person that fulfils the conditions. The subquery is
        correlated, so that an index finds the row; a list of all persons would take quadratic
        time."""
        found = select(row.id).where(
            row.school_id == viewer.school_id, row.person_id == person.id, *conditions
        )
        return exists(found.correlate(person))

    informed = and_(
        GuardianLink.school_id == viewer.school_id,
        GuardianLink.guardian_id == Guardian.id,
        GuardianLink.may_contact.is_(True),
        *answers_today(viewer),
    )
    everyone = has_row(Staff, is_at_work(viewer))
    all_families = or_(
        has_row(Student, Student.status == StudentStatus.ENROLLED),
        has_row(Guardian, exists(select(GuardianLink.id).where(informed))),
    )
    pupils = members_of_sections(viewer, sections_taught(viewer))
    own_class = members_of_classes(viewer, classes_led(viewer))
    return {
        SELF: teachers(select_own(viewer)),
        CHILD: teachers(children_of(viewer)),
        SECTION: or_(everyone, families(pupils)),
        CLASS: or_(everyone, families(own_class)),
        SCHOOL: or_(everyone, has_row(RoleGrant, holds_on(RoleGrant, viewer.today)), all_families),
    }
