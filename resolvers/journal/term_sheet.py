"""The sheet by which term marks are set: for each student of a section what they have, what it
comes to, and what to mind."""

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Any

from sqlalchemy import Float, and_, case, cast, func, select

from auth.actor import Viewer
from auth.policy import visible
from auth.rights import Right
from models.base import Id
from models.journal.attendance import AttendanceRecord
from models.journal.marks import Mark
from models.journal.term_marks import TermMark, TermMarkKind, TermMarkValue
from models.people.persons import Person
from models.people.students import Student
from models.school.calendar import Term
from models.school.schools import School
from models.structure.sections import Section, SectionMembership
from models.timetable.lessons import Lesson, LessonStatus
from resolvers.context import Ctx
from resolvers.journal.averages import mark_count, suggested_value, weighted_average
from resolvers.journal.cells import AWAY
from resolvers.journal.term_marks import VALUES
from resolvers.shapes import Wanted, looks_ahead


class TermMarkWarning(Enum):
    """What to mind before setting a term mark.

    TOO_FEW_MARKS: Fewer marks than the school wants a term mark to rest on (накопляемость).
    MISSED_TOO_MUCH: So many lessons missed that the student may not be assessed (н/а).
    """

    TOO_FEW_MARKS = "TOO_FEW_MARKS"
    MISSED_TOO_MUCH = "MISSED_TOO_MUCH"


@dataclass
class TermMarkRow:
    """One student in the sheet.

    full_name: Surname, given name, patronymic.
    weighted_average: To 0.01, halves up (средневзвешенный балл); null without marks.
    mark_count: How many marks the average rests on.
    suggested_value: What the average speaks for; null without marks.
    warnings: What to mind.
    marks: Marks in the term, in order of time.
    term_mark: The term mark that is set; null when there is none.
    student: The student's card; null when it is not for the viewer.
    """

    student_key: int
    full_name: str
    weighted_average: Decimal | None
    mark_count: int
    suggested_value: TermMarkValue | None
    warnings: list[TermMarkWarning]
    marks: list[Mark]
    term_mark: TermMark | None
    student: Student | None


@dataclass(frozen=True)
class TermMarkSheet:
    """A section's sheet for a term (ведомость итоговых отметок).

    section: Whose it is.
    term: The term.
    rows: Everyone who was in the section during the term, in Russian order of names.
    """

    section: Section
    term: Term
    rows: list[TermMarkRow]


@looks_ahead(
    Right.TERM_MARKS_READ,
    marks=(Mark, "rows", "marks"),
    term_marks=(TermMark, "rows", "term_mark"),
    students=(Student, "rows", "student"),
)
async def find_term_mark_sheet(
    ctx: Ctx, wanted: dict[str, Wanted], *, section_id: Id[Section], term_id: Id[Term]
) -> TermMarkSheet | None:
    """The sheet of a section for a term; null where the viewer may not see one of the two. It tells
    of each student only what the viewer may know.

    section_id: Whose.
    term_id: The term.
    """
    section, term = await ctx.find(section_id), await ctx.find(term_id)
    if section is None or term is None:
        return None
    lines = await ctx.lines(sheet_query(ctx.viewer, section, term))
    marks = await marks_of(ctx, section, term, wanted["marks"])
    term_marks = await term_marks_of(ctx, section, term, wanted["term_marks"])
    students = await students_of(ctx, [line[0] for line in lines], wanted["students"])
    rows = [
        TermMarkRow(
            line.student_id,
            line.full_name,
            line.average,
            line.number,
            VALUES.get(int(line.suggested)) if line.suggested is not None else None,
            warnings_of(line),
            marks[line.student_id],
            term_marks.get(line.student_id),
            students.get(line.student_id),
        )
        for line in lines
    ]
    return TermMarkSheet(section, term, rows)


def sheet_query(viewer: Viewer, section: Section, term: Term) -> Any:
    """A line a student, all of it counted by the database."""
    members = (
        select(SectionMembership.student_id)
        .distinct()
        .where(
            SectionMembership.school_id == viewer.school_id,
            SectionMembership.section_id == section.id,
            SectionMembership.valid_from <= term.ends_on,
            SectionMembership.valid_to.is_(None) | (SectionMembership.valid_to > term.starts_on),
        )
        .subquery()
    )
    about = (viewer, members.c.student_id, section.id, term.id)
    known = visible(viewer, Student).with_only_columns(Student.id)
    return (
        select(
            members.c.student_id,
            Person.full_name,
            weighted_average(*about).label("average"),
            suggested_value(*about).label("suggested"),
            mark_count(*about).label("number"),
            missed_share(viewer, members.c.student_id, section, term).label("missed"),
            School.enough_marks,
            School.missed_share,
        )
        .join(
            Student, and_(Student.school_id == viewer.school_id, Student.id == members.c.student_id)
        )
        .join(Person, and_(Person.school_id == Student.school_id, Person.id == Student.person_id))
        .join(School, School.id == viewer.school_id)
        .where(members.c.student_id.in_(known))
        .order_by(Person.sort_key, Student.id)
    )


def missed_share(viewer: Viewer, student_id: Any, section: Section, term: Term) -> Any:
    """Share of the recorded lessons of the term that a student missed; null without records."""
    record = AttendanceRecord
    missed = func.count(case((record.code.in_(AWAY), 1)))
    return (
        select(cast(missed, Float) / func.nullif(func.count(), 0))
        .join(Lesson, and_(Lesson.school_id == record.school_id, Lesson.id == record.lesson_id))
        .where(
            record.school_id == viewer.school_id,
            record.student_id == student_id,
            record.section_id == section.id,
            Lesson.date.between(term.starts_on, term.ends_on),
            Lesson.status == LessonStatus.CONDUCTED,
        )
        .scalar_subquery()
    )


def warnings_of(line: Any) -> list[TermMarkWarning]:
    few = line.number < line.enough_marks
    missed = line.missed is not None and line.missed > float(line.missed_share)
    found = {TermMarkWarning.TOO_FEW_MARKS: few, TermMarkWarning.MISSED_TOO_MUCH: missed}
    return [warning for warning, holds in found.items() if holds]


async def marks_of(ctx: Ctx, section: Section, term: Term, wanted: Wanted) -> dict[int, list[Mark]]:
    in_term = ctx.viewer.keys(
        Lesson.id,
        Lesson.section_id == section.id,
        Lesson.date.between(term.starts_on, term.ends_on),
    )
    query = visible(ctx.viewer, Mark).where(
        Mark.section_id == section.id, Mark.lesson_id.in_(in_term)
    )
    found: dict[int, list[Mark]] = defaultdict(list)
    for mark in await ctx.rows(query.order_by(Mark.lesson_id, Mark.id), Mark, wanted):
        found[mark.student_id].append(mark)
    return found


async def term_marks_of(
    ctx: Ctx, section: Section, term: Term, wanted: Wanted
) -> dict[int, TermMark]:
    query = visible(ctx.viewer, TermMark).where(
        TermMark.subject_id == section.subject_id,
        TermMark.term_id == term.id,
        TermMark.kind == TermMarkKind.TERM,
    )
    return {mark.student_id: mark for mark in await ctx.rows(query, TermMark, wanted)}


async def students_of(ctx: Ctx, keys: list[int], wanted: Wanted) -> dict[int, Student]:
    query = visible(ctx.viewer, Student).where(Student.id.in_(keys))
    return {student.id: student for student in await ctx.rows(query, Student, wanted)}


def student_id(ctx: Ctx, row: TermMarkRow) -> Id[Student]:
    """Id of the student."""
    return Id(Student, ctx.actor.school_id, row.student_key)
