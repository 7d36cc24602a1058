"""Rules for the journal of a section."""

from typing import Any

from sqlalchemy import ColumnElement, false, or_, true

from auth.actor import Viewer
from auth.policy import (
    Reach,
    readable,
)
from auth.relationships.handover import reach_in_section
from auth.rights import Right
from models.journal.journal import JournalStudent


@readable(JournalStudent, Right.STUDENTS_READ)
def read_journal_students(viewer: Viewer, student: type[JournalStudent]) -> Reach:
    """Readers of a journal's records may read the names of its students of that time (domain.md
    c.3.1). The students' cards have another rule."""
    return reach_in_section(viewer, student)


def is_listed(viewer: Viewer, record: Any) -> ColumnElement[bool]:
    """Whether the journal shows the student of a record to the viewer. A school may have given the
    right to students a narrower scope than the right to marks or attendance."""
    held = viewer.scopes(Right.STUDENTS_READ)
    shown = viewer.scopes(Right.MARKS_READ) | viewer.scopes(Right.ATTENDANCE_READ)
    if not held or shown <= held:  # without the right the whole list is refused
        return true()
    rules = read_journal_students(viewer, record).items()
    return or_(false(), *(rule for scope, rule in rules if scope in held))
