"""How marks average (domain.md d): decimal, weighted, rounded half up, once. Written in SQL over
the marks the viewer may see, so an unpublished mark counts nowhere for a family (e14)."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Numeric, Select, and_, case, cast, func, select
from sqlalchemy.orm import aliased

from auth.actor import Viewer
from auth.policy import seen
from models.journal.assignments import Assignment
from models.journal.marks import Mark, MarkKind
from models.school.calendar import Term
from models.timetable.lessons import Lesson


def marks_of_term(
    viewer: Viewer, term_id: Any
) -> tuple[Select[Any], Mapping[str, ColumnElement[Any]], tuple[Any, Any]]:
    """Numeric, weighted marks in a term, what tells them apart, and the marks and assignments.
    From the term to its lessons to the marks: there is no shorter way to few of them."""
    mark, assignment, lesson, term = tables()
    day = lesson.date.between(term.starts_on, term.ends_on)
    of_lesson = and_(assignment.school_id == lesson.school_id, assignment.lesson_id == lesson.id)
    of_assignment = and_(
        mark.school_id == assignment.school_id, mark.assignment_id == assignment.id
    )
    query = (
        select()
        .select_from(term)
        .join(lesson, and_(lesson.school_id == term.school_id, day))
        .join(assignment, of_lesson)
        .join(mark, of_assignment)
        .where(
            term.school_id == viewer.school_id,
            term.id == term_id,
            seen(viewer, mark),
            mark.kind == MarkKind.NUMERIC,
            assignment.weight > 0,
        )
    )
    keys = {"student_id": mark.student_id, "section_id": lesson.section_id}
    return query, keys, (mark, assignment)


def over_term(viewer: Viewer, student_id: Any, section_id: Any, term_id: Any, value: Any) -> Any:
    """An aggregate over a student's numeric, weighted marks in a section in a term, as a scalar.

    value: `f(mark, assignment)`, the aggregate.
    """
    query, keys, rows = marks_of_term(viewer, term_id)
    query = query.add_columns(value(*rows)).where(
        keys["student_id"] == student_id, keys["section_id"] == section_id
    )
    return query.scalar_subquery()


def tables() -> list[Any]:
    """Aliases of their own, for an average may stand in any statement."""
    return [aliased(row) for row in (Mark, Assignment, Lesson, Term)]


def mean(mark: Any, assignment: Any) -> ColumnElement[Any]:
    """Sum of value × weight over sum of weights, not rounded; null without marks."""
    weights = func.nullif(func.sum(assignment.weight), 0)
    return cast(func.sum(mark.value * assignment.weight) / weights, Numeric)


def rounded(mark: Any, assignment: Any) -> ColumnElement[Any]:
    return func.round(mean(mark, assignment), 2, type_=Numeric)


def number(mark: Any, assignment: Any) -> ColumnElement[Any]:
    return func.count(mark.id)


def weighted_average(
    viewer: Viewer, student_id: Any, section_id: Any, term_id: Any
) -> ColumnElement[Any]:
    """The weighted average to 0.01, halves up; null without marks. PostgreSQL rounds numeric
    halves away from zero, which for marks is up."""

    found: ColumnElement[Any] = over_term(viewer, student_id, section_id, term_id, rounded)
    return found


def suggested_value(
    viewer: Viewer, student_id: Any, section_id: Any, term_id: Any
) -> ColumnElement[Any]:
    """The mark the average speaks for, 2..5: rounded once, from the unrounded mean, so that 3.495
    is 3 and not, by way of 3.50, 4."""

    def whole(mark: Any, assignment: Any) -> ColumnElement[Any]:
        average = mean(mark, assignment)
        # PostgreSQL's greatest passes nulls over: without marks it would suggest a 2.
        return case((average.is_not(None), func.greatest(func.round(average), 2)))

    found: ColumnElement[Any] = over_term(viewer, student_id, section_id, term_id, whole)
    return found


def mark_count(
    viewer: Viewer, student_id: Any, section_id: Any, term_id: Any
) -> ColumnElement[Any]:
    """How many marks the average rests on."""

    found: ColumnElement[Any] = over_term(viewer, student_id, section_id, term_id, number)
    return found
