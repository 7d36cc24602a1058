"""Looking subjects and sections up, making sections, and saying who is in them and teaches them."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, select, update
from sqlalchemy.orm import aliased

from auth.actor import Viewer
from auth.policy import visible
from auth.rights import Right
from models.base import Id, holds_on
from models.people.persons import Person
from models.people.staff import Staff
from models.people.students import Student
from models.problems import Conflict, NotFound, Validation, YearArchived
from models.school.calendar import AcademicYear, YearStatus
from models.structure.classes import ClassMembership, SchoolClass
from models.structure.sections import (
    MarkScale,
    Section,
    SectionMembership,
    Subject,
    TeachingAssignment,
    TeachingRole,
)
from resolvers.command import command
from resolvers.context import Ctx
from resolvers.listing import Listing, Ordering
from resolvers.loading import of_keys
from resolvers.school.calendar import open_year
from resolvers.shapes import Own, Value, Via

ORDERS: Mapping[str, Value] = {
    "grade_level": Via((Section.school_class_id,), SchoolClass.grade_level),
    "name": Own("name"),
}
MOST_HOURS = 40
SUBJECT_ORDERS: Mapping[str, Value] = {"position": Own("position"), "name": Own("name")}


def teaches_today(viewer: Viewer, link: Any) -> ColumnElement[bool]:
    return and_(holds_on(link, viewer.today), link.role == TeachingRole.MAIN)


def in_section_today(viewer: Viewer, link: Any) -> ColumnElement[bool]:
    return holds_on(link, viewer.today)


def name_of_member() -> Any:
    """The sort key of a member's name, in SQL."""
    student, person = aliased(Student), aliased(Person)
    name = select(person.sort_key).where(
        student.school_id == SectionMembership.school_id,
        student.id == SectionMembership.student_id,
        person.school_id == student.school_id,
        person.id == student.person_id,
    )
    return name.correlate(SectionMembership).scalar_subquery()


async def find_subjects(ctx: Ctx) -> Listing[Subject]:
    """Subjects, in the school's own order (предметы)."""
    return Listing(Subject, (Ordering("position", SUBJECT_ORDERS["position"]),))


async def find_sections(ctx: Ctx) -> Listing[Section]:
    """Sections the viewer may see, of the current year, by grade and name (учебные группы)."""
    current = ctx.viewer.keys(AcademicYear.id, AcademicYear.status == YearStatus.CURRENT)
    order = tuple(Ordering(name, ORDERS[name]) for name in ("grade_level", "name"))
    return Listing(Section, order, (Section.academic_year_id.in_(current),))


@command(Right.CLASSES_WRITE, YearArchived)
async def create_section(
    ctx: Ctx,
    *,
    school_class_id: Id[SchoolClass],
    subject_id: Id[Subject],
    name: str | None = None,
    is_subgroup: bool = False,
    hours_per_week: Decimal | None = None,
    idempotency_key: UUID | None = None,
) -> Section:
    """Begin to teach a subject in a class, whole or in a subgroup (подгруппа). A whole-class
    section starts with all who are in the class today.

    school_class_id: The class.
    subject_id: The subject.
    name: Its name, unique in the year; null for class and subject.
    is_subgroup: Whether it is a part of the class.
    hours_per_week: Hours of the curriculum, 0..40.
    """
    school_class = await ctx.get(school_class_id, to=Right.CLASSES_WRITE)
    await open_year(ctx, Id(AcademicYear, ctx.actor.school_id, school_class.academic_year_id))
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
        students = set(
            await ctx.session.scalars(class_list(ctx, school_class.id), ctx.actor.values)
        )
        join_section(ctx, section, students, ctx.actor.today)
    return section


@command(
    Right.CLASSES_WRITE,
    YearArchived,
    refusals={
        "section_memberships_never_overlaps_student_id_subject_id": (Validation, "student_ids")
    },
)
async def set_section_members(
    ctx: Ctx,
    *,
    section_id: Id[Section],
    expected_version: int,
    student_ids: list[Id[Student]],
    effective_from: date,
) -> Section:
    """Say who is in a section from a day on. Membership is dated, never overwritten: who is no
    longer named leaves on that day, and the marks they have stay where they were given.

    section_id: The section.
    student_ids: All its members, at most 500; they must be in its class that day.
    effective_from: First day.
    """
    section = await ctx.get(section_id, to=Right.CLASSES_WRITE, version=expected_version)
    await open_year(ctx, Id(AcademicYear, ctx.actor.school_id, section.academic_year_id))
    wanted = await members_to_be(ctx, section, student_ids, effective_from)
    mine = (
        SectionMembership.school_id == ctx.actor.school_id,
        SectionMembership.section_id == section.id,
    )
    future = SectionMembership.valid_from >= effective_from
    await ctx.session.execute(delete(SectionMembership).where(*mine, future))
    holding = (*mine, holds_on(SectionMembership, effective_from))
    here = set(await ctx.session.scalars(select(SectionMembership.student_id).where(*holding)))
    for students, end in ((here - wanted, effective_from), (here & wanted, None)):
        ending = update(SectionMembership).where(
            *holding,
            of_keys(SectionMembership.student_id, sorted(students)),
            SectionMembership.valid_to.is_distinct_from(end),
        )
        changed = {"valid_to": end, "version": SectionMembership.version + 1}
        await ctx.session.execute(
            ending.values(changed).execution_options(synchronize_session=False)
        )
    join_section(ctx, section, wanted - here, effective_from)
    section.version += 1
    return section


async def members_to_be(
    ctx: Ctx, section: Section, student_ids: list[Id[Student]], day: date
) -> set[int]:
    """Keys of the students. Raises NotFound or Validation naming the place in the list."""
    if len(student_ids) > 500:
        raise Validation(field="student_ids", most=500)
    keys = [one.key for one in student_ids if one.school_id == ctx.actor.school_id]
    query = visible(ctx.viewer, Student).where(of_keys(Student.id, keys))
    known = {found.id for found in await ctx.rows(query)}
    in_class = known
    if section.school_class_id:
        listed = class_list(ctx, section.school_class_id, day)
        in_class = set(await ctx.session.scalars(listed, ctx.actor.values))
    for place, student in enumerate(student_ids):
        if student.key not in known or student.school_id != ctx.actor.school_id:
            raise NotFound(field=f"student_ids.{place}")
        if student.key not in in_class:
            raise Validation(field=f"student_ids.{place}")
    return known


def class_list(ctx: Ctx, school_class_id: int, day: date | None = None) -> Any:
    """Keys of the students of a class on a day. Not through `visible`: a class's subgroups are
    made of whoever is in it."""
    return select(ClassMembership.student_id).where(
        ClassMembership.school_id == ctx.viewer.school_id,
        ClassMembership.school_class_id == school_class_id,
        holds_on(ClassMembership, day or ctx.actor.today),
    )


def join_section(ctx: Ctx, section: Section, students: set[int], day: date) -> None:
    ctx.session.add_all(
        SectionMembership(
            section_id=section.id, student_id=key, subject_id=section.subject_id, valid_from=day
        )
        for key in sorted(students)
    )


@command(Right.CLASSES_WRITE, YearArchived)
async def assign_teacher(
    ctx: Ctx,
    *,
    section_id: Id[Section],
    staff_id: Id[Staff],
    valid_from: date,
    role: TeachingRole = TeachingRole.MAIN,
    hours: Decimal | None = None,
    idempotency_key: UUID | None = None,
) -> TeachingAssignment:
    """Give a section a teacher from a day on (тарификация). A new main teacher takes the place of
    the one before.

    section_id: The section.
    staff_id: Who is to teach it.
    valid_from: First day.
    role: What they are in it.
    hours: Hours a week, 0..40; null for all of the section's.
    """
    section = await ctx.get(section_id, to=Right.CLASSES_WRITE)
    await open_year(ctx, Id(AcademicYear, ctx.actor.school_id, section.academic_year_id))
    staff = await ctx.get(staff_id)
    if not staff.works_on(valid_from):
        raise Validation(field="staff_id")
    if hours is not None and not 0 <= hours <= MOST_HOURS:
        raise Validation(field="hours")
    if role is TeachingRole.MAIN:
        await end_teaching(ctx, section, valid_from)
    assignment = TeachingAssignment(
        section_id=section.id, staff_id=staff.id, role=role, hours=hours, valid_from=valid_from
    )
    ctx.session.add(assignment)
    return assignment


async def end_teaching(ctx: Ctx, section: Section, day: date) -> None:
    """End what holds of its main teachers on the day. One who is to begin later is a conflict for
    people to decide. No constraint keeps a section to one of them, so they change one by one."""
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
        raise Conflict(field="valid_from")
    holding = update(TeachingAssignment).where(*mine, holds_on(TeachingAssignment, day))
    ended = {"valid_to": day, "version": TeachingAssignment.version + 1}
    await ctx.session.execute(holding.values(ended).execution_options(synchronize_session=False))
