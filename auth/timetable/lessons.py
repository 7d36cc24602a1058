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
    declare_certain,
    permits,
    readable,
)
from auth.relationships.children import children_of
from auth.relationships.classes import classes_led as led
from auth.relationships.classes import members_of_classes, sections_of
from auth.relationships.sections import journal_of_sections, sections_written
from auth.relationships.students import select_own
from auth.relationships.teaching import substitutes, substitutes_now
from auth.rights import Right
from models.base import holds_on
from models.journal.diary import DiaryLesson
from models.structure.sections import SectionMembership
from models.timetable.lessons import Lesson


def attended_by(viewer: Viewer, lesson: type[Lesson], students: Keys) -> ColumnElement[bool]:
    """Whether one of the students was in the section on the day of the lesson.

    The condition also lists the sections that they were ever in, so that an index finds their
    lessons; with the membership of the day alone all lessons of the school are scanned.
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
@permits(Lesson, Right.ASSIGNMENTS_READ)
def read_lessons(viewer: Viewer, lesson: type[Lesson]) -> Reach:
    """Students read the lessons of sections that they were in that day. Teachers read those of
    sections they teach or substitute in, and of their class."""
    known = journal_of_sections(viewer, lesson.section_id)[SECTION]
    return {
        SELF: attended_by(viewer, lesson, select_own(viewer)),
        CHILD: attended_by(viewer, lesson, children_of(viewer)),
        SECTION: or_(known, substitutes(viewer, lesson)),
        CLASS: attended_by(viewer, lesson, members_of_classes(viewer, led(viewer))),
        SCHOOL: true(),
    }


@permits(Lesson, Right.TIMETABLE_WRITE)
def plan_lessons(viewer: Viewer, lesson: type[Lesson]) -> Reach:
    """Teachers reach the lessons of sections they teach today, class teachers those of their
    class."""
    return sections_written(viewer, lesson.section_id)


@permits(Lesson, Right.LESSONS_WRITE)
@permits(Lesson, Right.MARKS_WRITE)
@permits(Lesson, Right.ATTENDANCE_WRITE)
def write_lessons(viewer: Viewer, lesson: type[Lesson]) -> Reach:
    """Teachers write the lessons of sections they teach, and those in which they substitute."""
    reach = sections_written(viewer, lesson.section_id)
    return {**reach, SECTION: or_(reach[SECTION], substitutes_now(viewer, lesson))}


declare_certain(Lesson.id, DiaryLesson)
