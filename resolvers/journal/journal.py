"""The class journal: students, lessons, and what stands where they cross."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import select

from auth.policy import visible
from auth.rights import Right
from models.base import Id
from models.journal.attendance import AttendanceRecord
from models.journal.marks import Mark
from models.people.persons import Person
from models.people.students import Student
from models.structure.sections import Section, SectionMembership
from models.timetable.lessons import Lesson, LessonStatus
from resolvers.context import Ctx
from resolvers.journal.diary import bounded
from resolvers.loading import of_keys
from resolvers.shapes import Wanted, looks_ahead

LONGEST = 366


@dataclass
class JournalCell:
    """Where a student and a lesson cross, if anything stands there (клетка журнала).

    marks: Marks of the student in the lesson.
    attendance: Whether they were there; null when nothing is recorded.
    """

    school_id: int
    student_key: int
    lesson_key: int
    marks: list[Mark] = field(default_factory=list)
    attendance: AttendanceRecord | None = None


@dataclass(frozen=True)
class Journal:
    """A section's journal over some days (классный журнал).

    section: Whose it is.
    students: Who was in the section on some of the days and whose cards the viewer may read, in
        Russian order of names.
    lessons: Lessons, in order of time; cancelled ones are left out.
    cells: Where something stands, by lesson, then student.
    """

    section: Section
    students: list[Student]
    lessons: list[Lesson]
    cells: list[JournalCell]


@looks_ahead(
    Right.MARKS_READ,
    section=(Section, "section"),
    students=(Student, "students"),
    lessons=(Lesson, "lessons"),
    marks=(Mark, "cells", "marks"),
    attendance=(AttendanceRecord, "cells", "attendance"),
)
async def find_journal(
    ctx: Ctx, wanted: Mapping[str, Wanted], *, section_id: Id[Section], from_: date, to: date
) -> Journal | None:
    """A section's journal; null for a section the viewer may not see.

    section_id: Whose.
    from_: First day, school-local.
    to: Last day, school-local; at most 366 days.
    """
    bounded(from_, to, LONGEST)
    section = await ctx.find(section_id, wanted["section"])
    if section is None:
        return None
    lessons = await lessons_of(ctx, section, from_, to, wanted["lessons"])
    cells = await cells_of(ctx, [lesson.id for lesson in lessons], wanted)
    students = await students_of(ctx, section, from_, to, wanted["students"])
    return Journal(section, students, lessons, cells)


async def lessons_of(
    ctx: Ctx, section: Section, first: date, last: date, wanted: Wanted
) -> list[Lesson]:
    query = visible(ctx.viewer, Lesson).where(
        Lesson.section_id == section.id,
        Lesson.date.between(first, last),
        Lesson.status != LessonStatus.CANCELLED,
    )
    query = query.order_by(Lesson.date, Lesson.starts_at)
    return list(await ctx.rows(query, Lesson, wanted))


async def students_of(
    ctx: Ctx, section: Section, first: date, last: date, wanted: Wanted
) -> list[Student]:
    there = ctx.viewer.keys(
        SectionMembership.student_id,
        SectionMembership.section_id == section.id,
        SectionMembership.valid_from <= last,
        SectionMembership.valid_to.is_(None) | (SectionMembership.valid_to > first),
    )
    name = select(Person.sort_key).where(
        Person.school_id == Student.school_id, Person.id == Student.person_id
    )
    query = visible(ctx.viewer, Student).where(Student.id.in_(there))
    query = query.order_by(name.correlate(Student).scalar_subquery(), Student.id)
    return list(await ctx.rows(query, Student, wanted))


async def cells_of(ctx: Ctx, lessons: list[int], wanted: Mapping[str, Wanted]) -> list[JournalCell]:
    """Two statements, however many cells there are."""
    cells: dict[tuple[int, int], JournalCell] = {}

    def cell(row: Mark | AttendanceRecord) -> JournalCell:
        place = (row.lesson_id, row.student_id)
        empty = JournalCell(row.school_id, row.student_id, row.lesson_id)
        return cells.setdefault(place, empty)

    for row, name in ((Mark, "marks"), (AttendanceRecord, "attendance")):
        query = visible(ctx.viewer, row).where(of_keys(row.lesson_id, lessons)).order_by(row.id)
        for found in await ctx.rows(query, row, wanted[name]):
            if isinstance(found, Mark):
                cell(found).marks.append(found)
            else:
                cell(found).attendance = found
    return [cells[place] for place in sorted(cells)]


def student_id(ctx: Ctx, cell: JournalCell) -> Id[Student]:
    """Id of the student."""
    return Id(Student, cell.school_id, cell.student_key)


def lesson_id(ctx: Ctx, cell: JournalCell) -> Id[Lesson]:
    """Id of the lesson."""
    return Id(Lesson, cell.school_id, cell.lesson_key)
