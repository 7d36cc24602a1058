"""Setting the members of a section."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, delete, or_, select, update

from auth.policy import visible
from auth.rights import Right
from models.base import Id, holds_on
from models.people.persons import Person
from models.people.students import Student
from models.problems import Limit, NotFound, Problem, YearArchived
from models.school.calendar import AcademicYear
from models.structure.classes import ClassMembership, SchoolClass
from models.structure.sections import InAnotherSection, Section, SectionMembership
from resolvers.core.command import command
from resolvers.core.context import Ctx
from resolvers.core.loading import of_keys
from resolvers.core.parameters import Logged
from resolvers.core.shapes import Via
from resolvers.school.calendar import OutsideYear, open_year, require_in_year
from resolvers.structure.marks_in_the_way import MarksInTheWay, refuse_marks_in_the_way

MOST = 500


class NotInClass(Problem):
    """The student is not in the section's class on that day; put them into the class first, or
    leave them out."""

    russian = (
        "В этот день ученик не в классе этой группы; сначала переведите его в класс "
        "или уберите из списка."
    )


class ChangedSince(Problem):
    """The members of the section have changed since that day; choose the day of the change or
    later."""

    russian = "Состав группы с тех пор менялся; выберите день изменения или более поздний."


def order_by_name(membership: Any) -> Via:
    """Return the order of members by their names."""
    return Via((membership.student_id, Student.person_id), Person.sort_key)


@command(
    Right.CLASSES_WRITE,
    YearArchived,
    OutsideYear,
    ChangedSince,
    NotInClass,
    MarksInTheWay,
    Limit,
    refusals={
        "section_memberships_never_overlaps_student_id_subject_id": (
            InAnotherSection,
            "student_ids",
        )
    },
)
async def set_section_members(
    ctx: Ctx,
    *,
    section_id: Logged[Id[Section]],
    expected_version: int,
    student_ids: Logged[list[Id[Student]]],
    effective_from: Logged[date],
) -> Logged[Section]:
    """Set the members of a section from a day on. Memberships are dated, never overwritten: a
    student who is no longer listed leaves on that day, and their marks stay. Nobody leaves as of a
    day on which they have a mark in it.

    section_id: The section.
    student_ids: All its members, at most 500; they must be in its class that day.
    effective_from: First day; not before a change of its members that has taken effect.
    """
    section = await ctx.get(section_id, to=Right.CLASSES_WRITE, version=expected_version)
    year_id = Id(AcademicYear, ctx.actor.school_id, section.academic_year_id)
    year = await open_year(ctx, year_id, "section_id")
    require_in_year(year, effective_from, "effective_from")
    wanted = await find_members(ctx, section, student_ids, effective_from)
    mine = (
        SectionMembership.school_id == ctx.actor.school_id,
        SectionMembership.section_id == section.id,
    )
    since = select(SectionMembership.id).where(*mine, changed_since(ctx, effective_from))
    if await ctx.session.scalar(since.limit(1)) is not None:
        raise ChangedSince(field="effective_from")
    future = SectionMembership.valid_from >= effective_from
    dropped = delete(SectionMembership).where(*mine, future).returning(SectionMembership.student_id)
    gone = set(await ctx.session.scalars(dropped))
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
    await ctx.session.flush()
    await refuse_marks_in_the_way(ctx, section, (here | gone) - wanted, effective_from)
    section.version += 1
    return section


def changed_since(ctx: Ctx, day: date) -> ColumnElement[bool]:
    """Whether a membership began or ended after the day and not later than today. Such changes are
    history and are never rewritten; later ones may be planned anew."""

    def came(change: Any) -> ColumnElement[bool]:
        return and_(change > day, change <= ctx.actor.today)

    return or_(came(SectionMembership.valid_from), came(SectionMembership.valid_to))


async def find_members(
    ctx: Ctx, section: Section, student_ids: list[Id[Student]], day: date
) -> set[int]:
    """Return the keys of the students. Raises NotFound or NotInClass, which name the place in the
    list, and Limit if there are too many."""
    if len(student_ids) > MOST:
        raise Limit(field="student_ids", most=MOST)
    keys = [one.key for one in student_ids if one.school_id == ctx.actor.school_id]
    query = visible(ctx.viewer, Student).where(of_keys(Student.id, keys))
    known = {found.id for found in await ctx.rows(query)}
    in_class = known
    if section.school_class_id:
        listed = select_class(ctx, section.school_class_id, day)
        in_class = set(await ctx.session.scalars(listed))
    for place, student in enumerate(student_ids):
        if student.key not in known or student.school_id != ctx.actor.school_id:
            raise NotFound(field=f"student_ids.{place}")
        if student.key not in in_class:
            raise NotInClass(field=f"student_ids.{place}")
    return known


async def lock_class(ctx: Ctx, school_class: SchoolClass) -> None:
    """Lock the members and sections of a class until the command ends: a student who joins the
    class while a section is made would be missing from that section."""
    this = select(SchoolClass.id).where(
        SchoolClass.school_id == ctx.actor.school_id, SchoolClass.id == school_class.id
    )
    await ctx.session.execute(this.with_for_update(key_share=True))


def select_class(ctx: Ctx, school_class_id: int, day: date) -> Select[int]:
    """Select the keys of the students of a class on a day. Not through `visible`: the actor may not
    see every student, and all of them belong to its sections."""
    return select(ClassMembership.student_id).where(
        ClassMembership.school_id == ctx.actor.school_id,
        ClassMembership.school_class_id == school_class_id,
        holds_on(ClassMembership, day),
    )


def select_whole_class(ctx: Ctx, school_class: SchoolClass) -> Select[Section]:
    """Select the sections that the whole class attends. Not through `visible`: a student who joins
    the class joins all of them."""
    return select(Section).where(
        Section.school_id == ctx.actor.school_id,
        Section.school_class_id == school_class.id,
        Section.is_subgroup.is_(False),
    )


def join_section(ctx: Ctx, section: Section, students: Iterable[int], day: date) -> None:
    ctx.session.add_all(
        SectionMembership(
            section_id=section.id, student_id=key, subject_id=section.subject_id, valid_from=day
        )
        for key in sorted(students)
    )
