"""Sections: finding and creating them, and assigning teachers."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CTE, ColumnElement, and_, case, func, literal, select, true, update
from sqlalchemy.orm import aliased

from auth.actor import Viewer
from auth.policy import is_visible, visible
from auth.rights import Right
from models.base import Id, holds_on
from models.people.staff import Staff
from models.problems import NotFound, OutOfRange, TooSoon, YearArchived
from models.school.calendar import AcademicYear, YearStatus
from models.structure.classes import ClassMembership, SchoolClass
from models.structure.sections import Section, SectionMembership, TeachingAssignment, TeachingRole
from models.structure.subjects import MarkScale, Subject
from resolvers.access.issuing import prepare_grant
from resolvers.access.second_person import NotToOneself
from resolvers.core.changes import Change
from resolvers.core.command import command
from resolvers.core.context import Ctx
from resolvers.core.guards import Lock, target_by_id
from resolvers.core.listing import Listing, Ordering
from resolvers.core.parameters import NO, NULL, Arg, Logged
from resolvers.core.perform import change
from resolvers.core.row_writes import compute_values, insert_row
from resolvers.core.shapes import Own, Plain, Via, holds_today
from resolvers.people.staff import NotAtWork, get_working
from resolvers.school.calendar import open_year, with_open_year

ORDERS: Mapping[str, Plain] = {
    "grade_level": Via((Section.school_class_id,), SchoolClass.grade_level),
    "name": Own("name"),
}
MOST_HOURS = 40


def teaches_today(viewer: Viewer, link: Any) -> ColumnElement[bool]:
    """Whether someone is the main teacher of a section today, as the viewer may see it: a student
    who has left a section may not see its later teachers."""
    return and_(holds_today(viewer, link), link.role == TeachingRole.MAIN, is_visible(viewer, link))


def find_sections(viewer: Viewer) -> Listing[Section]:
    """Sections of the current year that the viewer may see, by grade and name (учебные группы)."""
    current = viewer.keys(
        AcademicYear.id, AcademicYear.status == YearStatus.CURRENT
    ).scalar_subquery()
    order = tuple(Ordering(name, ORDERS[name]) for name in ("grade_level", "name"))
    return Listing(Section, order, (Section.academic_year_id == current,))


@change(Right.CLASSES_WRITE, YearArchived, writes=(Section, SectionMembership))
def create_section(
    viewer: Viewer,
    *,
    school_class_id: Logged[Arg[Id[SchoolClass]]],
    subject_id: Logged[Arg[Id[Subject]]],
    name: Logged[Arg[str | None]] = NULL,
    is_subgroup: Arg[bool] = NO,
    hours_per_week: Arg[Decimal | None] = NULL,
    idempotency_key: UUID | None = None,
) -> Change[Logged[Section]]:
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
    to = Right.CLASSES_WRITE
    field = "school_class_id"
    target = target_by_id(viewer, SchoolClass, school_class_id, field, to=to, lock=Lock.NONE)
    target = with_open_year(viewer, target, SchoolClass.academic_year_id, field)
    here = and_(Subject.school_id == viewer.school_id, Subject.id == subject_id)
    target = target.join(Subject, here, missing=NotFound, field="subject_id", lock=Lock.NONE)
    target = target.needs(is_visible(viewer, Subject), NotFound, "subject_id")
    ungraded = literal(MarkScale.UNGRADED, Section.scale.type)
    values = {
        "academic_year_id": SchoolClass.academic_year_id,
        "school_class_id": SchoolClass.id,
        "subject_id": Subject.id,
        "term_type_id": SchoolClass.term_type_id,
        "name": func.coalesce(func.nullif(name, ""), SchoolClass.name + " " + Subject.name),
        "is_subgroup": is_subgroup,
        "hours_per_week": hours_per_week,
        "scale": case((SchoolClass.grade_level <= 1, ungraded), else_=Subject.scale),
    }
    line, new = compute_values(target, Section, values, AcademicYear.starts_on)
    done = insert_row(viewer, Section, line, new)
    members = insert_class(viewer, done, line.c.starts_on, line)
    locked = visible(viewer, SchoolClass, to).where(SchoolClass.id == school_class_id)
    # A student who joins the class while the section is made would be missing from it.
    lock = locked.with_only_columns(SchoolClass.id).with_for_update(key_share=True)
    return Change(Section, target, done, also=[members], is_whole=True, lock=lock)


def insert_class(viewer: Viewer, section: CTE, year_begins: Any, line: CTE) -> CTE:
    """Insert the members of a new section of the whole class: those who are in the class today, or
    on the first day of a year to come. Not through `visible`: the viewer may not see every student,
    and all of them belong to it.

    section: The CTE that inserts it. line: The one that has the first day of its year.
    """
    begun = func.greatest(year_begins, viewer.today)
    other = aliased(SectionMembership)
    left = select(func.max(other.valid_to)).where(
        other.school_id == viewer.school_id,
        other.student_id == ClassMembership.student_id,
        other.subject_id == section.c.subject_id,
    )
    of_class = and_(
        ClassMembership.school_id == viewer.school_id,
        ClassMembership.school_class_id == section.c.school_class_id,
        holds_on(ClassMembership, begun),
    )
    since = func.greatest(year_begins, ClassMembership.valid_from, left.scalar_subquery())
    query = select(ClassMembership.student_id, since.label("since"))
    query = query.select_from(section).join(line, true()).join(ClassMembership, of_class)
    stays = query.where(section.c.is_subgroup.is_(False)).subquery("stays")
    key = select(section.c.id).scalar_subquery()
    new = {
        "section_id": key,
        "subject_id": select(section.c.subject_id).scalar_subquery(),
        "student_id": stays.c.student_id,
        "valid_from": stays.c.since,
    }
    return insert_row(
        viewer, SectionMembership, stays, new, order=[stays.c.student_id], name="joined"
    )


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
    year_id = Id(AcademicYear, ctx.actor.school_id, section.academic_year_id)
    await open_year(ctx, year_id, "section_id")
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
