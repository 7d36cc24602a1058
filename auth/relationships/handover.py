"""Handover: after a student moves between sections of a subject, the new teacher reads the
student's records of the section before (domain.md e1, e2)."""

from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select
from sqlalchemy.orm import aliased

from auth.actor import Column, Keys, Viewer
from auth.policy import SECTION, Reach, build_keys_once
from auth.relationships.sections import journal_of_sections
from auth.relationships.students import reach_student
from auth.relationships.teaching import sections_taught
from models.base import holds_on
from models.structure.sections import Section, SectionMembership


@build_keys_once
def former_sections(viewer: Viewer) -> Keys:
    """Select the sections left by students whom the viewer teaches the same subject today. They are
    few, so a rule compares with them first and applies `took_over` to the rows that remain."""
    now = aliased(SectionMembership)
    goes_on = exists(
        select(now.id)
        .where(
            now.school_id == viewer.school_id,
            now.student_id == SectionMembership.student_id,
            now.subject_id == SectionMembership.subject_id,
            now.section_id.in_(sections_taught(viewer)),
            holds_on(now, viewer.today),
        )
        .correlate(SectionMembership)
    )
    return viewer.keys(
        SectionMembership.section_id, SectionMembership.valid_to <= viewer.today, goes_on
    )


def took_over(viewer: Viewer, student_id: Column, section_id: Column) -> ColumnElement[bool]:
    """Whether the student left the section this year and the viewer teaches them its subject today.
    The new teacher reads the student's earlier records (domain.md e1, e2)."""
    past, moved = moves_to(viewer)
    here = moved.where(past.student_id == student_id, past.section_id == section_id)
    return and_(section_id.in_(former_sections(viewer)), exists(here))


@build_keys_once
def moves_to(viewer: Viewer) -> tuple[Any, Select[Any]]:
    """SELECT the moves of students to sections that the viewer teaches today, within the year and
    the subject; and the membership that they left."""
    now, past = aliased(SectionMembership), aliased(SectionMembership)
    here, there = aliased(Section), aliased(Section)
    moves = (
        select(past.id)
        .join(now, and_(now.student_id == past.student_id, now.subject_id == past.subject_id))
        .join(here, here.id == now.section_id)
        .join(there, there.id == past.section_id)
        .where(
            past.school_id == viewer.school_id,
            past.valid_to <= viewer.today,
            now.school_id == viewer.school_id,
            now.section_id.in_(sections_taught(viewer)),
            holds_on(now, viewer.today),
            here.school_id == viewer.school_id,
            there.school_id == viewer.school_id,
            here.academic_year_id == there.academic_year_id,
        )
        .correlate_except(now, past, here, there)
    )
    return past, moves


def is_taught(viewer: Viewer, student_id: Column, section_id: Column) -> ColumnElement[bool]:
    """Whether the viewer reads the journal of the section as a teacher, or has taken the student
    over from it."""
    known = journal_of_sections(viewer, section_id)[SECTION]
    return or_(known, took_over(viewer, student_id, section_id))


def reach_in_section(viewer: Viewer, row: Any) -> Reach:
    """Reach rows of a student in a section. Teachers reach those of their sections, of students
    they have taken over, and of their class."""
    reach = reach_student(viewer, row.student_id)
    return {**reach, SECTION: is_taught(viewer, row.student_id, row.section_id)}
