"""Whom a letter is for, and whether the writer may write to them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, or_, select

from auth.policy import is_visible, reach
from auth.rights import Right
from models.base import Id
from models.communication.mail import MailCopy, MailMessage, MailRole
from models.people.guardians import Guardian
from models.people.persons import Person
from models.people.students import Student
from models.problems import Limit, NotFound
from models.school.schools import School
from resolvers.core.context import Ctx
from resolvers.core.keep import KEEP
from resolvers.core.loading import of_keys


class Recipient(NamedTuple):
    """What someone is to a letter, and where they are named in the input."""

    role: MailRole
    place: str


async def recipients_of(
    ctx: Ctx, message: MailMessage, named: Mapping[MailRole, Sequence[Id[Person]]]
) -> Mapping[int, Recipient]:
    """By their keys, in the order they are named, or left as they are where that is KEEP; who is
    named twice counts where they are named first. Raises Limit, before anything is asked of the
    database for each of them."""
    kept = await stored_recipients(ctx, message) if KEEP in named.values() else {}
    found: dict[int, Recipient] = {}
    for role, given in named.items():
        people = kept.get(role, []) if given is KEEP else given
        for number, one in enumerate(people):
            place = f"{role.name.lower()}.{number}"
            if one.school_id != ctx.actor.school_id:
                raise NotFound(field=place)
            found.setdefault(one.key, Recipient(role, place))
    # Not through `visible`: the school's limit holds whether one may read its card or not.
    limit = select(School.mail_recipients).where(School.id == ctx.actor.school_id)
    most = (await ctx.session.scalars(limit)).one()
    if len(found) > most:
        raise Limit(field="to", most=most)
    return found


async def stored_recipients(
    ctx: Ctx, message: MailMessage
) -> Mapping[MailRole, Sequence[Id[Person]]]:
    """Those of a draft. Not through `visible`: a draft's recipients hold nothing yet."""
    found: dict[MailRole, list[Id[Person]]] = defaultdict(list)
    query = select(MailCopy.role, MailCopy.person_id).where(*others_of(ctx, message))
    if message.id is not None:
        for role, key in (await ctx.session.execute(query.order_by(MailCopy.id))).all():
            found[role].append(Id(Person, ctx.actor.school_id, key))
    return found


def others_of(ctx: Ctx, message: MailMessage) -> tuple[ColumnElement[bool], ...]:
    """All copies of a letter but the writer's."""
    return (
        MailCopy.school_id == ctx.actor.school_id,
        MailCopy.message_id == message.id,
        MailCopy.role != MailRole.FROM,
    )


async def families_among(
    ctx: Ctx, recipients: Mapping[int, Recipient], answered: MailMessage | None
) -> int:
    """How many recipients are students or guardians. Raises NotFound for the first whom the actor
    may not write to; one may always answer, so the writer of the letter answered is never that."""
    viewer = ctx.viewer
    is_family = or_(
        Person.id.in_(viewer.keys(Student.person_id)),
        Person.id.in_(viewer.keys(Guardian.person_id)),
    )
    # As `visible` has it, but for the one who is answered.
    within_reach = and_(is_visible(viewer, Person), reach(viewer, Person, Right.MAIL_WRITE))
    query: Any = select(Person.id, is_family).where(
        Person.school_id == viewer.school_id,
        of_keys(Person.id, list(recipients)),
        or_(within_reach, Person.id == (answered.sender_id if answered else 0)),
    )
    lines: Sequence[Any] = await ctx.lines(query) if recipients else []
    found = {line[0]: line[1] for line in lines}
    for key, recipient in recipients.items():
        if key not in found:
            raise NotFound(field=recipient.place)
    return sum(found.values())
