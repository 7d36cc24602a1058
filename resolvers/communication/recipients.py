"""The recipients of a letter, and the check that the writer may write to them."""

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
    """The role of a recipient, and the path at which the input names them."""

    role: MailRole
    place: str


async def recipients_of(
    ctx: Ctx, message: MailMessage, named: Mapping[MailRole, Sequence[Id[Person]]]
) -> Mapping[int, Recipient]:
    """Return the recipients by their keys, in the order of the input; a role given as KEEP keeps
    the recipients of the draft. A person who is named twice has the first role. Raises Limit before
    any recipient is looked up: a list of any length would cost that many look-ups."""
    kept = await stored_recipients(ctx, message) if KEEP in named.values() else {}
    found: dict[int, Recipient] = {}
    for role, given in named.items():
        people = kept.get(role, []) if given is KEEP else given
        for number, one in enumerate(people):
            place = f"{role.name.lower()}.{number}"
            if one.school_id != ctx.actor.school_id:
                raise NotFound(field=place)
            found.setdefault(one.key, Recipient(role, place))
    # Not through `visible`: the limit holds also for actors who may not read the school.
    limit = select(School.mail_recipients).where(School.id == ctx.actor.school_id)
    most = (await ctx.session.scalars(limit)).one()
    if len(found) > most:
        raise Limit(field="to", most=most)
    return found


async def stored_recipients(
    ctx: Ctx, message: MailMessage
) -> Mapping[MailRole, Sequence[Id[Person]]]:
    """Load the recipients of a draft. Not through `visible`: copies in no folder are visible to
    nobody."""
    found: dict[MailRole, list[Id[Person]]] = defaultdict(list)
    query = select(MailCopy.role, MailCopy.person_id).where(*others_of(ctx, message))
    if message.id is not None:
        for role, key in (await ctx.session.execute(query.order_by(MailCopy.id))).all():
            found[role].append(Id(Person, ctx.actor.school_id, key))
    return found


def others_of(ctx: Ctx, message: MailMessage) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions for the copies of a letter, without the writer's."""
    return (
        MailCopy.school_id == ctx.actor.school_id,
        MailCopy.message_id == message.id,
        MailCopy.role != MailRole.FROM,
    )


async def count_families(
    ctx: Ctx, recipients: Mapping[int, Recipient], answered: MailMessage | None
) -> int:
    """Count the recipients who are students or guardians. Raises NotFound for the first one whom
    the actor may not write to. The writer of the letter that is answered may always be written
    to."""
    viewer = ctx.viewer
    is_family = or_(
        Person.id.in_(viewer.keys(Student.person_id)),
        Person.id.in_(viewer.keys(Guardian.person_id)),
    )
    # The conditions of `visible`, which cannot make the exception for the writer answered.
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
