"""Rules for sections."""

from sqlalchemy import ColumnElement, and_, exists, or_, select, true
from sqlalchemy.orm import aliased

from auth.actor import Keys, Viewer
from auth.policy import CHILD, CLASS, SCHOOL, SECTION, SELF, Reach, allowed, readable, whole_school
from auth.relationships.children import children_of
from auth.relationships.classes import (
    classes_led,
    members_of_classes,
    sections_led,
    sections_today,
)
from auth.relationships.sections import lists_of_sections, sections_written
from auth.relationships.students import own
from auth.relationships.teaching import sections_known, sections_taught, sections_to_substitute
from auth.rights import Right
from models.base import holds_on
from models.structure.sections import Section, SectionMembership, Subject, TeachingAssignment


@readable(Section, Right.CLASSES_READ)
def read_sections(viewer: Viewer, section: type[Section]) -> Reach:
    """One's own, those one was in, too, for past lessons are of them; one's children's; those one
    teaches or substitutes in, those of the class one leads, or all."""
    reach = lists_of_sections(viewer, section.id)
    lent = section.id.in_(sections_to_substitute(viewer))
    return {**reach, SECTION: or_(reach[SECTION], lent)}


@readable(SectionMembership, Right.CLASSMATES_READ)
def read_section_lists(viewer: Viewer, membership: type[SectionMembership]) -> Reach:
    """Who is in a section, by name only. Whoever has left it sees their own time in it, not who
    is in it now; a class teacher the same for her pupils (domain.md c.1, "own class/groups")."""

    def together(students: Keys) -> ColumnElement[bool]:
        now = membership.section_id.in_(sections_today(viewer, students))
        mine = membership.student_id.in_(students)
        return or_(mine, and_(now, holds_on(membership, viewer.today)))

    pupils = members_of_classes(viewer, classes_led(viewer))
    return {
        SELF: together(own(viewer)),
        CHILD: together(children_of(viewer)),
        SECTION: membership.section_id.in_(sections_known(viewer)),
        CLASS: or_(membership.section_id.in_(sections_led(viewer)), together(pupils)),
        SCHOOL: true(),
    }


@readable(TeachingAssignment, Right.CLASSES_READ)
def read_teaching(viewer: Viewer, assignment: type[TeachingAssignment]) -> Reach:
    """Who teaches a section while one is in it, or taught it while one was; class teachers the
    same of their pupils, and all of the sections of their class."""

    def met(students: Keys) -> ColumnElement[bool]:
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
        SELF: met(own(viewer)),
        CHILD: met(children_of(viewer)),
        SECTION: assignment.section_id.in_(sections_taught(viewer)),
        CLASS: or_(assignment.section_id.in_(sections_led(viewer)), met(pupils)),
        SCHOOL: true(),
    }


@allowed(Section, Right.CLASSES_WRITE)
@allowed(Section, Right.TIMETABLE_WRITE)
@allowed(Section, Right.TERM_MARKS_WRITE)
def write_sections(viewer: Viewer, section: type[Section]) -> Reach:
    """Sections one teaches; with more, those of one's class; with most, all."""
    return sections_written(viewer, section.id)


readable(Subject, Right.SCHOOL_READ)(whole_school)
