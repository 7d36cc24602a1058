"""The calendar: its queries, and checks of days and terms. A school has a few years and a dozen
terms, so lists have no pages."""

from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select

from auth.actor import Viewer
from auth.policy import is_visible
from models.base import Id, holds_on
from models.problems import NotFound, PeriodClosed, Problem, YearArchived
from models.school.calendar import AcademicYear, BellSchedule, Term, TermStatus, YearStatus
from models.school.holidays import Holiday
from models.structure.classes import ClassMembership, SchoolClass
from models.structure.sections import Section, SectionMembership
from resolvers.core.context import Ctx
from resolvers.core.guards import Lock, Target
from resolvers.core.parameters import Arg
from resolvers.core.perform import require_target
from resolvers.core.reads import Rows


class SchoolHoliday(Problem):
    """There are no lessons on that day; see the holidays of the class."""

    russian = "В этот день нет уроков; посмотрите каникулы класса."


class OutsideYear(Problem):
    """The day is not in the academic year."""

    russian = "Этот день не входит в учебный год."


class OutsideTerms(Problem):
    """The day is in no term of the section; choose a day in one of its terms."""

    russian = "Этот день не входит ни в один учебный период группы; выберите день внутри периода."


class WrongTerm(Problem):
    """The section's year is divided otherwise; choose a term of its own kind and year, as
    `terms` lists them."""

    russian = "Год этой группы делится иначе; выберите период её вида и года из списка `terms`."


class TermNotBegun(Problem):
    """The term begins on {begins}; wait until then, or choose one that has begun."""

    russian = "Период начинается {begins}; подождите или выберите уже начавшийся."


CLOSED: tuple[type[Problem], ...] = (PeriodClosed, YearArchived, OutsideTerms)
"""The problems of a day of a section on which nothing can be written."""


def find_academic_years(viewer: Viewer) -> Rows[AcademicYear]:
    """Academic years, the latest first (учебные годы)."""
    return Rows(AcademicYear, order=(AcademicYear.starts_on.desc(),))


def find_terms(
    viewer: Viewer, *, academic_year_id: Arg[Id[AcademicYear]] | None = None
) -> Rows[Term]:
    """Terms, in order of their days (четверти, полугодия).

    academic_year_id: The year to list; null for all.
    """
    of_year = () if academic_year_id is None else (Term.academic_year_id == academic_year_id,)
    return Rows(Term, of_year, order=(Term.starts_on, Term.term_type_id))


def find_bell_schedules(viewer: Viewer) -> Rows[BellSchedule]:
    """Bell schedules, by name (расписание звонков)."""
    return Rows(BellSchedule, order=(BellSchedule.name,))


async def open_year(ctx: Ctx, academic_year_id: Id[AcademicYear], field: str) -> AcademicYear:
    """Return the year, locked so that nobody archives it before the command ends.

    field: The argument to blame.

    Raises NotFound or YearArchived.
    """
    year = await ctx.get(academic_year_id)
    await require_target(ctx, with_open_year(ctx.viewer, Target(), year.id, field))
    return year


def with_open_year(viewer: Viewer, target: Target, academic_year_id: Any, field: str) -> Target:
    """Join a target with a year, locked so that nobody archives it before the command ends. Its
    guards raise NotFound or YearArchived."""
    here = and_(AcademicYear.school_id == viewer.school_id, AcademicYear.id == academic_year_id)
    target = target.join(AcademicYear, here, missing=NotFound, field=field, lock=Lock.SHARE)
    target = target.needs(is_visible(viewer, AcademicYear), NotFound, field)
    return target.needs(AcademicYear.status != YearStatus.ARCHIVED, YearArchived, field)


OF_YEAR = and_(AcademicYear.school_id == Term.school_id, AcademicYear.id == Term.academic_year_id)
"""The year of a term."""


def in_term(section: Any, day: Any) -> ColumnElement[bool]:
    """Whether a term is the term of a section that contains the day."""
    return and_(
        Term.academic_year_id == section.academic_year_id,
        Term.term_type_id == section.term_type_id,
        Term.starts_on <= day,
        Term.ends_on >= day,
    )


def in_open_term(target: Target, section: Any, day: Any, field: str | None) -> Target:
    """Join a target with the term of a section that contains the day, locked so that nobody closes
    it, or archives its year, before the command ends. Its guards raise CLOSED.

    field: The argument to blame.
    """
    here = and_(Term.school_id == section.school_id, in_term(section, day))
    found = target.join(Term, here, missing=OutsideTerms, field=field, lock=Lock.SHARE)
    found = found.join(AcademicYear, OF_YEAR, missing=OutsideTerms, field=field, lock=Lock.SHARE)
    found = found.needs(AcademicYear.status != YearStatus.ARCHIVED, YearArchived, field)
    return found.needs(Term.status != TermStatus.CLOSED, PeriodClosed, field)


async def require_open_term(ctx: Ctx, section: Section, day: date, field: str) -> None:
    """Lock the term of a section that contains the day, so that nobody closes it, or archives its
    year, before the command ends.

    field: The argument to blame.

    Raises CLOSED.
    """
    await require_target(ctx, in_open_term(Target(), section, day, field))


def divides(viewer: Viewer, row: Any, key: Any) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions by which a term belongs to the year and division of a section or class.

    row: Section or SchoolClass.
    key: Its key.
    """
    of_kind = viewer.keys(row.term_type_id, row.id == key)
    of_year = viewer.keys(row.academic_year_id, row.id == key)
    return Term.term_type_id.in_(of_kind), Term.academic_year_id.in_(of_year)


def require_in_year(year: AcademicYear, day: date, field: str) -> date:
    """Return the day. Raises OutsideYear, which names the field."""
    if not year.starts_on <= day <= year.ends_on:
        raise OutsideYear(field=field)
    return day


async def refuse_holiday(ctx: Ctx, section: Section, day: date, field: str) -> None:
    """Raise SchoolHoliday, which names the field, for a day off of the section's class, or of a
    class that some of its students are in."""
    school_id = ctx.actor.school_id
    members = select(SectionMembership.student_id).where(
        SectionMembership.school_id == school_id,
        SectionMembership.section_id == section.id,
        holds_on(SectionMembership, day),
    )
    theirs = select(ClassMembership.school_class_id).where(
        ClassMembership.school_id == school_id,
        ClassMembership.student_id.in_(members),
        holds_on(ClassMembership, day),
    )
    # Not through `visible`: everybody may learn about holidays.
    off = (
        select(Holiday.id)
        .join(
            SchoolClass,
            and_(
                SchoolClass.school_id == Holiday.school_id,
                SchoolClass.holiday_set_id == Holiday.holiday_set_id,
            ),
        )
        .where(
            Holiday.school_id == school_id,
            Holiday.starts_on <= day,
            Holiday.ends_on >= day,
            or_(SchoolClass.id == section.school_class_id, SchoolClass.id.in_(theirs)),
        )
    )
    if await ctx.session.scalar(off.limit(1)) is not None:
        raise SchoolHoliday(field=field)
