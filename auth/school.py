"""The school's card and calendar are open to all who hold the right at all."""

from typing import Any

from sqlalchemy import true

from auth.actor import Viewer
from auth.policy import SCHOOL, SELF, Reach, allowed, readable
from auth.rights import Right
from models.files.files import File
from models.journal.assignments import AssignmentType
from models.school.calendar import (
    AcademicYear,
    BellSchedule,
    Holiday,
    HolidaySet,
    Period,
    Term,
    TermType,
)
from models.school.rooms import Room
from models.school.schools import School
from models.structure.sections import Subject


@readable(School, Right.SCHOOL_READ)
@allowed(School, Right.SCHOOL_WRITE)
@allowed(School, Right.NOTICES_PUBLISH)
@allowed(School, Right.STUDENTS_WRITE)
@allowed(School, Right.STAFF_WRITE)
@allowed(School, Right.CLASSES_WRITE)
@allowed(School, Right.ROLES_GRANT)
@allowed(School, Right.ROLES_GRANT_PROTECTED)
@allowed(School, Right.RIGHTS_WRITE)
@allowed(School, Right.ACCESS_EXPLAIN)
@allowed(School, Right.ACCESS_REQUEST)
@readable(AcademicYear, Right.SCHOOL_READ)
@readable(TermType, Right.SCHOOL_READ)
@readable(Term, Right.SCHOOL_READ)
@allowed(Term, Right.JOURNAL_CLOSE)
@readable(HolidaySet, Right.SCHOOL_READ)
@readable(Holiday, Right.SCHOOL_READ)
@readable(BellSchedule, Right.SCHOOL_READ)
@readable(Period, Right.SCHOOL_READ)
@readable(Room, Right.SCHOOL_READ)
@readable(Subject, Right.SCHOOL_READ)
@readable(AssignmentType, Right.SCHOOL_READ)
def all_of_the_school(viewer: Viewer, row: Any) -> Reach:
    """The whole school."""
    return {SCHOOL: true()}


@readable(File, Right.FILES_UPLOAD)
def own_files(viewer: Viewer, file: Any) -> Reach:
    """A file by itself is its owner's; others see it as an attachment of what they may read."""
    return {SELF: file.owner_id == viewer.person_id}
