"""Rules for staff."""

from sqlalchemy import (
    true,
)

from auth.actor import Viewer
from auth.policy import SCHOOL, SELF, Reach, allowed, readable
from auth.rights import Right
from models.people.staff import Staff

# -- staff and names ------------------------------------------------------------------


@readable(Staff, Right.STAFF_READ)
@allowed(Staff, Right.STAFF_WRITE)
def read_staff(viewer: Viewer, staff: type[Staff]) -> Reach:
    """The card of a member of staff is open to all of the school."""
    return {SCHOOL: true()}


@allowed(Staff, Right.STAFF_READ_FILE)
def read_staff_files(viewer: Viewer, staff: type[Staff]) -> Reach:
    """One's own, or all."""
    return {SELF: staff.id == viewer.staff_id, SCHOOL: true()}
