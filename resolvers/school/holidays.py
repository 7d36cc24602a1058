"""Finding holidays, and keeping them."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import and_, exists, select
from sqlalchemy.orm import aliased

from auth.actor import Viewer
from auth.rights import Right
from models.base import Id
from models.problems import Caution
from models.school.holidays import Holiday, HolidaySet
from models.school.schools import School
from models.structure.classes import SchoolClass
from models.structure.sections import Section
from models.timetable.lessons import Lesson, LessonStatus
from resolvers.core.cautions import need_reason, overriding, warn
from resolvers.core.changes import Change
from resolvers.core.guards import Guard, Lock, Target, target_by_id
from resolvers.core.keep import KEEP
from resolvers.core.parameters import NULL, Arg, Logged
from resolvers.core.perform import change
from resolvers.core.reads import Rows
from resolvers.core.single_rows import (
    correct_row,
    create_row,
    remove_row,
    target_of_school,
    target_to_correct,
)

WRITE = Right.SCHOOL_WRITE


class LessonsOnHoliday(Caution):
    """Lessons of classes with these holidays are planned or were held on these days; cancel or
    move them, or choose other days."""

    russian = (
        "На эти дни у классов с этими каникулами есть уроки; отмените или перенесите их "
        "или выберите другие дни."
    )


def find_holiday_sets(viewer: Viewer) -> Rows[HolidaySet]:
    """Sets of holidays, by name (каникулы)."""
    return Rows(HolidaySet, order=(HolidaySet.name,))


# -- sets ------------------------------------------------------------------------------------


@change(WRITE, writes=(HolidaySet,))
def create_holiday_set(
    viewer: Viewer, *, name: Logged[Arg[str]], idempotency_key: UUID | None = None
) -> Change[Logged[HolidaySet]]:
    """Create a set of holidays, which classes can share (набор каникул).

    name: Its name, 1..100 characters, unique in the school.
    """
    return create_row(viewer, HolidaySet, target_of_school(viewer, WRITE), {"name": name})


@change(WRITE, writes=(HolidaySet,))
def update_holiday_set(
    viewer: Viewer,
    *,
    holiday_set_id: Logged[Arg[Id[HolidaySet]]],
    expected_version: Arg[int],
    name: Logged[Arg[str]] = KEEP,
) -> Change[Logged[HolidaySet]]:
    """Correct the name of a set of holidays.

    holiday_set_id: The set.
    name: Its name, 1..100 characters.
    """
    target = target_of_set(viewer, holiday_set_id, expected_version)
    return correct_row(viewer, HolidaySet, target, expected_version, {"name": name})


@change(WRITE, writes=(), removes="holiday_set_id")
def remove_holiday_set(
    viewer: Viewer, *, holiday_set_id: Logged[Arg[Id[HolidaySet]]], expected_version: Arg[int]
) -> Change[Logged[School]]:
    """Remove a set that has no holidays and no class.

    holiday_set_id: The set.
    """
    target = target_of_set(viewer, holiday_set_id, expected_version)
    return remove_row(viewer, HolidaySet, target, expected_version)


def target_of_set(viewer: Viewer, key: Any, version: Any) -> Target:
    return target_to_correct(viewer, HolidaySet, key, "holiday_set_id", version, to=WRITE)


# -- holidays --------------------------------------------------------------------------------


@change(WRITE, writes=(Holiday,), warns=(LessonsOnHoliday,))
def create_holiday(
    viewer: Viewer,
    *,
    holiday_set_id: Logged[Arg[Id[HolidaySet]]],
    name: Logged[Arg[str]],
    starts_on: Logged[Arg[date]],
    ends_on: Logged[Arg[date]],
    override_reason: Arg[str | None] = NULL,
    idempotency_key: UUID | None = None,
) -> Change[Logged[Holiday]]:
    """Add days off to a set of holidays (каникулы, праздник). Holidays of a set do not overlap.

    holiday_set_id: The set.
    name: Their name, 1..100 characters.
    starts_on: First day off, school-local.
    ends_on: Last day off, school-local; the first day for a single one.
    """
    field = "holiday_set_id"
    target = target_by_id(viewer, HolidaySet, holiday_set_id, field, to=WRITE, lock=Lock.SHARE)
    cautions = warn_of_lessons(viewer, HolidaySet.id, starts_on, ends_on)
    target = need_reason(target, cautions, override_reason)
    values = {
        "holiday_set_id": HolidaySet.id,
        "name": name,
        "starts_on": starts_on,
        "ends_on": ends_on,
        **overriding(cautions, override_reason),
    }
    return create_row(viewer, Holiday, target, values)


@change(WRITE, writes=(Holiday,), warns=(LessonsOnHoliday,))
def update_holiday(
    viewer: Viewer,
    *,
    holiday_id: Logged[Arg[Id[Holiday]]],
    expected_version: Arg[int],
    name: Logged[Arg[str]] = KEEP,
    starts_on: Logged[Arg[date]] = KEEP,
    ends_on: Logged[Arg[date]] = KEEP,
    override_reason: Arg[str | None] = NULL,
) -> Change[Logged[Holiday]]:
    """Correct a holiday; what is left out stays as it is.

    holiday_id: The holiday.
    name: Its name, 1..100 characters.
    starts_on: First day off, school-local.
    ends_on: Last day off, school-local.
    """
    field = "holiday_id"
    target = target_to_correct(viewer, Holiday, holiday_id, field, expected_version, to=WRITE)
    values = {"name": name, "starts_on": starts_on, "ends_on": ends_on}
    if starts_on is not KEEP or ends_on is not KEEP:
        begins = Holiday.starts_on if starts_on is KEEP else starts_on
        ends = Holiday.ends_on if ends_on is KEEP else ends_on
        cautions = warn_of_lessons(viewer, Holiday.holiday_set_id, begins, ends)
        target = need_reason(target, cautions, override_reason)
        values |= overriding(cautions, override_reason)
    return correct_row(viewer, Holiday, target, expected_version, values)


@change(WRITE, writes=(), removes="holiday_id")
def remove_holiday(
    viewer: Viewer, *, holiday_id: Logged[Arg[Id[Holiday]]], expected_version: Arg[int]
) -> Change[Logged[HolidaySet]]:
    """Remove a holiday from its set: its days are school days.

    holiday_id: The holiday.
    """
    field = "holiday_id"
    target = target_to_correct(viewer, Holiday, holiday_id, field, expected_version, to=WRITE)
    return remove_row(viewer, Holiday, target, expected_version, of=Holiday.holiday_set_id)


def warn_of_lessons(viewer: Viewer, set_id: Any, begins: Any, ends: Any) -> Sequence[Guard]:
    """Return the warning that classes with a set of holidays have lessons on its days. Not through
    `visible`: no lesson is shown, and it holds for hidden ones, too."""
    section, of_class = aliased(Section), aliased(SchoolClass)
    there = (
        select(Lesson.id)
        .join(section, and_(section.school_id == Lesson.school_id, section.id == Lesson.section_id))
        .join(
            of_class,
            and_(
                of_class.school_id == section.school_id,
                of_class.id == section.school_class_id,
            ),
        )
        .where(
            Lesson.school_id == viewer.school_id,
            Lesson.date.between(begins, ends),
            Lesson.status != LessonStatus.CANCELLED,
            of_class.holiday_set_id == set_id,
        )
    )
    return [warn(~exists(there), LessonsOnHoliday, "starts_on")]
