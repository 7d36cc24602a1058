"""A class at a glance: what every student of it has in every subject."""

from dataclasses import dataclass
from typing import Any, ClassVar

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import aliased

from auth.actor import Viewer
from auth.rights import Right
from models.base import Id
from models.people.persons import Person
from models.people.students import Student
from models.school.calendar import Term
from models.structure.classes import ClassMembership, SchoolClass
from resolvers.context import Ctx
from resolvers.journal.averages import (
    mark_count,
    marks_of_term,
    number,
    rounded,
    weighted_average,
)
from resolvers.parameters import Arg
from resolvers.reads import Report, Row, Rows, reads
from resolvers.school.calendar import WrongTerm, divides
from resolvers.shapes import Sum, Via, sums


class SubjectAverage:
    """What a student has in a subject in a term."""


class ClassAveragesRow:
    """One student of the class."""


@dataclass(frozen=True)
class ClassAverages(Report):
    """What the students of a class have in their subjects in a term (успеваемость класса).

    school_class: The class.
    term: The term.
    rows: Who was in the class at the end of the term, or is today while it lasts, in Russian order
        of names.
    """

    needs: ClassVar = ("school_class", "term")

    school_class: Row[SchoolClass]
    term: Row[Term]
    rows: Rows[Student]


async def why_no_averages(ctx: Ctx, *, school_class_id: Id[SchoolClass], term_id: Id[Term]) -> None:
    """Raises WrongTerm for a term that is not one of those of the class's year."""
    school_class, term = await ctx.find(school_class_id), await ctx.find(term_id)
    if school_class and term:
        raise WrongTerm(field="term_id")


@reads(Right.MARKS_READ, why_null=why_no_averages)
def find_class_averages(
    viewer: Viewer, *, school_class_id: Arg[Id[SchoolClass]], term_id: Arg[Id[Term]]
) -> ClassAverages:
    """The averages of a class in a term; null where the viewer may not see one of the two, refused
    as WRONG_TERM where the class's year is not divided so. It tells of each student only what the
    viewer may know.

    school_class_id: Whose.
    term_id: The term.
    """
    members = viewer.keys(
        ClassMembership.student_id,
        ClassMembership.school_class_id == school_class_id,
        at_the_end(viewer, ClassMembership, term_id),
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
    )


def at_the_end(viewer: Viewer, membership: Any, term_id: Any) -> ColumnElement[bool]:
    """Whether a membership holds on the last day of a term, or today while the term lasts."""
    term = aliased(Term)
    last = select(func.least(term.ends_on, viewer.today)).where(
        term.school_id == viewer.school_id, term.id == term_id
    )
    day = last.correlate(None).scalar_subquery()
    return and_(
        membership.valid_from <= day, or_(membership.valid_to.is_(None), membership.valid_to > day)
    )


@sums(Sum(marks_of_term, rounded))
def average(viewer: Viewer, membership: Any, term_id: Any) -> ColumnElement[Any]:
    """To 0.01, halves up (средневзвешенный балл); null without marks."""
    return weighted_average(viewer, membership.student_id, membership.subject_id, term_id)


@sums(Sum(marks_of_term, number, empty="0"))
def count(viewer: Viewer, membership: Any, term_id: Any) -> ColumnElement[int]:
    """How many marks the average rests on."""
    return mark_count(viewer, membership.student_id, membership.subject_id, term_id)
