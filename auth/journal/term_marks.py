"""Rules for term marks."""

from sqlalchemy import or_

from auth.actor import Viewer
from auth.policy import (
    SECTION,
    Reach,
    allowed,
    certain,
    readable,
    through,
)
from auth.relationships.handover import took_over
from auth.relationships.sections import lists_of_sections
from auth.relationships.students import of_student
from auth.rights import Right
from models.journal.term_marks import TermMark, TermMarkRevision


@readable(TermMark, Right.TERM_MARKS_READ)
@allowed(TermMark, Right.MARKS_READ_AUTHORS)
def read_term_marks(viewer: Viewer, mark: type[TermMark]) -> Reach:
    """Of the student; teachers: of their sections, of students they have taken over, and of their
    class."""
    return {
        **of_student(viewer, mark.student_id),
        SECTION: or_(
            lists_of_sections(viewer, mark.section_id)[SECTION],
            took_over(viewer, mark.student_id, mark.section_id),
        ),
    }


@readable(TermMarkRevision, Right.MARKS_READ_HISTORY)
@allowed(TermMarkRevision, Right.MARKS_READ_AUTHORS)
def read_term_mark_history(viewer: Viewer, revision: type[TermMarkRevision]) -> Reach:
    """As the term mark."""
    return through(viewer, revision, revision.term_mark_id, TermMark, read_term_marks)


certain(TermMarkRevision.term_mark_id, TermMark)
