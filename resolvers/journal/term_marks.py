"""Term marks: the sheet they are set by, the setting of them, and the closing of terms."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import aliased

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
from models.problems import (
    Conflict,
    NotFound,
    PeriodClosed,
    Problem,
    YearArchived,
)
from models.school.calendar import AcademicYear, Term, TermStatus, YearStatus
from models.school.schools import School
from models.structure.sections import MarkScale, Section, SectionMembership
from resolvers.core.command import command
from resolvers.core.context import Ctx
from resolvers.core.keep import as_expected
from resolvers.core.news import Fact
from resolvers.core.parameters import Logged
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
    """The mark departs from the weighted average by more than the school allows without a word;
    say why in `comment`."""

    russian = (
        "Отметка расходится со средневзвешенной больше, чем школа разрешает без пояснения; "
        "напишите причину в `comment`."
    )


class OutOfOrder(Problem):
    """First the marks it sums up: all terms, then the year, the exam, and at last the final one."""

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


PROBLEMS = (NeedsComment, OutOfOrder, TermMarkNotOfScale, TermOrNot, WrongTerm, TermNotBegun)


@command(Right.TERM_MARKS_WRITE, *CLOSED, *PROBLEMS)
async def set_term_mark(
    ctx: Ctx,
    *,
    student_id: Logged[Id[Student]],
    section_id: Logged[Id[Section]],
    term_id: Logged[Id[Term] | None] = None,
    kind: TermMarkKind = TermMarkKind.TERM,
    value: TermMarkValue,
    comment: str | None = None,
    expected_version: int | None = None,
    idempotency_key: UUID | None = None,
) -> Logged[TermMark]:
    """Set what a student gets for a term, or for the year, the exam or in the end (итоговая
    отметка). The system suggests, the teacher decides.

    student_id: Who gets it; they must be in the section at the end of the term.
    section_id: The section that answers for it.
    term_id: The term; null for any other kind.
    kind: What it sums up.
    value: The mark; in a subject without points PASS or FAIL.
    comment: Why it departs from the weighted average, at most 1000 characters.
    expected_version: The version of the mark that is there; null when there is none.
    """
    section = await ctx.get(section_id, to=Right.TERM_MARKS_WRITE)
    term = await term_of(ctx, section, kind, term_id)
    await at_the_end(ctx, section, term, student_id)
    if value not in IN_SCALE[section.scale]:
        raise TermMarkNotOfScale(field="value", scale=section.scale.name)
    if term is None:
        await in_order(ctx, section, student_id.key, kind)
    elif value in POINTS and not comment:
        await close_to_average(ctx, section, term, student_id.key, value)
    key = {
        "student_id": student_id.key,
        "subject_id": section.subject_id,
        "academic_year_id": section.academic_year_id,
        "kind": kind,
        "term_id": term.id if term else None,
    }
    mark, before = await put(ctx, section, key, value, comment, expected_version)
    ctx.session.add(
        TermMarkRevision(
            term_mark_id=mark.id,
            author_id=ctx.actor.person_id,
            old_value=before,
            new_value=value,
            reason=comment,
            at=ctx.actor.now,
        )
    )
    ctx.announce(Fact(EventKind.TERM_MARK_SET, mark, mark.student_id))
    return mark


async def put(
    ctx: Ctx,
    section: Section,
    key: dict[str, Any],
    value: TermMarkValue,
    comment: str | None,
    expected_version: int | None,
) -> tuple[TermMark, TermMarkValue | None]:
    """The mark as it is from now on, and what it was. Raises Taken or Conflict."""
    mine = [TermMark.school_id == ctx.actor.school_id]
    mine += [getattr(TermMark, name).is_not_distinct_from(given) for name, given in key.items()]
    query = select(TermMark).where(*mine).with_for_update()
    query = query.execution_options(populate_existing=True)
    written = {
        "section_id": section.id,
        "value": value,
        "comment": comment,
        "author_id": ctx.actor.person_id,
        "set_at": ctx.actor.now,
    }
    found = (await ctx.session.scalars(query)).one_or_none()
    if found is None and expected_version is None:
        new = insert(TermMark).values(version=1, **key, **written).on_conflict_do_nothing()
        made = await ctx.session.scalar(new.returning(TermMark.id))
        found = (await ctx.session.scalars(query)).one()
        if made is None:
            raise Conflict(field="expected_version", current=found)
        return found, None
    mark: TermMark = as_expected(found, expected_version)
    before = mark.value
    for name, given in written.items():
        setattr(mark, name, given)
    return mark, before


async def term_of(
    ctx: Ctx, section: Section, kind: TermMarkKind, term_id: Id[Term] | None
) -> Term | None:
    """The term, held open until the command is through; None for a mark of the whole year."""
    if (kind is TermMarkKind.TERM) is not (term_id is not None):
        raise TermOrNot(field="term_id")
    of_year = (
        AcademicYear.school_id == ctx.actor.school_id,
        AcademicYear.id == section.academic_year_id,
    )
    held = select(AcademicYear.status).where(*of_year).with_for_update(read=True)
    if await ctx.session.scalar(held) is YearStatus.ARCHIVED:
        raise YearArchived(field="section_id")
    if term_id is None:
        return None
    term = await ctx.get(term_id)
    # Not through `visible`: the right to the term was just asked.
    again = select(Term).where(Term.school_id == term.school_id, Term.id == term.id)
    again = again.with_for_update(read=True).execution_options(populate_existing=True)
    term = (await ctx.session.scalars(again)).one()
    if (term.term_type_id, term.academic_year_id) != (
        section.term_type_id,
        section.academic_year_id,
    ):
        raise WrongTerm(field="term_id")
    if term.status is TermStatus.CLOSED:
        raise PeriodClosed(field="term_id")
    return term


async def at_the_end(
    ctx: Ctx, section: Section, term: Term | None, student_id: Id[Student]
) -> None:
    """Raises NotFound for whoever is not in the section at the end of the term, or today."""
    day = min(term.ends_on, ctx.actor.today) if term else ctx.actor.today
    if term and ctx.actor.today < term.starts_on:
        raise TermNotBegun(field="term_id", begins=term.starts_on)
    # Not through `visible`: the teacher of a section knows who is in it.
    query = select(SectionMembership.id).where(
        SectionMembership.school_id == section.school_id,
        SectionMembership.section_id == section.id,
        SectionMembership.student_id == student_id.key,
        holds_on(SectionMembership, day),
    )
    if student_id.school_id != section.school_id or await ctx.session.scalar(query) is None:
        raise NotFound(of=student_id)


async def in_order(ctx: Ctx, section: Section, student: int, kind: TermMarkKind) -> None:
    """Raises OutOfOrder unless what it sums up is there: all terms for the year, then the year."""
    query = select(TermMark.kind, func.count()).where(
        TermMark.school_id == section.school_id,
        TermMark.student_id == student,
        TermMark.subject_id == section.subject_id,
        TermMark.academic_year_id == section.academic_year_id,
    )
    counted = (await ctx.session.execute(query.group_by(TermMark.kind))).all()
    have = {found: number for found, number in counted}  # noqa: C416  # rows are no pairs to mypy
    terms = await ctx.session.scalar(
        select(func.count(Term.id)).where(
            Term.school_id == section.school_id,
            Term.academic_year_id == section.academic_year_id,
            Term.term_type_id == section.term_type_id,
        )
    )
    ready = {
        TermMarkKind.YEAR: have.get(TermMarkKind.TERM, 0) >= (terms or 1),
        TermMarkKind.EXAM: TermMarkKind.YEAR in have,
        TermMarkKind.FINAL: TermMarkKind.YEAR in have,
    }
    if not ready[kind]:
        raise OutOfOrder(field="kind")


async def close_to_average(
    ctx: Ctx, section: Section, term: Term, student: int, value: TermMarkValue
) -> None:
    """Raises NeedsComment."""
    average = weighted_average(ctx.viewer, student, section.subject_id, term.id)
    school = aliased(School)
    query = select(average, school.term_mark_deviation).where(school.id == section.school_id)
    [line] = await ctx.lines(query)
    found: Decimal | None = line[0]
    if found is not None and abs(found - POINTS[value]) > line[1]:
        raise NeedsComment(field="comment", average=str(found))
