"""Reach of rows that belong to a student, by the viewer's relationship to the student."""

from sqlalchemy import (
    true,
)

from auth.actor import Column, Keys, Viewer
from auth.policy import CHILD, CLASS, SCHOOL, SECTION, SELF, Reach, build_keys_once
from auth.relationships.children import children_of
from auth.relationships.classes import classes_led, members_of_classes, members_of_sections
from auth.relationships.teaching import sections_taught
from models.people.students import Student


@build_keys_once
def select_own(viewer: Viewer) -> Keys:
    """Select the viewer themselves as a student."""
    return viewer.keys(Student.id, Student.id == viewer.student_id)


def reach_student(viewer: Viewer, student_id: Column) -> Reach:
    """Reach rows that belong to one student."""
    return {
        SELF: student_id == viewer.student_id,
        CHILD: student_id.in_(children_of(viewer)),
        SECTION: student_id.in_(members_of_sections(viewer, sections_taught(viewer))),
        CLASS: student_id.in_(members_of_classes(viewer, classes_led(viewer))),
        SCHOOL: true(),
    }


def reach_student_closely(viewer: Viewer, student_id: Column) -> Reach:
    """Reach rows of a student that are not opened by teaching them."""
    reach = reach_student(viewer, student_id)
    return {scope: rows for scope, rows in reach.items() if scope is not SECTION}
