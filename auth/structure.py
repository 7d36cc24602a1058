"""Who sees classes and sections, and who makes them."""

from typing import Any

from sqlalchemy import or_, true

from auth.actor import Viewer
from auth.people import (
    children_of,
    classes_led,
    classes_of,
    journal_of_sections,
    lists_of_sections,
    members_of_sections,
    own,
    sections_written,
)
from auth.policy import CHILD, CLASS, SCHOOL, SECTION, SELF, Reach, allowed, readable
from auth.rights import Right
from auth.teaching import sections_taught, sections_to_substitute
from models.structure.classes import ClassMembership, ClassTeacher, SchoolClass
from models.structure.sections import Section, SectionMembership, TeachingAssignment


def of_class(viewer: Viewer, class_id: Any) -> Reach:
    """For whatever belongs to one class."""
    pupils = members_of_sections(viewer, sections_taught(viewer))
    of_sections = viewer.keys(
        Section.school_class_id,
        Section.id.in_(sections_taught(viewer)),
        Section.school_class_id.is_not(None),
    )
    return {
        SELF: class_id.in_(classes_of(viewer, own(viewer))),
        CHILD: class_id.in_(classes_of(viewer, children_of(viewer))),
        SECTION: or_(class_id.in_(of_sections), class_id.in_(classes_of(viewer, pupils))),
        CLASS: class_id.in_(classes_led(viewer)),
        SCHOOL: true(),
    }


@allowed(SchoolClass, Right.CLASSES_WRITE)
def write_classes(viewer: Viewer, school_class: Any) -> Reach:
    """Those one leads, or all."""
    return {CLASS: school_class.id.in_(classes_led(viewer)), SCHOOL: true()}


@readable(SchoolClass, Right.CLASSES_READ)
def read_classes(viewer: Viewer, school_class: Any) -> Reach:
    """One's own, one's children's, those one teaches or leads, or all."""
    return of_class(viewer, school_class.id)


@readable(ClassTeacher, Right.CLASSES_READ)
def read_class_teachers(viewer: Viewer, class_teacher: Any) -> Reach:
    """As the class."""
    return of_class(viewer, class_teacher.school_class_id)


@readable(ClassMembership, Right.CLASSMATES_READ)
def read_class_lists(viewer: Viewer, membership: Any) -> Reach:
    """Who is in a class, by name only: for its pupils, teachers and the administration."""
    return {**of_class(viewer, membership.school_class_id)}


@readable(Section, Right.CLASSES_READ)
def read_sections(viewer: Viewer, section: Any) -> Reach:
    """One's own, one's children's, those one teaches or substitutes in, those of the class one
    leads, or all."""
    reach = lists_of_sections(viewer, section.id)
    lent = section.id.in_(sections_to_substitute(viewer))
    return {**reach, SECTION: or_(reach[SECTION], lent)}


@readable(SectionMembership, Right.CLASSMATES_READ)
def read_section_lists(viewer: Viewer, membership: Any) -> Reach:
    """Who is in a section, by name only."""
    return journal_of_sections(viewer, membership.section_id)


@readable(TeachingAssignment, Right.CLASSES_READ)
def read_teaching(viewer: Viewer, assignment: Any) -> Reach:
    """As the section."""
    return lists_of_sections(viewer, assignment.section_id)


@allowed(Section, Right.CLASSES_WRITE)
@allowed(Section, Right.TIMETABLE_WRITE)
@allowed(Section, Right.TERM_MARKS_WRITE)
def write_sections(viewer: Viewer, section: Any) -> Reach:
    """Sections one teaches; with more, those of one's class; with most, all."""
    return sections_written(viewer, section.id)
