"""Classes and sections, by who leads them and who is in them."""

from auth.actor import Keys, Viewer
from auth.relationships.teaching import classes_granted
from models.base import holds_on
from models.structure.classes import ClassMembership, ClassTeacher
from models.structure.sections import Section, SectionMembership


def classes_led(viewer: Viewer) -> Keys:
    """Classes the viewer leads today; in a role granted for a part of the school, the classes of
    the grant."""
    if viewer.is_scoped:
        return classes_granted(viewer)
    return viewer.keys(
        ClassTeacher.school_class_id,
        ClassTeacher.staff_id == viewer.staff_id,
        holds_on(ClassTeacher, viewer.today),
    )


def members_of_classes(viewer: Viewer, classes: Keys) -> Keys:
    """Students who are in some of the classes today."""
    today = holds_on(ClassMembership, viewer.today)
    return viewer.keys(
        ClassMembership.student_id, ClassMembership.school_class_id.in_(classes), today
    )


def members_of_sections(viewer: Viewer, sections: Keys) -> Keys:
    """Students who are in some of the sections today."""
    today = holds_on(SectionMembership, viewer.today)
    return viewer.keys(
        SectionMembership.student_id, SectionMembership.section_id.in_(sections), today
    )


def classes_of(viewer: Viewer, students: Keys) -> Keys:
    """Classes in which some of the students are today."""
    today = holds_on(ClassMembership, viewer.today)
    return viewer.keys(
        ClassMembership.school_class_id, ClassMembership.student_id.in_(students), today
    )


def sections_of(viewer: Viewer, students: Keys) -> Keys:
    """Sections in which some of the students are or were: their past lessons stay theirs."""
    return viewer.keys(SectionMembership.section_id, SectionMembership.student_id.in_(students))


def sections_today(viewer: Viewer, students: Keys) -> Keys:
    """Sections in which some of the students are today."""
    today = holds_on(SectionMembership, viewer.today)
    return viewer.keys(
        SectionMembership.section_id, SectionMembership.student_id.in_(students), today
    )


def sections_led(viewer: Viewer) -> Keys:
    """Sections of the classes one leads."""
    return viewer.keys(Section.id, Section.school_class_id.in_(classes_led(viewer)))
