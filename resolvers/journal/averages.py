"""How marks average (domain.md d): decimal, weighted, rounded half up, once. Written in SQL over
the marks the viewer may see, so an unpublished mark counts nowhere for a family (e14)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

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
    false,
    func,
    or_,
    select,
    true,
)
from sqlalchemy.orm import aliased

from auth.actor import Viewer
from auth.journal import counts, is_published, minds_publication
from models.journal.assignments import Assignment
from models.journal.marks import Mark, MarkKind
from models.school.calendar import Term
from models.timetable.lessons import Lesson
from resolvers.shapes import Of


def marks_of_term(
    viewer: Viewer, of: Of, term_id: Any
) -> tuple[Select[Any], Mapping[str, ColumnElement[Any]], tuple[Any]]:
    """Numeric, weighted marks in a term, what tells them apart, and what they add up to: the
    `total` of their values and the `number` of those that are alike in that and in `weight`.

    Works of one weight are taken together, for then whole numbers are added up; and only of the few
    sums is it asked whether the viewer may know them, not of the thousands of marks a class has.
    """
    works, mark = works_of_term(viewer, of, term_id), aliased(Mark)
    alike: list[Any] = [mark.student_id, mark.section_id]
    if minds_publication(viewer):
        alike.append(is_published(viewer, mark).label("published"))
    tally = (
        select(*alike, func.sum(mark.value).label("total"), func.count().label("number"))
        .where(
            mark.school_id == viewer.school_id,
            # The second says nothing new: where there are two, marks are read page by page, which
            # takes a quarter less for thousands than one by one.
            or_(mark.assignment_id == any_(works.c.ids), mark.assignment_id == works.c.first),
            mark.kind == MarkKind.NUMERIC,
            mark.withdrawn_at.is_(None),
            of("student_id", mark.student_id),
        )
        .group_by(*alike)
        .correlate_except(mark)
        .offset(0)  # or the rule would be asked of each mark after all
        .lateral()
    )
    query = (
        select()
        .select_from(works.join(tally, true()))
        .where(counts(viewer, tally.c, tally.c.get("published", false())))
    )
    keys = {"student_id": tally.c.student_id, "section_id": tally.c.section_id}
    return query, keys, (Sums(works.c.weight, tally.c.total, tally.c.number),)


def works_of_term(viewer: Viewer, of: Of, term_id: Any) -> Subquery:
    """By each `weight` that counts, the `ids` of the assignments of a term that have it. From the
    term to its lessons to them: there is no shorter way to few."""
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


def over_term(viewer: Viewer, student_id: Any, section_id: Any, term_id: Any, value: Any) -> Any:
    """An aggregate over a student's numeric, weighted marks in a section in a term, as a scalar.

    value: `f(marks)`, the aggregate.
    """
    mine = {"student_id": student_id, "section_id": section_id}
    query, _, rows = marks_of_term(viewer, lambda key, column: column == mine[key], term_id)
    return query.add_columns(value(*rows)).scalar_subquery()


@dataclass(frozen=True, slots=True)
class Sums:
    """Marks of one weight, added up."""

    weight: ColumnElement[Any]
    total: ColumnElement[Any]
    number: ColumnElement[Any]


def mean(marks: Sums) -> ColumnElement[Any]:
    """Sum of value × weight over sum of weights, not rounded; null without marks."""
    weights = func.nullif(func.sum(marks.number * marks.weight), 0)
    return cast(func.sum(marks.total * marks.weight) / weights, Numeric)


def rounded(marks: Sums) -> ColumnElement[Any]:
    return func.round(mean(marks), 2, type_=Numeric)


def number(marks: Sums) -> ColumnElement[Any]:
    return cast(func.coalesce(func.sum(marks.number), 0), BigInteger)


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

    def whole(marks: Sums) -> ColumnElement[Any]:
        average = mean(marks)
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
