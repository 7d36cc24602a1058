"""Rules for staff."""

from sqlalchemy import (
    true,
)

from auth.actor import Viewer
from auth.policy import SCHOOL, SELF, Reach, permits, readable
from auth.rights import Right
from models.people.staff import Staff

# -- staff and names ------------------------------------------------------------------


@readable(Staff, Right.STAFF_READ)
@permits(Staff, Right.STAFF_WRITE)
def read_staff(viewer: Viewer, staff: type[Staff]) -> Reach:
    """Everyone in the school reads the cards of staff."""
    return {SCHOOL: true()}


@permits(Staff, Right.STAFF_READ_FILE)
def read_staff_files(viewer: Viewer, staff: type[Staff]) -> Reach:
    """Staff read their own file."""
    return {SELF: staff.id == viewer.staff_id, SCHOOL: true()}
