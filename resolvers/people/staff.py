"""Staff: finding, hiring and dismissing."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Date, func, literal, or_, update

from auth.actor import Viewer
from auth.communication.mail import is_at_work
from auth.rights import Right
from models.access.roles import RoleGrant
from models.base import Id
from models.people.persons import Person, Sex
from models.people.staff import Staff
from models.problems import Caution, EndsBeforeItBegins, Problem
from models.school.rooms import Room
from models.structure.classes import ClassTeacher
from models.structure.sections import TeachingAssignment
from resolvers.access.administration import OFFICES, keep_offices
from resolvers.access.ending import end_sessions_of
from resolvers.core.cautions import require_reason
from resolvers.core.command import command
from resolvers.core.context import Ctx
from resolvers.core.listing import Listing, Ordering
from resolvers.core.parameters import Logged
from resolvers.core.shapes import Own, Plain, Via
from resolvers.people import persons
from resolvers.people.persons import Kind, make_person

ORDERS: Mapping[str, Plain] = {
    "full_name": Via((Staff.person_id,), Person.sort_key),
    "position": Own("position"),
}


class AlreadyDismissed(Problem):
    """They do not work here any more."""

    russian = "Этот сотрудник уже уволен."


class NotAtWork(Problem):
    """They do not work here on that day."""

    russian = "В этот день этот человек здесь не работает."


class StaffKnown(Caution):
    """Someone of this name works or worked here, and nothing entered tells the two apart; look at
    that card before you make another."""

    russian = (
        "Сотрудник с таким именем здесь работает или работал, и по введённым данным их не "
        "различить; посмотрите ту карточку, прежде чем заводить вторую."
    )


STAFF = Kind(Staff.person_id, StaffKnown, (16, 85), Right.STAFF_READ_FILE)


async def get_working(ctx: Ctx, staff_id: Id[Staff], day: date, field: str = "staff_id") -> Staff:
    """Return a member of staff who works here on a day. Raises NotAtWork, which names the field,
    for one who is not hired yet by then, or was dismissed."""
    staff = await ctx.get(staff_id)
    if not staff.works_on(day):
        raise NotAtWork(field=field)
    return staff


def find_staff(viewer: Viewer) -> Listing[Staff]:
    """Members of staff who work here today, in Russian order of names (сотрудники)."""
    order = (Ordering("full_name", ORDERS["full_name"]),)
    return Listing(Staff, order, (is_at_work(viewer),))


@command(
    Right.STAFF_WRITE,
    *persons.PROBLEMS,
    writes=(Person,),
    warns=(*persons.CAUTIONS, StaffKnown),
)
async def hire_staff(
    ctx: Ctx,
    *,
    family_name: str,
    given_name: str,
    patronymic: str | None = None,
    sex: Sex | None = None,
    birth_date: date | None = None,
    position: Logged[str],
    hired_on: date,
    personnel_no: str | None = None,
    load_rate: Decimal | None = None,
    work_email: str | None = None,
    room_id: Id[Room] | None = None,
    override_reason: str | None = None,
    idempotency_key: UUID | None = None,
) -> Logged[Staff]:
    """Hire a member of staff (приём на работу).

    family_name: Surname, at most 100 characters.
    given_name: Given name, at most 100 characters.
    patronymic: Patronymic; null when they have none.
    sex: As in the documents.
    birth_date: Day of birth.
    position: Their position, at most 200 characters.
    hired_on: First day of work.
    personnel_no: Personnel number, unique in the school.
    load_rate: Share of a full position, 0.01..3.00.
    work_email: Mail address for everyone.
    room_id: Their room.
    """
    await ctx.get(ctx.actor.school, to=Right.STAFF_WRITE)
    room = await ctx.get(room_id) if room_id else None
    person, cautions = await make_person(
        ctx,
        STAFF,
        override_reason,
        family_name=family_name,
        given_name=given_name,
        patronymic=patronymic,
        sex=sex,
        birth_date=birth_date,
        since=hired_on,
    )
    staff = Staff(
        person_id=person.id,
        position=position,
        hired_on=hired_on,
        personnel_no=personnel_no,
        load_rate=load_rate,
        work_email=work_email,
        room_id=room.id if room else None,
    )
    ctx.session.add(staff)
    await ctx.session.flush()
    require_reason(cautions, override_reason)
    return staff


@command(Right.STAFF_WRITE, AlreadyDismissed, *OFFICES)
async def dismiss_staff(
    ctx: Ctx, *, staff_id: Logged[Id[Staff]], expected_version: int, dismissed_on: date
) -> Logged[Staff]:
    """Dismiss a member of staff (увольнение). From the day on they teach no section, lead no class
    and hold no role; their records stay theirs. A day that has come ends their sessions at once.

    staff_id: The member of staff.
    dismissed_on: First day on which they no longer work here.
    """
    staff = await ctx.get(staff_id, to=Right.STAFF_WRITE, version=expected_version)
    if staff.dismissed_on is not None and staff.dismissed_on <= dismissed_on:
        raise AlreadyDismissed(current=staff)
    if dismissed_on < staff.hired_on:
        raise EndsBeforeItBegins(field="dismissed_on")
    staff.dismissed_on = dismissed_on
    async with keep_offices(ctx, max(dismissed_on, ctx.actor.today)):
        for row, mine in (
            (TeachingAssignment, TeachingAssignment.staff_id == staff.id),
            (ClassTeacher, ClassTeacher.staff_id == staff.id),
            (RoleGrant, RoleGrant.person_id == staff.person_id),
        ):
            await end_dated(ctx, row, mine, dismissed_on)
    if dismissed_on <= ctx.actor.today:
        await end_sessions_of(ctx, staff.person_id)
    return staff


async def end_dated(ctx: Ctx, row: Any, mine: Any, day: date) -> None:
    """End the dated rows that would hold on the day; rows that were to begin later never do."""
    holding = update(row).where(
        row.school_id == ctx.actor.school_id, mine, or_(row.valid_to.is_(None), row.valid_to > day)
    )
    ended = {
        "valid_to": func.greatest(row.valid_from, literal(day, Date)),
        "version": row.version + 1,
    }
    await ctx.session.execute(holding.values(ended).execution_options(synchronize_session=False))
