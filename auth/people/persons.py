"""Rules for persons."""

from sqlalchemy import (
    ColumnElement,
    or_,
    true,
)

from auth.actor import Keys, Viewer
from auth.policy import CHILD, CLASS, SCHOOL, SECTION, SELF, Reach, readable
from auth.relationships.children import children_of
from auth.relationships.classes import (
    classes_led,
    classes_of,
    members_of_classes,
    members_of_sections,
)
from auth.relationships.students import select_own
from auth.relationships.teaching import sections_known, sections_taught
from auth.rights import Right
from models.access.roles import RoleGrant
from models.base import holds_on
from models.people.guardians import Guardian, GuardianLink
from models.people.persons import Person
from models.people.staff import Staff
from models.people.students import Student


def pupils(viewer: Viewer, students: Keys) -> Keys:
    """Select the persons of the students."""
    return viewer.keys(Student.person_id, Student.id.in_(students))


@readable(Person, Right.PERSONS_READ)
def read_persons(viewer: Viewer, person: type[Person]) -> Reach:
    """Everyone reads the names of all staff and their own; other names are read like the cards."""
    known = or_(person.id == viewer.person_id, person.id.in_(viewer.keys(Staff.person_id)))

    def with_families(students: Keys) -> ColumnElement[bool]:
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

    # Without the right to guardians the names of all guardians must stay hidden (domain.md c.1).
    at_school = or_(
        known,
        person.id.in_(viewer.keys(Student.person_id)),
        person.id.in_(viewer.keys(RoleGrant.person_id)),
    )
    everyone = true() if SCHOOL in viewer.scopes(Right.GUARDIANS_READ) else at_school
    taught = with_families(members_of_sections(viewer, sections_taught(viewer)))
    known_pupils = members_of_sections(viewer, sections_known(viewer))
    classmates = members_of_classes(viewer, classes_of(viewer, select_own(viewer)))
    in_my_class = person.id.in_(pupils(viewer, classmates))
    return {
        SELF: or_(with_families(select_own(viewer)), in_my_class),
        CHILD: with_families(children_of(viewer)),
        SECTION: or_(taught, person.id.in_(pupils(viewer, known_pupils))),
        CLASS: with_families(members_of_classes(viewer, classes_led(viewer))),
        SCHOOL: everyone,
    }
