"""Classes and sections by their class teachers and members."""

from auth.actor import Keys, Viewer
from auth.policy import build_keys_once
from auth.relationships.teaching import classes_granted
from models.base import holds_on
from models.structure.classes import ClassMembership, ClassTeacher
from models.structure.sections import Section, SectionMembership


@build_keys_once
def classes_led(viewer: Viewer) -> Keys:
    """Select the classes that the viewer leads today; in a role granted for a part of the school,
    the classes of the grant."""
    if viewer.is_scoped:
        return classes_granted(viewer)
    return viewer.keys(
        ClassTeacher.school_class_id,
        ClassTeacher.staff_id == viewer.staff_id,
        holds_on(ClassTeacher, viewer.today),
    )


@build_keys_once
def members_of_classes(viewer: Viewer, classes: Keys) -> Keys:
    """Select the students who are in some of the classes today."""
    today = holds_on(ClassMembership, viewer.today)
    return viewer.keys(
        ClassMembership.student_id, ClassMembership.school_class_id.in_(classes), today
    )


@build_keys_once
def members_of_sections(viewer: Viewer, sections: Keys) -> Keys:
    """Select the students who are in some of the sections today."""
    today = holds_on(SectionMembership, viewer.today)
    return viewer.keys(
        SectionMembership.student_id, SectionMembership.section_id.in_(sections), today
    )


@build_keys_once
def classes_of(viewer: Viewer, students: Keys) -> Keys:
    """Select the classes in which some of the students are today."""
    today = holds_on(ClassMembership, viewer.today)
    return viewer.keys(
        ClassMembership.school_class_id, ClassMembership.student_id.in_(students), today
    )


@build_keys_once
def sections_of(viewer: Viewer, students: Keys) -> Keys:
    """Select the sections in which some of the students are or were: past lessons stay theirs."""
    return viewer.keys(SectionMembership.section_id, SectionMembership.student_id.in_(students))


@build_keys_once
def sections_today(viewer: Viewer, students: Keys) -> Keys:
    """Select the sections in which some of the students are today."""
    today = holds_on(SectionMembership, viewer.today)
    return viewer.keys(
        SectionMembership.section_id, SectionMembership.student_id.in_(students), today
    )


@build_keys_once
def sections_led(viewer: Viewer) -> Keys:
    """Select the sections of the classes that the viewer leads."""
    return viewer.keys(Section.id, Section.school_class_id.in_(classes_led(viewer)))
