"""The class journal: students, lessons, and what stands where they cross."""

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
from resolvers.journal.days import bounded, days

LONGEST = 366


@dataclass(frozen=True)
class JournalCell:
    """Where a student and a lesson cross, if anything stands there (клетка журнала).

    marks: Marks of the student in the lesson.
    attendance: Whether they were there; null when nothing is recorded.
    """

    lesson_id: int
    student_id: int
    marks: list[Mark]
    attendance: AttendanceRecord | None


@dataclass(frozen=True)
class Journal(Report):
    """A section's journal over some days (классный журнал).

    section: Whose it is.
    students: Who was in the section on some of the days, or has something in a cell, in Russian
        order of names.
    lessons: Lessons, in order of time; cancelled ones have the status CANCELLED.
    cells: Where something stands, by lesson, then student.
    """

    needs: ClassVar = ("section",)

    section: Row[Section]
    students: Rows[JournalStudent]
    lessons: Rows[Lesson]
    cells: Crossing[JournalCell]


@reads(Right.MARKS_READ, bounded(LONGEST))
def find_journal(
    viewer: Viewer,
    *,
    section_id: Arg[Id[Section]],
    from_: Arg[date] | None = None,
    to: Arg[date] | None = None,
) -> Journal:
    """A section's journal; null for a section the viewer may not see.

    section_id: Whose.
    from_: First day, school-local; null for Monday of this week.
    to: Last day, school-local; null for the week that begins with `from`. At most 366 days in all.
    """
    first, last = days(viewer, from_, to)
    there = viewer.keys(
        SectionMembership.student_id,
        SectionMembership.section_id == section_id,
        SectionMembership.valid_from <= last,
        SectionMembership.valid_to.is_(None) | (SectionMembership.valid_to > first),
    )
    ever = viewer.keys(SectionMembership.student_id, SectionMembership.section_id == section_id)
    held = (Lesson.section_id == section_id, Lesson.date.between(first, last))
    # Lessons the viewer may not see show nothing here, though a mark in one may be theirs to see.
    lessons = visible(viewer, Lesson).where(*held).with_only_columns(Lesson.id).correlate(None)
    name = Via((JournalStudent.person_id,), Person.sort_key)

    def standing(row: Any) -> tuple[ColumnElement[bool], ...]:
        return row.lesson_id.in_(lessons), row.student_id.in_(ever), is_listed(viewer, row)

    def stands(row: Any, *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
        of_student = (row.section_id == section_id, row.student_id == JournalStudent.student_id)
        found = select(row.id).where(row.school_id == viewer.school_id, *of_student, *conditions)
        return exists(found.where(row.lesson_id.in_(lessons)).correlate(JournalStudent))

    # Whoever was there; and who was taken out as of a day on which something of theirs stands.
    listed = or_(
        JournalStudent.student_id.in_(there),
        stands(AttendanceRecord),
        stands(Mark, Mark.withdrawn_at.is_(None)),
    )
    return Journal(
        section=Row(Section, (Section.id == section_id,)),
        students=Rows(JournalStudent, (JournalStudent.section_id == section_id, listed), (name,)),
        lessons=Rows(Lesson, held, (Lesson.date, Lesson.starts_at)),
        cells=Crossing(
            JournalCell,
            ("lesson_id", "student_id"),
            {
                "marks": Rows(Mark, standing(Mark)),
                "attendance": Row(AttendanceRecord, standing(AttendanceRecord)),
            },
        ),
    )
