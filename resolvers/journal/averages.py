"""Averages of marks (domain.md d): decimal, weighted, rounded half up, once.

The marks that count in a subject in a term are defined here, in SQL, for the term sheet, the
averages of a class, warnings and suggestions: all marks of the term's lessons in every section of
the subject that the student was in (domain.md e1, e2). A mark counts if it is numeric, its
assignment has a weight, and its lesson is not cancelled; an unpublished one counts nowhere for a
family (e14). A number that rests on marks which the viewer may not read is null: without them it
would be wrong.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Numeric,
    Select,
    Subquery,
    and_,
    any_,
    case,
    cast,
    func,
    or_,
    select,
    true,
)
from sqlalchemy.orm import aliased

from auth.actor import Viewer
from auth.journal.marks import is_mark_shown, is_published, sees_published_only
from models.journal.assignments import Assignment
from models.journal.marks import Mark, MarkKind
from models.school.calendar import Term
from models.structure.sections import Section, SectionMembership
from models.timetable.lessons import Lesson, LessonStatus
from resolvers.core.shapes import Of

Keys: TypeAlias = Mapping[str, ColumnElement[Any]]


def marks_of_term(viewer: Viewer, of: Of, term_id: Any) -> tuple[Select[Any], Keys, tuple["Sums"]]:
    """SELECT the marks that count in a term, by student and subject, for `Sum`.

    of: Is called with `student_id`, and with `section_id`: the sections the students were in.
    """
    query, tally, marks = select_tallies(viewer, of, term_id)
    section = aliased(Section)
    query = query.join(
        section,
        and_(section.school_id == viewer.school_id, section.id == tally.c.section_id),
    )
    keys: dict[str, Any] = {"student_id": tally.c.student_id, "subject_id": section.subject_id}
    return query, keys, (marks,)


def select_tallies(viewer: Viewer, of: Of, term_id: Any) -> tuple[Select[Any], Any, "Sums"]:
    """SELECT, without columns, the sums of the marks that count in a term: the `total` of their
    values and their `number`, by student, section and `weight`.

    Marks of one weight are summed together: then whole numbers are added, and the rule of marks is
    asked of a few sums and not of the thousands of marks of a class. Marks that are published later
    are left out for viewers who may not read them yet.
    """
    works, mark = works_of_term(viewer, of, term_id), aliased(Mark)
    alike: list[Any] = [mark.student_id, mark.section_id]
    minds = sees_published_only(viewer)
    if minds:
        alike.append(is_published(viewer, mark).label("published"))
    tally = (
        select(*alike, func.sum(mark.value).label("total"), func.count().label("number"))
        .where(
            mark.school_id == viewer.school_id,
            # The second condition adds no rows. With two, PostgreSQL uses a bitmap scan, which
            # takes a quarter less time than an index scan for thousands of marks.
            or_(mark.assignment_id == any_(works.c.ids), mark.assignment_id == works.c.first),
            mark.kind == MarkKind.NUMERIC,
            mark.withdrawn_at.is_(None),
            of("student_id", mark.student_id),
        )
        .group_by(*alike)
        .correlate_except(mark)
        .offset(0)  # else PostgreSQL flattens the subquery and asks the rule of each mark
        .lateral()
    )
    query = select().select_from(works.join(tally, true()))
    if minds:
        published = tally.c.published
        query = query.where(or_(published, is_mark_shown(viewer, tally.c, published)))
    known = is_mark_shown(viewer, tally.c, true())
    return query, tally, Sums(works.c.weight, tally.c.total, tally.c.number, known)


def works_of_term(viewer: Viewer, of: Of, term_id: Any) -> Subquery:
    """SELECT the `ids` of the assignments of a term by `weight`, without those of weight 0. They
    are found through the term's lessons, which selects few rows at each step."""
    assignment, lesson, term = aliased(Assignment), aliased(Lesson), aliased(Term)
    day = lesson.date.between(term.starts_on, term.ends_on)
    lessons = (
        select(lesson.id)
        .select_from(term)
        .join(lesson, and_(lesson.school_id == term.school_id, day))
        .where(
            term.school_id == viewer.school_id,
            term.id == term_id,
            of("section_id", lesson.section_id),
            lesson.status != LessonStatus.CANCELLED,
        )
        .correlate_except(term, lesson)
    )
    return (
        select(
            assignment.weight,
            func.array_agg(assignment.id).label("ids"),
            func.min(assignment.id).label("first"),
        )
        .where(
            assignment.school_id == viewer.school_id,
            assignment.lesson_id == any_(func.array(lessons.scalar_subquery())),
            assignment.weight > 0,
        )
        .group_by(assignment.weight)
        .correlate_except(assignment)
        .subquery()
    )


def aggregate_term(
    viewer: Viewer, student_id: Any, subject_id: Any, term_id: Any, value: Any
) -> Any:
    """Return an aggregate over a student's marks that count in a subject in a term, as a scalar
    subquery.

    value: `f(marks)`, the aggregate.
    """
    attended = sections_attended(viewer, student_id, subject_id)

    def matches(key: str, column: ColumnElement[Any]) -> ColumnElement[bool]:
        return column.in_(attended) if key == "section_id" else column == student_id

    query, _, marks = select_tallies(viewer, matches, term_id)
    return query.add_columns(value(marks)).scalar_subquery()


def sections_attended(viewer: Viewer, student_id: Any, subject_id: Any) -> Select[Any]:
    """SELECT the sections of a subject in which a student is or was."""
    membership = aliased(SectionMembership)
    return (
        select(membership.section_id)
        .where(
            membership.school_id == viewer.school_id,
            membership.student_id == student_id,
            membership.subject_id == subject_id,
        )
        .correlate_except(membership)
    )


@dataclass(frozen=True, slots=True)
class Sums:
    """The sum of marks of one weight.

    known: Whether the viewer may read them.
    """

    weight: ColumnElement[Any]
    total: ColumnElement[Any]
    number: ColumnElement[Any]
    known: ColumnElement[bool]


def null_unless_readable(marks: Sums, value: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return an aggregate of marks, or null if the viewer may not read all of them."""
    if marks.known.compare(true()):
        return value
    return case((func.coalesce(func.bool_and(marks.known), true()), value))


def mean(marks: Sums) -> ColumnElement[Any]:
    """Return the sum of value × weight over the sum of weights, not rounded; null without marks."""
    weights = func.nullif(func.sum(marks.number * marks.weight), 0)
    return cast(func.sum(marks.total * marks.weight) / weights, Numeric)


def round_mean(marks: Sums) -> ColumnElement[Any]:
    return null_unless_readable(marks, func.round(mean(marks), 2, type_=Numeric))


def count_marks(marks: Sums) -> ColumnElement[Any]:
    return null_unless_readable(marks, cast(func.coalesce(func.sum(marks.number), 0), BigInteger))


def weighted_average(
    viewer: Viewer, student_id: Any, subject_id: Any, term_id: Any
) -> ColumnElement[Any]:
    """Return the weighted average to 0.01, halves up; null without marks. PostgreSQL rounds numeric
    halves away from zero, which is up for marks."""
    found: ColumnElement[Any] = aggregate_term(viewer, student_id, subject_id, term_id, round_mean)
    return found


def suggested_value(
    viewer: Viewer, student_id: Any, subject_id: Any, term_id: Any
) -> ColumnElement[Any]:
    """Return the mark that the average suggests, 2..5. It is rounded once, from the unrounded mean:
    3.495 is 3; if it was rounded to 3.50 first, it would become 4."""

    def round_suggestion(marks: Sums) -> ColumnElement[Any]:
        average = mean(marks)
        # PostgreSQL's `greatest` ignores nulls: without marks it would suggest a 2.
        suggested = case((average.is_not(None), func.greatest(func.round(average), 2)))
        return null_unless_readable(marks, suggested)

    found: ColumnElement[Any] = aggregate_term(
        viewer, student_id, subject_id, term_id, round_suggestion
    )
    return found


def mark_count(
    viewer: Viewer, student_id: Any, subject_id: Any, term_id: Any
) -> ColumnElement[Any]:
    """Return the number of marks that the average rests on."""
    found: ColumnElement[Any] = aggregate_term(viewer, student_id, subject_id, term_id, count_marks)
    return found


def debt_count(
    viewer: Viewer, student_id: Any, subject_id: Any, term_id: Any
) -> ColumnElement[Any]:
    """Return the number of debts (точка) of a student in a subject in a term. `mark_count` leaves
    them out."""
    mark, lesson, term = aliased(Mark), aliased(Lesson), aliased(Term)
    known = func.coalesce(func.bool_and(is_mark_shown(viewer, mark, true())), true())
    published = is_published(viewer, mark)
    minds = sees_published_only(viewer)
    shown = or_(published, is_mark_shown(viewer, mark, published)) if minds else true()
    debts = (
        select(case((known, func.count())))
        .select_from(mark)
        .join(lesson, and_(lesson.school_id == mark.school_id, lesson.id == mark.lesson_id))
        .join(
            term,
            and_(
                term.school_id == lesson.school_id,
                lesson.date.between(term.starts_on, term.ends_on),
            ),
        )
        .where(
            mark.school_id == viewer.school_id,
            mark.student_id == student_id,
            mark.section_id.in_(sections_attended(viewer, student_id, subject_id)),
            mark.kind == MarkKind.DEBT_POINT,
            mark.withdrawn_at.is_(None),
            lesson.status != LessonStatus.CANCELLED,
            term.id == term_id,
            shown,
        )
        .correlate_except(mark, lesson, term)
    )
    found: ColumnElement[Any] = debts.scalar_subquery()
    return found
