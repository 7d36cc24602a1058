"""Rules for classes."""

from sqlalchemy import and_, or_, true

from auth.actor import Column, Viewer
from auth.policy import CHILD, CLASS, SCHOOL, SECTION, SELF, Reach, permits, readable
from auth.relationships.children import children_of
from auth.relationships.classes import (
    classes_led,
    classes_of,
    members_of_sections,
)
from auth.relationships.students import select_own
from auth.relationships.teaching import sections_taught
from auth.rights import Right
from models.base import holds_on
from models.structure.classes import ClassMembership, ClassTeacher, SchoolClass
from models.structure.sections import Section


def reach_class(viewer: Viewer, class_id: Column) -> Reach:
    """Reach rows that belong to one class."""
    pupils = members_of_sections(viewer, sections_taught(viewer))
    of_sections = viewer.keys(
        Section.school_class_id,
        Section.id.in_(sections_taught(viewer)),
        Section.school_class_id.is_not(None),
    )
    return {
        SELF: class_id.in_(classes_of(viewer, select_own(viewer))),
        CHILD: class_id.in_(classes_of(viewer, children_of(viewer))),
        SECTION: or_(class_id.in_(of_sections), class_id.in_(classes_of(viewer, pupils))),
        CLASS: class_id.in_(classes_led(viewer)),
        SCHOOL: true(),
    }


@permits(SchoolClass, Right.CLASSES_WRITE)
def write_classes(viewer: Viewer, school_class: type[SchoolClass]) -> Reach:
    """Class teachers write the classes they lead."""
    return {CLASS: school_class.id.in_(classes_led(viewer)), SCHOOL: true()}


@readable(SchoolClass, Right.CLASSES_READ)
def read_classes(viewer: Viewer, school_class: type[SchoolClass]) -> Reach:
    """People read their own classes, their children's, and those they teach or lead."""
    return reach_class(viewer, school_class.id)


@readable(ClassTeacher, Right.CLASSES_READ)
def read_class_teachers(viewer: Viewer, class_teacher: type[ClassTeacher]) -> Reach:
    """A class teacher is read like the class."""
    return reach_class(viewer, class_teacher.school_class_id)


@readable(ClassMembership, Right.CLASSMATES_READ)
def read_class_lists(viewer: Viewer, membership: type[ClassMembership]) -> Reach:
    """Members of a class are read, by name only, by its pupils, its teachers and the
    administration. Pupils see the members of today and their own former memberships."""
    reach = reach_class(viewer, membership.school_class_id)
    today = holds_on(membership, viewer.today)
    return {
        **reach,
        SELF: or_(membership.student_id == viewer.student_id, and_(reach[SELF], today)),
        CHILD: or_(membership.student_id.in_(children_of(viewer)), and_(reach[CHILD], today)),
    }
