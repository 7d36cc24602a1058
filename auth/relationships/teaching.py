"""The sections that a teacher teaches, and the lessons in which they substitute.

A teacher who gives a lesson in a section that they do not teach may write in that lesson for some
days and read the section's journal (domain.md e5). A teacher who taught the section before is no
substitute in it: their name stays in lessons that were planned at the time, and must open nothing
once somebody else teaches it.
"""

from sqlalchemy import (
    ColumnElement,
    Integer,
    and_,
    cast,
    exists,
    func,
    select,
    union_all,
)
from sqlalchemy.orm import aliased

from auth.actor import Keys, Viewer
from auth.policy import build_keys_once
from models.access.roles import RoleGrant
from models.base import holds_on
from models.school.schools import School
from models.structure.classes import SchoolClass
from models.structure.sections import Section, TeachingAssignment
from models.timetable.lessons import Lesson, LessonStatus


@build_keys_once
def classes_granted(viewer: Viewer) -> Keys:
    """Select the classes that the viewer's role was granted for: one class, or those of a grade.
    A grant for the whole school names neither (CHECK), and null is equal to nothing."""
    mine = RoleGrant.id == viewer.role_grant_id
    grades = viewer.keys(RoleGrant.grade_level, mine)
    given = viewer.keys(RoleGrant.school_class_id, mine)
    by_grade = viewer.keys(SchoolClass.id, SchoolClass.grade_level.in_(grades))
    return union_all(given, by_grade)


@build_keys_once
def sections_granted(viewer: Viewer) -> Keys:
    """Select the sections of those classes."""
    return viewer.keys(Section.id, Section.school_class_id.in_(classes_granted(viewer)))


@build_keys_once
def sections_taught(viewer: Viewer) -> Keys:
    """Select the sections that the viewer teaches today; in a role granted for a part of the
    school, those of its classes only."""
    taught = viewer.keys(
        TeachingAssignment.section_id,
        TeachingAssignment.staff_id == viewer.staff_id,
        holds_on(TeachingAssignment, viewer.today),
    )
    if viewer.is_scoped:
        return taught.where(TeachingAssignment.section_id.in_(sections_granted(viewer)))
    return taught


def substitutes(viewer: Viewer, lesson: type[Lesson]) -> ColumnElement[bool]:
    """Whether the viewer gives a lesson of a section that they had not taught by then, and the
    lesson is not longer ago than the school allows substitutes."""
    teaching = aliased(TeachingAssignment)
    taught = select(teaching.id).where(
        teaching.school_id == viewer.school_id,
        teaching.section_id == lesson.section_id,
        teaching.staff_id == viewer.staff_id,
        teaching.valid_from <= lesson.date,
    )
    days = cast(viewer.keys(School.substitute_days).scalar_subquery(), Integer)
    found = and_(
        lesson.staff_id == viewer.staff_id,
        lesson.date >= viewer.today - days,
        ~exists(taught.correlate(lesson)),
    )
    if viewer.is_scoped:
        return and_(found, lesson.section_id.in_(sections_granted(viewer)))
    return found


def substitutes_now(viewer: Viewer, lesson: type[Lesson]) -> ColumnElement[bool]:
    """Whether the viewer may write in a lesson as its substitute: from its first bell on, unless
    it is cancelled."""
    zone = viewer.keys(School.time_zone).scalar_subquery()
    begins = func.timezone(zone, lesson.date + lesson.starts_at)
    takes_place = lesson.status != LessonStatus.CANCELLED
    # The day says nothing that the first bell does not. Without it, all lessons of the year that
    # the viewer still has to give would be read: no index knows when a lesson begins.
    has_come = and_(lesson.date <= viewer.today, begins <= viewer.now)
    return and_(substitutes(viewer, lesson), takes_place, has_come)


@build_keys_once
def lessons_substituted(viewer: Viewer) -> Keys:
    """Select the lessons in which the viewer substitutes."""
    return viewer.keys(Lesson.id, substitutes(viewer, Lesson))


@build_keys_once
def sections_to_substitute(viewer: Viewer) -> Keys:
    """Select the sections of the lessons in which the viewer substitutes."""
    return viewer.keys(Lesson.section_id, substitutes(viewer, Lesson))


@build_keys_once
def sections_known(viewer: Viewer) -> Keys:
    """Select the sections whose journal the viewer reads as a teacher: those they teach, and those
    in which they may write in a lesson as its substitute, who must know what came before."""
    substituted = viewer.keys(Lesson.section_id, substitutes_now(viewer, Lesson))
    return union_all(sections_taught(viewer), substituted)
