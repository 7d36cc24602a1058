"""Subjects and sections: finding them, creating sections, and assigning teachers."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, select, update

from auth.actor import Viewer
from auth.policy import is_visible
from auth.rights import Right
from models.base import Id, holds_on
from models.people.staff import Staff
from models.problems import OutOfRange, TooSoon, YearArchived
from models.school.calendar import AcademicYear, YearStatus
from models.structure.classes import SchoolClass
from models.structure.sections import (
    MarkScale,
    Section,
    SectionMembership,
    Subject,
    TeachingAssignment,
    TeachingRole,
)
from resolvers.access.issuing import prepare_grant
from resolvers.access.second_person import NotToOneself
from resolvers.core.command import command
from resolvers.core.context import Ctx
from resolvers.core.listing import Listing, Ordering
from resolvers.core.parameters import Logged
from resolvers.core.shapes import Own, Plain, Via, holds_today
from resolvers.people.staff import NotAtWork, get_working
from resolvers.school.calendar import open_year
from resolvers.structure.members import join_section, lock_class, select_stays

ORDERS: Mapping[str, Plain] = {
    "grade_level": Via((Section.school_class_id,), SchoolClass.grade_level),
    "name": Own("name"),
}
MOST_HOURS = 40
SUBJECT_ORDERS: Mapping[str, Plain] = {"position": Own("position"), "name": Own("name")}


def teaches_today(viewer: Viewer, link: Any) -> ColumnElement[bool]:
    """Whether someone is the main teacher of a section today, as the viewer may see it: a student
    who has left a section may not see its later teachers."""
    return and_(holds_today(viewer, link), link.role == TeachingRole.MAIN, is_visible(viewer, link))


def find_subjects(viewer: Viewer) -> Listing[Subject]:
    """Subjects, in the school's own order (предметы)."""
    return Listing(Subject, (Ordering("position", SUBJECT_ORDERS["position"]),))


def find_sections(viewer: Viewer) -> Listing[Section]:
    """Sections of the current year that the viewer may see, by grade and name (учебные группы)."""
    current = viewer.keys(
        AcademicYear.id, AcademicYear.status == YearStatus.CURRENT
    ).scalar_subquery()
    order = tuple(Ordering(name, ORDERS[name]) for name in ("grade_level", "name"))
    return Listing(Section, order, (Section.academic_year_id == current,))


@command(Right.CLASSES_WRITE, YearArchived, writes=(SectionMembership,))
async def create_section(
    ctx: Ctx,
    *,
    school_class_id: Logged[Id[SchoolClass]],
    subject_id: Logged[Id[Subject]],
    name: Logged[str | None] = None,
    is_subgroup: bool = False,
    hours_per_week: Decimal | None = None,
    idempotency_key: UUID | None = None,
) -> Logged[Section]:
    """Create a section of a subject in a class: the whole class or a subgroup (подгруппа). A
    whole-class section starts with all who are in the class today. Each is a member from the day
    they came into the class, so that a school that begins during the year can write in lessons
    that were held; in a year to come, from its first day.

    school_class_id: The class.
    subject_id: The subject.
    name: Its name, unique in the year; null for class and subject.
    is_subgroup: Whether it is a part of the class.
    hours_per_week: Hours of the curriculum, 0..40.
    """
    school_class = await ctx.get(school_class_id, to=Right.CLASSES_WRITE)
    year_id = Id(AcademicYear, ctx.actor.school_id, school_class.academic_year_id)
    year = await open_year(ctx, year_id)
    subject = await ctx.get(subject_id)
    ungraded = school_class.grade_level <= 1
    section = Section(
        academic_year_id=school_class.academic_year_id,
        school_class_id=school_class.id,
        subject_id=subject.id,
        term_type_id=school_class.term_type_id,
        name=name or f"{school_class.name} {subject.name}",
        is_subgroup=is_subgroup,
        hours_per_week=hours_per_week,
        scale=MarkScale.UNGRADED if ungraded else subject.scale,
    )
    ctx.session.add(section)
    if not is_subgroup:
        await ctx.session.flush()
        await lock_class(ctx, school_class)
        begun = max(year.starts_on, ctx.actor.today)
        stays = select_stays(ctx, school_class.id, begun, subject.id)
        for student, since in (await ctx.session.execute(stays)).all():
            join_section(ctx, section, [student], max(year.starts_on, since))
    return section


@command(Right.CLASSES_WRITE, YearArchived, NotAtWork, TooSoon, OutOfRange, NotToOneself)
async def assign_teacher(
    ctx: Ctx,
    *,
    section_id: Logged[Id[Section]],
    staff_id: Logged[Id[Staff]],
    valid_from: Logged[date],
    role: Logged[TeachingRole] = TeachingRole.MAIN,
    hours: Decimal | None = None,
    idempotency_key: UUID | None = None,
) -> Logged[TeachingAssignment]:
    """Assign a teacher to a section from a day on (тарификация). A new main teacher takes the place
    of the one before. Nobody gives a section to themselves.

    section_id: The section.
    staff_id: The teacher.
    valid_from: First day.
    role: Their role in it.
    hours: Hours a week, 0..40; null for all hours of the section.
    """
    section = await ctx.get(section_id, to=Right.CLASSES_WRITE)
    await open_year(ctx, Id(AcademicYear, ctx.actor.school_id, section.academic_year_id))
    staff = await get_working(ctx, staff_id, valid_from)
    await prepare_grant(ctx, staff.person_id, "staff_id")
    if hours is not None and not 0 <= hours <= MOST_HOURS:
        raise OutOfRange(field="hours", least=0, most=MOST_HOURS)
    if role is TeachingRole.MAIN:
        await end_teaching(ctx, section, valid_from)
    assignment = TeachingAssignment(
        section_id=section.id, staff_id=staff.id, role=role, hours=hours, valid_from=valid_from
    )
    ctx.session.add(assignment)
    return assignment


async def end_teaching(ctx: Ctx, section: Section, day: date) -> None:
    """End the assignment of its main teacher that holds on the day. Raises TooSoon if another
    begins later, because people must decide about that one. The section is locked: no constraint
    keeps it to one main teacher, so two changes at once would leave two."""
    this = select(Section.id).where(
        Section.school_id == ctx.actor.school_id, Section.id == section.id
    )
    await ctx.session.execute(this.with_for_update(key_share=True))
    mine = (
        TeachingAssignment.school_id == ctx.actor.school_id,
        TeachingAssignment.section_id == section.id,
        TeachingAssignment.role == TeachingRole.MAIN,
    )
    later = select(TeachingAssignment.id).where(*mine, TeachingAssignment.valid_from > day)
    if await ctx.session.scalar(later.limit(1)) is not None:
        raise TooSoon(field="valid_from")
    holding = update(TeachingAssignment).where(*mine, holds_on(TeachingAssignment, day))
    ended = {"valid_to": day, "version": TeachingAssignment.version + 1}
    await ctx.session.execute(holding.values(ended).execution_options(synchronize_session=False))
