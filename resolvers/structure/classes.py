"""Classes: finding and creating them, and assigning class teachers."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, any_, or_, select, update

from auth.actor import Viewer
from auth.rights import Right
from models.base import Id, holds_on
from models.people.staff import Staff
from models.problems import Caution, TooSoon, YearArchived
from models.school.calendar import AcademicYear, BellSchedule, TermType, YearStatus
from models.school.holidays import HolidaySet
from models.school.rooms import Room
from models.school.schools import School
from models.structure.classes import ClassKind, ClassTeacher, SchoolClass
from resolvers.access.issuing import prepare_grant
from resolvers.access.second_person import NotToOneself
from resolvers.core.cautions import need_reason, overriding, warn
from resolvers.core.changes import Change
from resolvers.core.command import command
from resolvers.core.context import Ctx
from resolvers.core.listing import Listing, Ordering
from resolvers.core.parameters import NULL, Arg, Logged
from resolvers.core.perform import change
from resolvers.core.shapes import Own, Plain, holds_today
from resolvers.core.single_rows import create_row, require_seen, target_of_school
from resolvers.people.staff import NotAtWork, get_working
from resolvers.school.calendar import open_year, with_open_year

ORDERS: Mapping[str, Plain] = {"grade_level": Own("grade_level"), "letter": Own("letter")}


def leads_today(viewer: Viewer, link: Any) -> ColumnElement[bool]:
    return and_(holds_today(viewer, link), link.is_deputy.is_(False))


def find_classes(viewer: Viewer) -> Listing[SchoolClass]:
    """Classes of the current year that the viewer may see, by grade and letter (классы)."""
    current = viewer.keys(
        AcademicYear.id, AcademicYear.status == YearStatus.CURRENT
    ).scalar_subquery()
    order = tuple(Ordering(name, ORDERS[name]) for name in ("grade_level", "letter"))
    return Listing(SchoolClass, order, (SchoolClass.academic_year_id == current,))


class GradeInFirstShift(Caution):
    """Grade {grade} learns in the first shift; choose `shift` 1."""

    russian = "У {grade} классов уроки в первую смену; выберите `shift` 1."


ORDINARY: Any = ClassKind.ORDINARY
FIRST: Any = 1


@change(Right.CLASSES_WRITE, YearArchived, writes=(SchoolClass,), warns=(GradeInFirstShift,))
def create_class(
    viewer: Viewer,
    *,
    academic_year_id: Logged[Arg[Id[AcademicYear]]],
    grade_level: Logged[Arg[int]],
    letter: Logged[Arg[str]],
    term_type_id: Arg[Id[TermType]],
    kind: Logged[Arg[ClassKind]] = ORDINARY,
    profile: Logged[Arg[str | None]] = NULL,
    shift: Arg[int] = FIRST,
    room_id: Arg[Id[Room]] | None = None,
    holiday_set_id: Arg[Id[HolidaySet]] | None = None,
    bell_schedule_id: Arg[Id[BellSchedule]] | None = None,
    reference_count: Arg[int | None] = NULL,
    override_reason: Arg[str | None] = NULL,
    idempotency_key: UUID | None = None,
) -> Change[Logged[SchoolClass]]:
    """Create a class. Grade and letter are unique in a year.

    academic_year_id: Its academic year.
    grade_level: Year of study, 0..12.
    letter: Letter that tells it from others of its grade, 1..15 characters.
    term_type_id: The division of its year.
    kind: Its kind in state statistics.
    profile: Profile of study, at most 100 characters; null when general.
    shift: The shift, 1..3.
    room_id: Home room.
    holiday_set_id: Its holidays.
    bell_schedule_id: Its bell schedule.
    reference_count: Head-count on 20 September, 0..100.
    """
    target = target_of_school(viewer, Right.CLASSES_WRITE)
    target = with_open_year(viewer, target, academic_year_id, "academic_year_id")
    target = require_seen(
        viewer,
        target,
        {
            "term_type_id": (TermType, term_type_id),
            "room_id": (Room, room_id),
            "holiday_set_id": (HolidaySet, holiday_set_id),
            "bell_schedule_id": (BellSchedule, bell_schedule_id),
        },
    )
    in_first = grade_level == any_(School.first_shift_grades)
    cautions = [warn(or_(shift <= 1, ~in_first), GradeInFirstShift, "shift", grade=grade_level)]
    target = need_reason(target, cautions, override_reason)
    values = {
        "academic_year_id": academic_year_id,
        "grade_level": grade_level,
        "letter": letter,
        "term_type_id": term_type_id,
        "kind": kind,
        "profile": profile,
        "shift": shift,
        "room_id": room_id,
        "holiday_set_id": holiday_set_id,
        "bell_schedule_id": bell_schedule_id,
        "reference_count": reference_count,
        **overriding(cautions, override_reason),
    }
    return create_row(viewer, SchoolClass, target, values)


@command(Right.CLASSES_WRITE, YearArchived, NotAtWork, TooSoon, NotToOneself)
async def assign_class_teacher(
    ctx: Ctx,
    *,
    school_class_id: Logged[Id[SchoolClass]],
    staff_id: Logged[Id[Staff]],
    valid_from: Logged[date],
    is_deputy: Logged[bool] = False,
    idempotency_key: UUID | None = None,
) -> Logged[ClassTeacher]:
    """Assign a class teacher from a day on, in place of the one before. Nobody gives a class to
    themselves.

    school_class_id: The class.
    staff_id: The class teacher.
    valid_from: First day.
    is_deputy: Whether they only stand in; then the class teacher stays.
    """
    school_class = await ctx.get(school_class_id, to=Right.CLASSES_WRITE)
    year_id = Id(AcademicYear, ctx.actor.school_id, school_class.academic_year_id)
    await open_year(ctx, year_id, "school_class_id")
    staff = await get_working(ctx, staff_id, valid_from)
    await prepare_grant(ctx, staff.person_id, "staff_id")
    if not is_deputy:
        await end_leading(ctx, school_class, valid_from)
    link = ClassTeacher(
        school_class_id=school_class.id,
        staff_id=staff.id,
        valid_from=valid_from,
        is_deputy=is_deputy,
    )
    ctx.session.add(link)
    return link


async def end_leading(ctx: Ctx, school_class: SchoolClass, day: date) -> None:
    """End the assignment that holds on the day. Raises TooSoon if another begins later, because
    people must decide about that one."""
    mine = (
        ClassTeacher.school_id == ctx.actor.school_id,
        ClassTeacher.school_class_id == school_class.id,
        ClassTeacher.is_deputy.is_(False),
    )
    later = await ctx.session.scalar(
        select(ClassTeacher.id).where(*mine, ClassTeacher.valid_from > day)
    )
    if later is not None:
        raise TooSoon(field="valid_from")
    await ctx.session.execute(
        update(ClassTeacher)
        .where(*mine, holds_on(ClassTeacher, day))
        .values(valid_to=day, version=ClassTeacher.version + 1)
        .execution_options(synchronize_session=False)
    )
