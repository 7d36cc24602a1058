"""Rules for assignments."""

from sqlalchemy import and_, or_

from auth.actor import Viewer
from auth.journal.marks import read_marks
from auth.policy import (
    CHILD,
    CLASS,
    SECTION,
    SELF,
    Reach,
    declare_certain,
    permits,
    reach_by_referrer,
    reach_through,
    readable,
)
from auth.relationships.handover import former_sections
from auth.relationships.sections import journal_of_sections, sections_written
from auth.relationships.teaching import lessons_substituted, substitutes_now
from auth.rights import Right
from auth.timetable.lessons import read_lessons
from models.journal.assignments import Assignment
from models.journal.marks import Mark
from models.timetable.lessons import Lesson


@readable(Assignment, Right.ASSIGNMENTS_READ)
def read_assignments(viewer: Viewer, assignment: type[Assignment]) -> Reach:
    """An assignment is read like its lesson. A viewer who sees a mark also sees its assignment,
    even if the student has been taken out of the section of that day."""
    lesson = reach_through(viewer, assignment, assignment.lesson_id, Lesson, read_lessons)
    marked = reach_by_referrer(viewer, assignment, Mark.assignment_id, read_marks)
    return {
        **lesson,
        SELF: or_(lesson[SELF], marked[SELF]),
        CHILD: or_(lesson[CHILD], marked[CHILD]),
        SECTION: or_(
            journal_of_sections(viewer, assignment.section_id)[SECTION],
            assignment.lesson_id.in_(lessons_substituted(viewer)),
            and_(assignment.section_id.in_(former_sections(viewer)), marked[SECTION]),
        ),
        CLASS: or_(lesson[CLASS], marked[CLASS]),
    }


@permits(Assignment, Right.MARKS_WRITE)
def write_marks(viewer: Viewer, assignment: type[Assignment]) -> Reach:
    """Teachers set marks in the sections they teach today and in lessons in which they substitute,
    class teachers in those of their class."""
    reach = sections_written(viewer, assignment.section_id)
    lent = viewer.keys(Lesson.id, substitutes_now(viewer, Lesson))
    return {**reach, SECTION: or_(reach[SECTION], assignment.lesson_id.in_(lent))}


declare_certain(Assignment.lesson_id, Lesson)
