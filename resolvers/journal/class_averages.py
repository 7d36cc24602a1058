"""A class at a glance: what every student of it has in every subject."""

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
from models.structure.sections import SectionMembership, Subject
from resolvers.core.context import Ctx
from resolvers.core.parameters import Arg
from resolvers.core.reads import Report, Row, Rows, reads
from resolvers.core.shapes import Sum, Via, sums
from resolvers.journal.averages import (
    mark_count,
    marks_of_term,
    mean,
    number,
    rounded,
    tallies,
    weighted_average,
)
from resolvers.school.calendar import WrongTerm, divides


class SubjectAverage:
    """What a student has in a subject in a term."""


class ClassAveragesRow:
    """One student of the class."""


class ClassSubjectAverage:
    """What a class has in a subject in a term."""


@dataclass(frozen=True)
class ClassAverages(Report):
    """What the students of a class have in their subjects in a term (успеваемость класса).

    school_class: The class.
    term: The term.
    rows: Who was in the class at the end of the term, or is today while it lasts, in Russian order
        of names.
    subjects: The subjects of those of them whose marks the viewer may read, in the school's own
        order.
    """

    needs: ClassVar = ("school_class", "term")

    school_class: Row[SchoolClass]
    term: Row[Term]
    rows: Rows[Student]
    subjects: Rows[Subject]


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
    viewer may know; a family reads of their own child, and the mean of the class.

    school_class_id: Whose.
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
    """Students who were in a class at the end of a term, or are today while it lasts."""
    return viewer.keys(
        ClassMembership.student_id,
        ClassMembership.school_class_id == school_class_id,
        at_the_end(viewer, ClassMembership, term_id),
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


@sums(Sum(marks_of_term, number, empty=0))
def count(viewer: Viewer, membership: Any, term_id: Any) -> ColumnElement[int]:
    """How many marks the average rests on."""
    return mark_count(viewer, membership.student_id, membership.subject_id, term_id)


ENOUGH, ENOUGH_HIDDEN = 5, 4
"""On how many students the mean of a class must rest (domain.md c.2), and on how many of those
whose averages the viewer may not read, or one could be worked out from the rest."""


def class_average(
    viewer: Viewer, subject: Any, school_class_id: Any, term_id: Any
) -> ColumnElement[Any]:
    """The mean of the averages of those students who have marks, halves up. To 0.01 for whoever
    may read all of the averages or leads the class. To 0.1 for a family of the class, if at least 5
    students have marks, 4 of them not their own. Null for others."""
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

    def of(key: str, column: ColumnElement[Any]) -> ColumnElement[bool]:
        return column.in_(sections if key == "section_id" else members)

    query, tally, marks = tallies(viewer, of, term_id)
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
    told = case((has_all, func.round(average, 2)), (of_family, func.round(average, 1)))
    return select(cast(told, Numeric)).select_from(each).scalar_subquery()
