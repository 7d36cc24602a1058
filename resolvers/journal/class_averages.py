"""The averages of a class: of every student, in every subject."""

from dataclasses import dataclass
from typing import Any, ClassVar

from sqlalchemy import ColumnElement, Numeric, Select, and_, case, cast, exists, func, or_, select
from sqlalchemy.orm import aliased

from auth.actor import Viewer
from auth.journal.marks import is_family, leads
from auth.policy import reach
from auth.rights import Right
from models.base import Id
from models.people.persons import Person
from models.people.students import Student
from models.school.calendar import Term
from models.structure.classes import ClassMembership, SchoolClass
from models.structure.sections import SectionMembership
from models.structure.subjects import Subject
from resolvers.core.context import Ctx
from resolvers.core.parameters import Arg
from resolvers.core.reads import Report, Row, Rows, reads
from resolvers.core.shapes import Sum, Via, sums
from resolvers.journal.averages import (
    count_marks,
    mark_count,
    marks_of_term,
    mean,
    round_mean,
    select_tallies,
    weighted_average,
)
from resolvers.school.calendar import WrongTerm, divides


class SubjectAverage:
    """The average of a student in a subject in a term."""


class ClassAveragesRow:
    """A student of the class."""


class ClassSubjectAverage:
    """The average of a class in a subject in a term."""


@dataclass(frozen=True)
class ClassAverages(Report):
    """The averages of the students of a class in a term, by subject (успеваемость класса).

    school_class: The class.
    term: The term.
    rows: The students who were in the class at the end of the term, or are today while it lasts, in
        Russian order of names.
    subjects: The subjects of those students whose marks the viewer may read, in the school's own
        order.
    """

    needs: ClassVar = ("school_class", "term")

    school_class: Row[SchoolClass]
    term: Row[Term]
    rows: Rows[Student]
    subjects: Rows[Subject]


async def why_no_averages(ctx: Ctx, *, school_class_id: Id[SchoolClass], term_id: Id[Term]) -> None:
    """Raise WrongTerm for a term that is not one of those of the class's year."""
    school_class, term = await ctx.find(school_class_id), await ctx.find(term_id)
    if school_class and term:
        raise WrongTerm(field="term_id")


@reads(Right.MARKS_READ, why_null=why_no_averages)
def find_class_averages(
    viewer: Viewer, *, school_class_id: Arg[Id[SchoolClass]], term_id: Arg[Id[Term]]
) -> ClassAverages:
    """The averages of a class in a term; null if the viewer may not see one of the two, refused as
    WRONG_TERM if the class's year is not divided into such terms. Each student's averages are shown
    as far as the viewer may know them; a family reads those of their own child, and the mean of the
    class.

    school_class_id: The class.
    term_id: The term.
    """
    members = members_of(viewer, school_class_id, term_id)
    learned = viewer.keys(
        SectionMembership.subject_id,
        SectionMembership.student_id.in_(members),
        at_the_end(viewer, SectionMembership, term_id),
        reach(viewer, SectionMembership, Right.MARKS_READ),
    )
    return ClassAverages(
        school_class=Row(SchoolClass, (SchoolClass.id == school_class_id,)),
        term=Row(Term, (Term.id == term_id, *divides(viewer, SchoolClass, school_class_id))),
        rows=Rows(
            Student,
            (Student.id.in_(members),),
            (Via((Student.person_id,), Person.sort_key),),
            shown_as=ClassAveragesRow,
            given={"term_id": term_id},
        ),
        subjects=Rows(
            Subject,
            (Subject.id.in_(learned),),
            (Subject.position,),
            shown_as=ClassSubjectAverage,
            given={"school_class_id": school_class_id, "term_id": term_id},
        ),
    )


def members_of(viewer: Viewer, school_class_id: Any, term_id: Any) -> Select[Any]:
    """SELECT the students who were in a class at the end of a term, or are today while it lasts."""
    return viewer.keys(
        ClassMembership.student_id,
        ClassMembership.school_class_id == school_class_id,
        at_the_end(viewer, ClassMembership, term_id),
    )


def at_the_end(viewer: Viewer, membership: Any, term_id: Any) -> ColumnElement[bool]:
    """Return the condition that a membership holds on the last day of a term, or today while the
    term lasts."""
    term = aliased(Term)
    last = select(func.least(term.ends_on, viewer.today)).where(
        term.school_id == viewer.school_id, term.id == term_id
    )
    day = last.correlate(None).scalar_subquery()
    return and_(
        membership.valid_from <= day, or_(membership.valid_to.is_(None), membership.valid_to > day)
    )


@sums(Sum(marks_of_term, round_mean))
def average(viewer: Viewer, membership: Any, term_id: Any) -> ColumnElement[Any]:
    """The weighted average to 0.01, halves up (средневзвешенный балл); null without marks."""
    return weighted_average(viewer, membership.student_id, membership.subject_id, term_id)


@sums(Sum(marks_of_term, count_marks, empty=0))
def count(viewer: Viewer, membership: Any, term_id: Any) -> ColumnElement[int]:
    """The number of marks that the average rests on."""
    return mark_count(viewer, membership.student_id, membership.subject_id, term_id)


ENOUGH, ENOUGH_HIDDEN = 5, 4
"""The number of students on which the mean of a class must rest (domain.md c.2), and of those among
them whose averages the viewer may not read: with fewer, a hidden average could be calculated from
the mean and the others."""


def class_average(
    viewer: Viewer, subject: Any, school_class_id: Any, term_id: Any
) -> ColumnElement[Any]:
    """The mean of the averages of the students who have marks, halves up. It is given to 0.01 for
    viewers who may read all of the averages or lead the class; to 0.1 for a family of the class, if
    at least 5 students have marks, 4 of them not their own; null for others."""
    members = members_of(viewer, school_class_id, term_id)
    stay = aliased(SectionMembership)
    sections = (
        select(stay.section_id)
        .where(
            stay.school_id == viewer.school_id,
            stay.student_id.in_(members),
            stay.subject_id == subject.id,
        )
        .correlate_except(stay)
    )

    def matches(key: str, column: ColumnElement[Any]) -> ColumnElement[bool]:
        return column.in_(sections if key == "section_id" else members)

    query, tally, marks = select_tallies(viewer, matches, term_id)
    each = (
        query.add_columns(mean(marks).label("average"), func.bool_and(marks.known).label("known"))
        .group_by(tally.c.student_id)
        .subquery()
    )
    average, hidden = func.avg(each.c.average), func.count(case((~each.c.known, 1)))
    has_all = or_(hidden == 0, leads(viewer, school_class_id))
    of_family = and_(
        exists(members.where(is_family(viewer, ClassMembership.student_id))),
        func.count(each.c.average) >= ENOUGH,
        hidden >= ENOUGH_HIDDEN,
    )
    value = case((has_all, func.round(average, 2)), (of_family, func.round(average, 1)))
    return select(cast(value, Numeric)).select_from(each).scalar_subquery()
