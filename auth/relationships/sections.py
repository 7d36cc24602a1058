"""Reach of rows that belong to a section, by the viewer's relationship to the section."""

from sqlalchemy import (
    or_,
    true,
)

from auth.actor import Column, Viewer
from auth.policy import CHILD, CLASS, SCHOOL, SECTION, SELF, Reach
from auth.relationships.children import children_of
from auth.relationships.classes import classes_led, members_of_classes, sections_led, sections_of
from auth.relationships.students import select_own
from auth.relationships.teaching import sections_known, sections_taught


def lists_of_sections(viewer: Viewer, section_id: Column) -> Reach:
    """Reach rows that belong to one section."""
    pupils = members_of_classes(viewer, classes_led(viewer))
    return {
        SELF: section_id.in_(sections_of(viewer, select_own(viewer))),
        CHILD: section_id.in_(sections_of(viewer, children_of(viewer))),
        SECTION: section_id.in_(sections_taught(viewer)),
        CLASS: or_(
            section_id.in_(sections_led(viewer)), section_id.in_(sections_of(viewer, pupils))
        ),
        SCHOOL: true(),
    }


def journal_of_sections(viewer: Viewer, section_id: Column) -> Reach:
    """Reach rows of a section's journal: like `lists_of_sections`, and for substitutes, too
    (domain.md e5)."""
    known = section_id.in_(sections_known(viewer))
    return {**lists_of_sections(viewer, section_id), SECTION: known}


def sections_written(viewer: Viewer, section_id: Column) -> Reach:
    """Reach rows of a section to write them: of sections one teaches or leads the class of. It is
    narrower than reading: the class teacher of a pupil who came from another class may read their
    records there, not change them."""
    return {
        SECTION: section_id.in_(sections_taught(viewer)),
        CLASS: section_id.in_(sections_led(viewer)),
        SCHOOL: true(),
    }
