"""Rules for attendance."""

from auth.actor import Viewer
from auth.policy import (
    Reach,
    permits,
    readable,
)
from auth.relationships.handover import reach_in_section
from auth.rights import Right
from models.journal.attendance import AttendanceRecord


@readable(AttendanceRecord, Right.ATTENDANCE_READ)
@permits(AttendanceRecord, Right.MARKS_READ_AUTHORS)
def read_attendance(viewer: Viewer, record: type[AttendanceRecord]) -> Reach:
    """Attendance is read like other records of a student in a section."""
    return reach_in_section(viewer, record)
