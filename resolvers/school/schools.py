"""The school's card and settings."""

from datetime import time
from decimal import Decimal
from typing import Any
from zoneinfo import available_timezones

from sqlalchemy import select

from auth.actor import Viewer
from auth.rights import Right
from models.base import Id
from models.problems import NoSuchTimeZone
from models.school.schools import School
from resolvers.core.changes import Change
from resolvers.core.context import Ctx
from resolvers.core.keep import KEEP
from resolvers.core.parameters import Arg, Logged
from resolvers.core.perform import change
from resolvers.core.reads import Row
from resolvers.core.single_rows import correct_row, target_to_correct


def find_school(viewer: Viewer) -> Row[School]:
    """The school the viewer works in (карточка школы)."""
    return Row(School)


async def settings(ctx: Ctx) -> School:
    """Return the school's own row, for its limits, which hold also for those who may not read
    it."""
    query = select(School).where(School.id == ctx.actor.school_id)
    return (await ctx.session.scalars(query)).one()


def check_time_zone(*, time_zone: str = KEEP, **_: Any) -> None:
    if time_zone is not KEEP and time_zone not in available_timezones():
        raise NoSuchTimeZone(field="time_zone")


@change(Right.SCHOOL_WRITE, NoSuchTimeZone, writes=(School,), check=check_time_zone)
def update_school(
    viewer: Viewer,
    *,
    school_id: Logged[Arg[Id[School]]],
    expected_version: Arg[int],
    short_name: Logged[Arg[str]] = KEEP,
    full_name: Logged[Arg[str]] = KEEP,
    legal_address: Logged[Arg[str] | None] = KEEP,
    postal_address: Logged[Arg[str] | None] = KEEP,
    phone: Logged[Arg[str] | None] = KEEP,
    email: Logged[Arg[str] | None] = KEEP,
    site: Logged[Arg[str] | None] = KEEP,
    time_zone: Logged[Arg[str]] = KEEP,
    term_mark_deviation: Logged[Arg[Decimal]] = KEEP,
    enough_marks: Logged[Arg[int]] = KEEP,
    missed_share: Logged[Arg[Decimal]] = KEEP,
    mail_recipients: Logged[Arg[int]] = KEEP,
    upload_bytes: Logged[Arg[int]] = KEEP,
    substitute_days: Logged[Arg[int]] = KEEP,
    earliest_lesson: Logged[Arg[time]] = KEEP,
    latest_lesson: Logged[Arg[time]] = KEEP,
    daily_lessons: Logged[Arg[list[int]]] = KEEP,
    first_shift_grades: Logged[Arg[list[int]]] = KEEP,
) -> Change[Logged[School]]:
    """Correct the school's card or settings; omitted arguments stay as they are.

    school_id: The school.
    short_name: Short official name, at most 200 characters.
    full_name: Full official name, at most 500 characters.
    legal_address: Legal address; null clears it.
    postal_address: Postal address; null clears it.
    phone: Phone for everyone; null clears it.
    email: Mail address for everyone; null clears it.
    site: Web site; null clears it.
    time_zone: IANA name of its zone, e.g. `Asia/Barnaul`.
    term_mark_deviation: Largest difference of a term mark from the average without a comment, 0..3.
    enough_marks: Fewest current marks for a term mark, 0..20.
    missed_share: Share of missed lessons from which a student may not be assessed, 0..1.
    mail_recipients: Most recipients of one letter, 1..5000.
    upload_bytes: Largest attachment in bytes, at most 1073741824.
    substitute_days: Days after a lesson in which its substitute may write in it, 0..60.
    earliest_lesson: Earliest beginning of a lesson without a warning, school-local.
    latest_lesson: Latest end of a lesson without a warning, school-local.
    daily_lessons: Most lessons a day without a warning: eleven numbers, of grades 1 to 11.
    first_shift_grades: Grades for which a lesson in the second shift gives a warning.
    """
    target = target_to_correct(
        viewer, School, school_id, "school_id", expected_version, to=Right.SCHOOL_WRITE
    )
    values = {
        "short_name": short_name,
        "full_name": full_name,
        "legal_address": legal_address,
        "postal_address": postal_address,
        "phone": phone,
        "email": email,
        "site": site,
        "time_zone": time_zone,
        "term_mark_deviation": term_mark_deviation,
        "enough_marks": enough_marks,
        "missed_share": missed_share,
        "mail_recipients": mail_recipients,
        "upload_bytes": upload_bytes,
        "substitute_days": substitute_days,
        "earliest_lesson": earliest_lesson,
        "latest_lesson": latest_lesson,
        "daily_lessons": daily_lessons,
        "first_shift_grades": first_shift_grades,
    }
    return correct_row(viewer, School, target, expected_version, values)
