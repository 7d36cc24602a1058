"""Looking the calendar up. All of it is short: a school has a few years and a dozen terms."""

from datetime import date

from sqlalchemy import and_, select

from auth.policy import visible
from models.base import Id
from models.problems import PeriodClosed, Validation, YearArchived
from models.school.calendar import (
    AcademicYear,
    BellSchedule,
    HolidaySet,
    Term,
    TermStatus,
    YearStatus,
)
from models.structure.sections import Section
from resolvers.context import Ctx
from resolvers.listing import at
from resolvers.shapes import NOTHING, Wanted


async def find_academic_years(ctx: Ctx) -> list[AcademicYear]:
    """Academic years, the latest first (учебные годы)."""
    query = visible(ctx.viewer, AcademicYear).order_by(AcademicYear.starts_on.desc())
    return list(await ctx.rows(query, AcademicYear))


async def find_terms(
    ctx: Ctx, wanted: Wanted = NOTHING, *, academic_year_id: Id[AcademicYear] | None = None
) -> list[Term]:
    """Terms, in order of their days (четверти, полугодия).

    academic_year_id: Only of this year.
    """
    query = visible(ctx.viewer, Term).order_by(Term.starts_on, Term.term_type_id)
    if academic_year_id:
        query = query.where(at(Term.academic_year_id, academic_year_id, ctx))
    return list(await ctx.rows(query, Term, wanted))


async def find_holiday_sets(ctx: Ctx) -> list[HolidaySet]:
    """Sets of holidays, by name (каникулы)."""
    query = visible(ctx.viewer, HolidaySet).order_by(HolidaySet.name)
    return list(await ctx.rows(query, HolidaySet))


async def find_bell_schedules(ctx: Ctx) -> list[BellSchedule]:
    """Tables of bells, by name (расписание звонков)."""
    query = visible(ctx.viewer, BellSchedule).order_by(BellSchedule.name)
    return list(await ctx.rows(query, BellSchedule))


async def open_year(ctx: Ctx, academic_year_id: Id[AcademicYear]) -> AcademicYear:
    """The year, held so that nobody archives it before the command is through.

    Raises YearArchived.
    """
    year = await ctx.get(academic_year_id)
    held = select(AcademicYear.status).where(
        AcademicYear.school_id == ctx.actor.school_id, AcademicYear.id == year.id
    )
    if await ctx.session.scalar(held.with_for_update(read=True)) is YearStatus.ARCHIVED:
        raise YearArchived(of=academic_year_id)
    return year


async def open_term(ctx: Ctx, section: Section, day: date, field: str | None) -> Term:
    """The term of a section that the day is in, held so that nobody closes it, or archives its
    year, before the command is through.

    field: The argument to blame for a day outside all terms.

    Raises PeriodClosed, YearArchived, or Validation for a day in no term.
    """
    # Not through `visible`: whether a term is closed is no secret.
    query = (
        select(Term, AcademicYear.status)
        .join(
            AcademicYear,
            and_(
                AcademicYear.school_id == Term.school_id, AcademicYear.id == Term.academic_year_id
            ),
        )
        .where(
            Term.school_id == ctx.actor.school_id,
            Term.term_type_id == section.term_type_id,
            Term.starts_on <= day,
            Term.ends_on >= day,
        )
        .with_for_update(read=True)
    )
    found = (await ctx.session.execute(query)).one_or_none()
    if found is None:
        raise Validation(field=field)
    term, year = found
    if year is YearStatus.ARCHIVED:
        raise YearArchived(field=field)
    if term.status is TermStatus.CLOSED:
        raise PeriodClosed(field=field, term=str(term.global_id))
    open_one: Term = term
    return open_one
