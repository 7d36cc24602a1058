"""The term sheet of a section: for each student the marks in its subject, from any section of the
subject, with the average, a suggestion and warnings."""

from dataclasses import dataclass
from enum import Enum
from functools import wraps
from typing import Any, ClassVar

from sqlalchemy import ARRAY, ColumnElement, Integer, and_, case, cast, exists, func, select
from sqlalchemy import Enum as SqlEnum
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.orm import aliased

from auth.actor import Viewer
from auth.journal.marks import reads_marks
from auth.rights import Right
from models.base import Id
from models.journal.term_marks import TermMarkKind, TermMarkValue
from models.people.persons import Person
from models.people.students import Student
from models.school.calendar import Term
from models.school.schools import School
from models.structure.sections import Section, SectionMembership
from models.timetable.lessons import Lesson, LessonStatus
from resolvers.core.context import Ctx
from resolvers.core.parameters import Arg
from resolvers.core.reads import Report, Row, Rows, reads
from resolvers.core.shapes import Expression, Via
from resolvers.journal.averages import debt_count, mark_count, suggested_value, weighted_average
from resolvers.journal.missed import missed_share
from resolvers.journal.term_marks import VALUES
from resolvers.school.calendar import WrongTerm, divides


class TermMarkWarning(Enum):
    """A warning about a term mark that is still to be set.

    TOO_FEW_MARKS: There are fewer marks than the school requires for a term mark (накопляемость).
    MISSED_TOO_MUCH: The student missed a larger share of their lessons in the subject than the
        school allows, and may not be assessed (н/а).
    """

    TOO_FEW_MARKS = "TOO_FEW_MARKS"
    MISSED_TOO_MUCH = "MISSED_TOO_MUCH"


class TermMarkRow:
    """A student in the sheet.

    warnings: Warnings about the term mark.
    """


@dataclass(frozen=True)
class TermMarkSheet(Report):
    """A section's sheet for a term (ведомость итоговых отметок).

    section: The section.
    term: The term.
    rows: All students who were in the section during the term, in Russian order of names.
    """

    needs: ClassVar = ("section", "term")

    section: Row[Section]
    term: Row[Term]
    rows: Rows[Student]


async def why_no_sheet(ctx: Ctx, *, section_id: Id[Section], term_id: Id[Term]) -> None:
    """Raise WrongTerm for a term that is not one of those of the section's year."""
    section, term = await ctx.find(section_id), await ctx.find(term_id)
    if section and term:
        raise WrongTerm(field="term_id")


@reads(Right.TERM_MARKS_READ, why_null=why_no_sheet)
def find_term_mark_sheet(
    viewer: Viewer, *, section_id: Arg[Id[Section]], term_id: Arg[Id[Term]]
) -> TermMarkSheet:
    """The sheet of a section for a term; null if the viewer may not see one of the two, refused as
    WRONG_TERM if the section's year is not divided into such terms. Each student's numbers are
    shown as far as the viewer may know them.

    section_id: The section.
    term_id: The term.
    """
    term = aliased(Term)
    members = (
        select(SectionMembership.student_id)
        .join(
            term,
            and_(
                term.school_id == SectionMembership.school_id,
                term.id == term_id,
                SectionMembership.valid_from <= term.ends_on,
                SectionMembership.valid_to.is_(None)
                | (SectionMembership.valid_to > term.starts_on),
            ),
        )
        .where(
            SectionMembership.school_id == viewer.school_id,
            SectionMembership.section_id == section_id,
        )
        .correlate(None)
    )
    return TermMarkSheet(
        section=Row(Section, (Section.id == section_id,)),
        term=Row(Term, (Term.id == term_id, *divides(viewer, Section, section_id))),
        rows=Rows(
            Student,
            (Student.id.in_(members),),
            (Via((Student.person_id,), Person.sort_key),),
            shown_as=TermMarkRow,
            given={"section_id": section_id, "term_id": term_id},
        ),
    )


# -- fields of a row ------------------------------------------------------------------


def null_unless_readable(formula: Expression) -> Expression:
    """Make a formula null if the viewer may not read the student's marks in the section. Without
    it, 0 marks would be shown where there may be some."""

    @wraps(formula)
    def value(viewer: Viewer, student: Any, section_id: Any, term_id: Any) -> ColumnElement[Any]:
        found = formula(viewer, student, section_id, term_id)
        return case((reads_marks(viewer, student.id, section_id), found))

    return value


@null_unless_readable
def average(viewer: Viewer, student: Any, section_id: Any, term_id: Any) -> ColumnElement[Any]:
    """The weighted average in the subject to 0.01, halves up (средневзвешенный балл); null without
    marks."""
    return weighted_average(viewer, student.id, subject_of(viewer, section_id), term_id)


@null_unless_readable
def count(viewer: Viewer, student: Any, section_id: Any, term_id: Any) -> ColumnElement[int]:
    """The number of marks that the average rests on: numeric ones of assignments with a weight.
    Debts are counted by `debtCount`; pass/fail marks count nowhere."""
    return mark_count(viewer, student.id, subject_of(viewer, section_id), term_id)


@null_unless_readable
def debts(viewer: Viewer, student: Any, section_id: Any, term_id: Any) -> ColumnElement[int]:
    """The number of debts (точка, долг) of the student in the subject in the term."""
    return debt_count(viewer, student.id, subject_of(viewer, section_id), term_id)


@null_unless_readable
def suggestion(viewer: Viewer, student: Any, section_id: Any, term_id: Any) -> ColumnElement[Any]:
    """The mark that the average suggests; null without marks."""
    points = suggested_value(viewer, student.id, subject_of(viewer, section_id), term_id)
    names = {number: value.name for number, value in VALUES.items()}
    return cast(case(names, value=cast(points, Integer)), SqlEnum(TermMarkValue, native_enum=False))


@null_unless_readable
def warnings(viewer: Viewer, student: Any, section_id: Any, term_id: Any) -> ColumnElement[Any]:
    """Warnings about the term mark; about attendance only if the viewer may know it."""
    school, subject_id = aliased(School), subject_of(viewer, section_id)
    number = mark_count(viewer, student.id, subject_id, term_id)
    few = number < school.enough_marks
    missed = missed_share(viewer, student.id, subject_id, term_id) > school.missed_share
    held = array(
        [
            case((few, TermMarkWarning.TOO_FEW_MARKS.name)),
            case((missed, TermMarkWarning.MISSED_TOO_MUCH.name)),
        ]
    )
    value = case((number.is_not(None), func.array_remove(held, None, type_=WARNINGS)))
    found = select(value).where(school.id == viewer.school_id)
    return found.correlate_except(school).scalar_subquery()


WARNINGS = ARRAY(SqlEnum(TermMarkWarning, native_enum=False, length=40))


def subject_of(viewer: Viewer, section_id: Any) -> ColumnElement[Any]:
    return viewer.keys(Section.subject_id, Section.id == section_id).scalar_subquery()


def is_counted(viewer: Viewer, mark: Any, section_id: Any, term_id: Any) -> ColumnElement[bool]:
    """Return the condition that a mark belongs to the sheet: it was given in the subject in the
    term, in a lesson that is not cancelled, perhaps in another section of the subject."""
    lesson, term, section = aliased(Lesson), aliased(Term), aliased(Section)
    given = (
        select(lesson.id)
        .join(section, section.id == lesson.section_id)
        .join(term, lesson.date.between(term.starts_on, term.ends_on))
        .where(
            lesson.school_id == viewer.school_id,
            lesson.id == mark.lesson_id,
            lesson.status != LessonStatus.CANCELLED,
            section.school_id == viewer.school_id,
            section.subject_id == subject_of(viewer, section_id),
            term.school_id == viewer.school_id,
            term.id == term_id,
        )
        .correlate_except(lesson, term, section)
    )
    return exists(given)


def is_of_term(viewer: Viewer, mark: Any, section_id: Any, term_id: Any) -> ColumnElement[bool]:
    """Return the condition that a term mark is of the section's subject and of the term."""
    subject = viewer.keys(Section.subject_id, Section.id == section_id)
    return and_(
        mark.subject_id.in_(subject), mark.term_id == term_id, mark.kind == TermMarkKind.TERM
    )
