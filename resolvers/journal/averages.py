"""How marks average (domain.md d): decimal, weighted, rounded half up, once. Written in SQL over
the marks the viewer may see, so an unpublished mark counts nowhere for a family (e14)."""

from typing import Any

from sqlalchemy import ColumnElement, Numeric, and_, case, cast, func, select
from sqlalchemy.orm import aliased

from auth.actor import Viewer
from auth.policy import seen
from models.journal.assignments import Assignment
from models.journal.marks import Mark, MarkKind
from models.school.calendar import Term
from models.timetable.lessons import Lesson


def over_term(viewer: Viewer, student_id: Any, section_id: Any, term_id: Any, value: Any) -> Any:
    """An aggregate over a student's numeric, weighted marks in a section in a term, as a scalar.

    value: `f(mark, assignment)`, the aggregate.
    """
    mark, assignment, lesson, term = tables()
    query = (
        select(value(mark, assignment))
        .select_from(mark)
        .join(
            assignment,
            and_(assignment.school_id == mark.school_id, assignment.id == mark.assignment_id),
        )
        .join(lesson, and_(lesson.school_id == mark.school_id, lesson.id == mark.lesson_id))
        .join(
            term,
            and_(
                term.school_id == mark.school_id,
                term.id == term_id,
                lesson.date.between(term.starts_on, term.ends_on),
            ),
        )
        .where(
            seen(viewer, mark),
            mark.student_id == student_id,
            mark.section_id == section_id,
            mark.kind == MarkKind.NUMERIC,
            assignment.weight > 0,
        )
    )
    return query.scalar_subquery()


def tables() -> list[Any]:
    """Aliases of their own, for an average may stand in any statement."""
    return [aliased(row) for row in (Mark, Assignment, Lesson, Term)]


def mean(mark: Any, assignment: Any) -> ColumnElement[Any]:
    """Sum of value × weight over sum of weights, not rounded; null without marks."""
    weights = func.nullif(func.sum(assignment.weight), 0)
    return cast(func.sum(mark.value * assignment.weight) / weights, Numeric)


def weighted_average(
    viewer: Viewer, student_id: Any, section_id: Any, term_id: Any
) -> ColumnElement[Any]:
    """The weighted average to 0.01, halves up; null without marks. PostgreSQL rounds numeric
    halves away from zero, which for marks is up."""

    def rounded(mark: Any, assignment: Any) -> ColumnElement[Any]:
        return func.round(mean(mark, assignment), 2, type_=Numeric)

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

    def number(mark: Any, assignment: Any) -> ColumnElement[Any]:
        return func.count(mark.id)

    found: ColumnElement[Any] = over_term(viewer, student_id, section_id, term_id, number)
    return found
