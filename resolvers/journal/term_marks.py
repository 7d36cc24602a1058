"""Setting term marks."""

from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    and_,
    case,
    cast,
    func,
    null,
    or_,
    select,
    true,
)
from sqlalchemy.orm import aliased

from auth.actor import Viewer
from auth.policy import is_visible
from auth.rights import Right
from models.base import Id, holds_on
from models.events import EventKind
from models.journal.term_marks import (
    TermMark,
    TermMarkKind,
    TermMarkRevision,
    TermMarkValue,
)
from models.people.students import Student
from models.problems import NotFound, PeriodClosed, Problem, YearArchived
from models.school.calendar import AcademicYear, Term, TermStatus, YearStatus
from models.school.schools import School
from models.structure.sections import Section, SectionMembership
from models.structure.subjects import MarkScale
from resolvers.core.changes import Change, News
from resolvers.core.guards import Lock, Target, target_by_id
from resolvers.core.news import table_of
from resolvers.core.parameters import NULL, Arg, Logged
from resolvers.core.perform import change
from resolvers.core.row_writes import insert_rows, to_sql, upsert_row
from resolvers.journal.averages import weighted_average
from resolvers.school.calendar import CLOSED, TermNotBegun, WrongTerm

V = TermMarkValue
NEUTRAL = {V.EXEMPT, V.NOT_ASSESSED}
IN_SCALE = {
    MarkScale.FIVE_POINT: {V.FIVE, V.FOUR, V.THREE, V.TWO} | NEUTRAL,
    MarkScale.PASS_FAIL: {V.PASS, V.FAIL} | NEUTRAL,
    MarkScale.UNGRADED: set[TermMarkValue](),
}
POINTS = {V.FIVE: 5, V.FOUR: 4, V.THREE: 3, V.TWO: 2}
VALUES = {points: value for value, points in POINTS.items()}


class NeedsComment(Problem):
    """The mark differs from the weighted average by more than the school allows without a comment;
    give the reason in `comment`."""

    russian = (
        "Отметка расходится со средневзвешенной больше, чем школа разрешает без пояснения; "
        "напишите причину в `comment`."
    )


class OutOfOrder(Problem):
    """Set the marks that it sums up first: all terms, then the year, the exam, and the final mark
    last."""

    russian = "Сначала те отметки, из которых она складывается: периоды, год, экзамен, итог."


class TermMarkNotOfScale(Problem):
    """The section takes no such mark; its scale is {scale}: FIVE_POINT takes FIVE to TWO, PASS_FAIL
    PASS or FAIL, both EXEMPT or NOT_ASSESSED, UNGRADED none."""

    russian = (
        "Такой отметки в этой группе нет; её шкала: {scale}. FIVE_POINT: от FIVE до TWO, "
        "PASS_FAIL: PASS или FAIL, обе: EXEMPT или NOT_ASSESSED, UNGRADED: никаких."
    )


class TermOrNot(Problem):
    """A mark of kind TERM is for one term, any other for the year; send `termId` with TERM and
    with nothing else."""

    russian = (
        "Отметка вида TERM ставится за период, любая другая — за год; присылайте `termId` "
        "только вместе с TERM."
    )


TERM: Any = TermMarkKind.TERM
PROBLEMS = (NeedsComment, OutOfOrder, TermMarkNotOfScale, TermOrNot, WrongTerm, TermNotBegun)


@change(
    Right.TERM_MARKS_WRITE,
    *CLOSED,
    *PROBLEMS,
    writes=(TermMark, TermMarkRevision),
    keeps_rights=True,
)
def set_term_mark(
    viewer: Viewer,
    *,
    student_id: Logged[Arg[Id[Student]]],
    section_id: Logged[Arg[Id[Section]]],
    term_id: Logged[Arg[Id[Term]] | None] = None,
    kind: Arg[TermMarkKind] = TERM,
    value: Arg[TermMarkValue],
    comment: Arg[str | None] = NULL,
    expected_version: Arg[int | None] = NULL,
    idempotency_key: UUID | None = None,
) -> Change[Logged[TermMark]]:
    """Set a student's mark for a term, the year or the exam, or their final mark (итоговая
    отметка). The system suggests, the teacher decides.

    student_id: The student; they must be in the section at the end of the term.
    section_id: The section in which the mark is given.
    term_id: The term; null for any other kind.
    kind: The period or exam that it sums up.
    value: The mark; in a subject without points PASS or FAIL.
    comment: Why it differs from the weighted average, at most 1000 characters.
    expected_version: The version of the mark that is there; null if there is none.
    """
    is_for_term = kind == TermMarkKind.TERM
    year = and_(
        AcademicYear.school_id == Section.school_id, AcademicYear.id == Section.academic_year_id
    )
    target = (
        target_by_id(
            viewer, Section, section_id, "section_id", to=Right.TERM_MARKS_WRITE, lock=Lock.NONE
        )
        .needs(~is_for_term if term_id is None else is_for_term, TermOrNot, "term_id")
        .join(AcademicYear, year, missing=NotFound, field="section_id", lock=Lock.SHARE)
        .needs(AcademicYear.status != YearStatus.ARCHIVED, YearArchived, "section_id")
    )
    if term_id is None:
        day: Any = viewer.today
    else:
        target = require_begun_term(viewer, target, term_id)
        day = func.least(Term.ends_on, viewer.today)
    member = and_(
        SectionMembership.school_id == Section.school_id,
        SectionMembership.section_id == Section.id,
        SectionMembership.student_id == student_id,
        holds_on(SectionMembership, day),
    )
    target = target.join(
        SectionMembership, member, missing=NotFound, field="student_id", lock=Lock.SHARE
    ).needs(in_scale(value), TermMarkNotOfScale, "value", scale=Section.scale)
    term = cast(null(), BigInteger) if term_id is None else Term.id
    key = {
        "student_id": SectionMembership.student_id,
        "subject_id": Section.subject_id,
        "academic_year_id": Section.academic_year_id,
        "kind": kind,
        "term_id": term,
    }
    there = [getattr(TermMark, name).is_not_distinct_from(one) for name, one in key.items()]
    if term_id is None:
        target = require_order(target, kind)
    else:
        target = require_near_average(viewer, target, value, comment)
    target = target.outerjoin(TermMark, and_(TermMark.school_id == Section.school_id, *there))
    target = target.expects(TermMark, expected_version)
    line = target.line(
        *(to_sql(one, table_of(TermMark).c[name]).label(name) for name, one in key.items()),
        Section.id.label("section_id"),
        TermMark.value.label("old_value"),
    )
    new = {
        "section_id": line.c.section_id,
        "value": value,
        "comment": comment,
        "author_id": viewer.person_id,
        "set_at": viewer.now,
    }
    done = upsert_row(
        viewer, TermMark, line, {name: line.c[name] for name in key}, new, expected_version
    )
    revision = {
        "term_mark_id": done.c.id,
        "author_id": viewer.person_id,
        "old_value": line.c.old_value,
        "new_value": done.c.value,
        "reason": comment,
        "at": viewer.now,
    }
    revised = insert_rows(
        viewer, TermMarkRevision, done.join(line, true()), revision, name="revised"
    )
    news = News(EventKind.TERM_MARK_SET, done, TermMark, done.c.id, done.c.student_id)
    return Change(TermMark, target, done, [news], [revised], is_whole=True)


def require_begun_term(viewer: Viewer, target: Target, term_id: Any) -> Target:
    """Add to a target with a section the guards that a term of its year has begun and is open. The
    lock keeps others from closing the term before the command commits."""
    here = and_(Term.school_id == Section.school_id, Term.id == term_id)
    of_section = and_(
        Term.term_type_id == Section.term_type_id,
        Term.academic_year_id == Section.academic_year_id,
    )
    field, begins = "term_id", Term.starts_on
    return (
        target.join(Term, here, missing=NotFound, field=field, lock=Lock.SHARE)
        .needs(is_visible(viewer, Term), NotFound, field)
        .needs(of_section, WrongTerm, field)
        .needs(Term.status != TermStatus.CLOSED, PeriodClosed, field)
        .needs(Term.starts_on <= viewer.today, TermNotBegun, field, begins=begins)
    )


def in_scale(value: Any) -> ColumnElement[bool]:
    """Return the condition that the section takes such a mark."""
    return or_(
        *(
            and_(Section.scale == scale, value.in_(sorted(values, key=lambda one: one.name)))
            for scale, values in IN_SCALE.items()
            if values
        )
    )


def require_order(target: Target, kind: Any) -> Target:
    """Add the guard that the marks which this one sums up are set: those of all terms for the year,
    else the one for the year."""
    mark = aliased(TermMark)
    counted = (
        select(func.count())
        .select_from(mark)
        .where(
            mark.school_id == Section.school_id,
            mark.student_id == SectionMembership.student_id,
            mark.subject_id == Section.subject_id,
            mark.academic_year_id == Section.academic_year_id,
        )
        .correlate(Section, SectionMembership)
    )
    term = aliased(Term)
    terms = (
        select(func.greatest(func.count(), 1))
        .select_from(term)
        .where(
            term.school_id == Section.school_id,
            term.academic_year_id == Section.academic_year_id,
            term.term_type_id == Section.term_type_id,
        )
        .correlate(Section)
        .scalar_subquery()
    )
    of_terms = counted.where(mark.kind == TermMarkKind.TERM).scalar_subquery()
    of_year = counted.where(mark.kind == TermMarkKind.YEAR).scalar_subquery()
    ready = case((kind == TermMarkKind.YEAR, of_terms >= terms), else_=of_year > 0)
    return target.needs(ready, OutOfOrder, "kind")


def require_near_average(viewer: Viewer, target: Target, value: Any, comment: Any) -> Target:
    """Add the guard that the mark is near the weighted average or has a comment."""
    school = aliased(School)
    points = case(*((value == one, number) for one, number in POINTS.items()))
    average = weighted_average(viewer, SectionMembership.student_id, Section.subject_id, Term.id)
    allowed = select(school.term_mark_deviation).where(school.id == Section.school_id)
    most = allowed.correlate(Section).scalar_subquery()
    is_near = or_(average.is_(None), func.abs(average - points) <= most)
    is_free = or_(func.coalesce(comment, "") != "", points.is_(None))
    return target.needs(or_(is_free, is_near), NeedsComment, "comment")
