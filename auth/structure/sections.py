"""Rules for sections."""

from sqlalchemy import ColumnElement, and_, exists, or_, select, true
from sqlalchemy.orm import aliased

from auth.actor import Keys, Viewer
from auth.policy import CHILD, CLASS, SCHOOL, SECTION, SELF, Reach, permits, readable
from auth.relationships.children import children_of
from auth.relationships.classes import (
    classes_led,
    members_of_classes,
    sections_led,
    sections_today,
)
from auth.relationships.sections import lists_of_sections, sections_written
from auth.relationships.students import select_own
from auth.relationships.teaching import sections_known, sections_taught, sections_to_substitute
from auth.rights import Right
from models.base import holds_on
from models.structure.sections import Section, SectionMembership, TeachingAssignment


@readable(Section, Right.CLASSES_READ)
def read_sections(viewer: Viewer, section: type[Section]) -> Reach:
    """People read the sections that they or their children are or were in, because past lessons
    belong to those, and the sections that they teach, substitute in, or lead the class of."""
    reach = lists_of_sections(viewer, section.id)
    lent = section.id.in_(sections_to_substitute(viewer))
    return {**reach, SECTION: or_(reach[SECTION], lent)}


@readable(SectionMembership, Right.CLASSMATES_READ)
def read_section_lists(viewer: Viewer, membership: type[SectionMembership]) -> Reach:
    """Members of a section are read by name only. A student who has left it sees their own
    membership and not the members of today; so does a class teacher for her pupils (domain.md c.1,
    "own class/groups")."""

    def shares_section(students: Keys) -> ColumnElement[bool]:
        now = membership.section_id.in_(sections_today(viewer, students))
        mine = membership.student_id.in_(students)
        return or_(mine, and_(now, holds_on(membership, viewer.today)))

    pupils = members_of_classes(viewer, classes_led(viewer))
    return {
        SELF: shares_section(select_own(viewer)),
        CHILD: shares_section(children_of(viewer)),
        SECTION: membership.section_id.in_(sections_known(viewer)),
        CLASS: or_(membership.section_id.in_(sections_led(viewer)), shares_section(pupils)),
        SCHOOL: true(),
    }


@readable(TeachingAssignment, Right.CLASSES_READ)
def read_teaching(viewer: Viewer, assignment: type[TeachingAssignment]) -> Reach:
    """Students read the teachers of a section for the time in which they are or were in it. Class
    teachers read those of their pupils, and all of the sections of their class."""

    def has_met(students: Keys) -> ColumnElement[bool]:
        member = aliased(SectionMembership)
        there = select(member.id).where(
            member.school_id == viewer.school_id,
            member.section_id == assignment.section_id,
            member.student_id.in_(students),
            or_(assignment.valid_to.is_(None), member.valid_from < assignment.valid_to),
            or_(member.valid_to.is_(None), assignment.valid_from < member.valid_to),
        )
        return exists(there.correlate(assignment))

    pupils = members_of_classes(viewer, classes_led(viewer))
    return {
        SELF: has_met(select_own(viewer)),
        CHILD: has_met(children_of(viewer)),
        SECTION: assignment.section_id.in_(sections_taught(viewer)),
        CLASS: or_(assignment.section_id.in_(sections_led(viewer)), has_met(pupils)),
        SCHOOL: true(),
    }


@permits(Section, Right.CLASSES_WRITE)
@permits(Section, Right.TIMETABLE_WRITE)
@permits(Section, Right.TERM_MARKS_WRITE)
def write_sections(viewer: Viewer, section: type[Section]) -> Reach:
    """Teachers write the sections they teach, class teachers those of their class."""
    return sections_written(viewer, section.id)
