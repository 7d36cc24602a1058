"""What belongs to a section, by how somebody is related to the section."""

from sqlalchemy import (
    or_,
    true,
)

from auth.actor import Column, Viewer
from auth.policy import CHILD, CLASS, SCHOOL, SECTION, SELF, Reach
from auth.relationships.children import children_of
from auth.relationships.classes import classes_led, members_of_classes, sections_led, sections_of
from auth.relationships.students import own
from auth.relationships.teaching import sections_known, sections_taught


def lists_of_sections(viewer: Viewer, section_id: Column) -> Reach:
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


def journal_of_sections(viewer: Viewer, section_id: Column) -> Reach:
    """For what a teacher reads of a section's journal: as `lists_of_sections`, and whoever
    substitutes in it (domain.md e5)."""
    known = section_id.in_(sections_known(viewer))
    return {**lists_of_sections(viewer, section_id), SECTION: known}


def sections_written(viewer: Viewer, section_id: Column) -> Reach:
    """For changing what belongs to one section: those one teaches, those of the classes one leads,
    or all. Narrower than reading: a pupil who came from another class brings the right to read
    what they did there, not the right to change it."""
    return {
        SECTION: section_id.in_(sections_taught(viewer)),
        CLASS: section_id.in_(sections_led(viewer)),
        SCHOOL: true(),
    }
