"""Rules for term marks."""

from sqlalchemy import or_

from auth.actor import Viewer
from auth.policy import (
    SECTION,
    Reach,
    declare_certain,
    permits,
    reach_through,
    readable,
)
from auth.relationships.handover import took_over
from auth.relationships.sections import lists_of_sections
from auth.relationships.students import reach_student
from auth.rights import Right
from models.journal.term_marks import TermMark, TermMarkRevision


@readable(TermMark, Right.TERM_MARKS_READ)
@permits(TermMark, Right.MARKS_READ_AUTHORS)
def read_term_marks(viewer: Viewer, mark: type[TermMark]) -> Reach:
    """Term marks are read by those who reach the student; teachers read those of their sections and
    of students they have taken over."""
    return {
        **reach_student(viewer, mark.student_id),
        SECTION: or_(
            lists_of_sections(viewer, mark.section_id)[SECTION],
            took_over(viewer, mark.student_id, mark.section_id),
        ),
    }


@readable(TermMarkRevision, Right.MARKS_READ_HISTORY)
@permits(TermMarkRevision, Right.MARKS_READ_AUTHORS)
def read_term_mark_history(viewer: Viewer, revision: type[TermMarkRevision]) -> Reach:
    """A revision is read like its term mark."""
    return reach_through(viewer, revision, revision.term_mark_id, TermMark, read_term_marks)


declare_certain(TermMarkRevision.term_mark_id, TermMark)
