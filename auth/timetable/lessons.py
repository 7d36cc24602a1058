"""Rules for lessons."""

from sqlalchemy import ColumnElement, and_, exists, or_, select, true
from sqlalchemy.orm import aliased

from auth.actor import Keys, Viewer
from auth.policy import (
    CHILD,
    CLASS,
    SCHOOL,
    SECTION,
    SELF,
    Reach,
    allowed,
    certain,
    readable,
)
from auth.relationships.children import children_of
from auth.relationships.classes import classes_led as led
from auth.relationships.classes import members_of_classes, sections_of
from auth.relationships.sections import journal_of_sections, sections_written
from auth.relationships.students import own
from auth.relationships.teaching import substitutes, substitutes_now
from auth.rights import Right
from models.base import holds_on
from models.journal.diary import DiaryLesson
from models.structure.sections import SectionMembership
from models.timetable.lessons import Lesson


def attended_by(viewer: Viewer, lesson: type[Lesson], students: Keys) -> ColumnElement[bool]:
    """Whether one of the students was in the section on the day of the lesson.

    The sections that they were ever in are named apart: an index leads to their lessons. By the
    membership of the day alone, all lessons of the school are looked through.
    """
    member = aliased(SectionMembership)
    there = select(member.id).where(
        member.school_id == viewer.school_id,
        member.section_id == lesson.section_id,
        member.student_id.in_(students),
        holds_on(member, lesson.date),
    )
    ever = sections_of(viewer, students)
    return and_(lesson.section_id.in_(ever), exists(there.correlate(lesson)))


@readable(Lesson, Right.LESSONS_READ)
@allowed(Lesson, Right.ASSIGNMENTS_READ)
def read_lessons(viewer: Viewer, lesson: type[Lesson]) -> Reach:
    """Of the sections one was in that day; of those one teaches or substitutes in; of one's class;
    or all."""
    known = journal_of_sections(viewer, lesson.section_id)[SECTION]
    return {
        SELF: attended_by(viewer, lesson, own(viewer)),
        CHILD: attended_by(viewer, lesson, children_of(viewer)),
        SECTION: or_(known, substitutes(viewer, lesson)),
        CLASS: attended_by(viewer, lesson, members_of_classes(viewer, led(viewer))),
        SCHOOL: true(),
    }


@allowed(Lesson, Right.TIMETABLE_WRITE)
def plan_lessons(viewer: Viewer, lesson: type[Lesson]) -> Reach:
    """In the sections one teaches today; with more, in those of one's class; with most, in all."""
    return sections_written(viewer, lesson.section_id)


@allowed(Lesson, Right.LESSONS_WRITE)
@allowed(Lesson, Right.MARKS_WRITE)
@allowed(Lesson, Right.ATTENDANCE_WRITE)
def write_lessons(viewer: Viewer, lesson: type[Lesson]) -> Reach:
    """The same, and in the lessons one substitutes in."""
    reach = sections_written(viewer, lesson.section_id)
    return {**reach, SECTION: or_(reach[SECTION], substitutes_now(viewer, lesson))}


certain(Lesson.id, DiaryLesson)
