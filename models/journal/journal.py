"""A journal: the students who are or were in its section."""

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Mapped

from models.base import OfSchool
from models.people.students import Student
from models.structure.sections import SectionMembership

STAYS, STUDENTS = SectionMembership.__table__, Student.__table__
LISTED = (
    select(
        STAYS.c.school_id,
        STAYS.c.student_id.label("id"),
        func.max(STAYS.c.version).label("version"),
        STAYS.c.section_id,
        STAYS.c.student_id,
        STUDENTS.c.person_id,
    )
    .join(
        STUDENTS,
        and_(STUDENTS.c.school_id == STAYS.c.school_id, STUDENTS.c.id == STAYS.c.student_id),
    )
    # A student who left a section and came back has two memberships and one line.
    .group_by(STAYS.c.school_id, STAYS.c.section_id, STAYS.c.student_id, STUDENTS.c.person_id)
    .subquery("journal_students")
)


class JournalStudent(OfSchool):
    """A student in a section's journal, by name only, also after they have left the section."""

    __table__ = LISTED
    __mapper_args__ = {"primary_key": [LISTED.c.school_id, LISTED.c.section_id, LISTED.c.id]}
    is_view = True

    school_id: Mapped[int]
    id: Mapped[int]
    version: Mapped[int]
    section_id: Mapped[int]
    student_id: Mapped[int]
    person_id: Mapped[int]
