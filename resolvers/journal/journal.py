"""The class journal: students, lessons, and the cells where they meet."""

from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

from sqlalchemy import ColumnElement, exists, or_, select

from auth.actor import Viewer
from auth.journal.journal import is_listed
from auth.policy import visible
from auth.rights import Right
from models.base import Id
from models.journal.attendance import AttendanceRecord
from models.journal.journal import JournalStudent
from models.journal.marks import Mark
from models.people.persons import Person
from models.structure.sections import Section, SectionMembership
from models.timetable.lessons import Lesson
from resolvers.core.parameters import Arg
from resolvers.core.reads import Crossing, Report, Row, Rows, reads
from resolvers.core.shapes import Via
from resolvers.journal.days import first_and_last_day, limit_days

LONGEST = 366


@dataclass(frozen=True)
class JournalCell:
    """A cell of the journal that is not empty: a student in a lesson (клетка журнала).

    marks: The marks of the student in the lesson.
    attendance: Whether they were present; null if nothing is recorded.
    """

    lesson_id: int
    student_id: int
    marks: list[Mark]
    attendance: AttendanceRecord | None


@dataclass(frozen=True)
class Journal(Report):
    """A section's journal over some days (классный журнал).

    section: The section.
    students: The students who were in the section on some of the days, or have a record in a cell,
        in Russian order of names.
    lessons: Lessons, in order of time; cancelled ones have the status CANCELLED.
    cells: The cells that are not empty, by lesson, then student.
    """

    needs: ClassVar = ("section",)

    section: Row[Section]
    students: Rows[JournalStudent]
    lessons: Rows[Lesson]
    cells: Crossing[JournalCell]


@reads(Right.MARKS_READ, limit_days(LONGEST))
def find_journal(
    viewer: Viewer,
    *,
    section_id: Arg[Id[Section]],
    from_: Arg[date] | None = None,
    to: Arg[date] | None = None,
) -> Journal:
    """A section's journal; null for a section the viewer may not see.

    section_id: The section.
    from_: First day, school-local; null for Monday of this week.
    to: Last day, school-local; null for the week that begins with `from`. At most 366 days in all.
    """
    first, last = first_and_last_day(viewer, from_, to)
    there = viewer.keys(
        SectionMembership.student_id,
        SectionMembership.section_id == section_id,
        SectionMembership.valid_from <= last,
        SectionMembership.valid_to.is_(None) | (SectionMembership.valid_to > first),
    )
    ever = viewer.keys(SectionMembership.student_id, SectionMembership.section_id == section_id)
    held = (Lesson.section_id == section_id, Lesson.date.between(first, last))
    # The cells of lessons that the viewer may not see are left out, even if a mark is visible.
    lessons = visible(viewer, Lesson).where(*held).with_only_columns(Lesson.id).correlate(None)
    name = Via((JournalStudent.person_id,), Person.sort_key)

    def in_cells(row: Any) -> tuple[ColumnElement[bool], ...]:
        return row.lesson_id.in_(lessons), row.student_id.in_(ever), is_listed(viewer, row)

    def has_record(row: Any, *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
        of_student = (row.section_id == section_id, row.student_id == JournalStudent.student_id)
        found = select(row.id).where(row.school_id == viewer.school_id, *of_student, *conditions)
        return exists(found.where(row.lesson_id.in_(lessons)).correlate(JournalStudent))

    # A student may be taken out of the section as of a day on which a record of theirs stays.
    listed = or_(
        JournalStudent.student_id.in_(there),
        has_record(AttendanceRecord),
        has_record(Mark, Mark.withdrawn_at.is_(None)),
    )
    return Journal(
        section=Row(Section, (Section.id == section_id,)),
        students=Rows(JournalStudent, (JournalStudent.section_id == section_id, listed), (name,)),
        lessons=Rows(Lesson, held, (Lesson.date, Lesson.starts_at)),
        cells=Crossing(
            JournalCell,
            ("lesson_id", "student_id"),
            {
                "marks": Rows(Mark, in_cells(Mark)),
                "attendance": Row(AttendanceRecord, in_cells(AttendanceRecord)),
            },
        ),
    )
