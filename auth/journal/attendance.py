"""Rules for attendance."""

from auth.actor import Viewer
from auth.policy import (
    Reach,
    allowed,
    readable,
)
from auth.relationships.handover import of_section
from auth.rights import Right
from models.journal.attendance import AttendanceRecord


@readable(AttendanceRecord, Right.ATTENDANCE_READ)
@allowed(AttendanceRecord, Right.MARKS_READ_AUTHORS)
def read_attendance(viewer: Viewer, record: type[AttendanceRecord]) -> Reach:
    """As `of_section`."""
    return of_section(viewer, record)
