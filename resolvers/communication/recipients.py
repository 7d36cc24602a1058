"""The recipients of a letter, and the guards that the writer may write to them."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Select,
    and_,
    exists,
    false,
    func,
    literal,
    or_,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import aliased

from auth.actor import Viewer
from auth.policy import visible
from auth.rights import Right
from models.communication.mail import MailCopy, MailRole
from models.people.guardians import Guardian
from models.people.persons import Person
from models.people.students import Student
from models.problems import Limit, NotFound
from models.school.schools import School
from resolvers.core.guards import Target
from resolvers.core.items import keys_of
from resolvers.core.keep import KEEP

NAMED = (MailRole.TO, MailRole.CC, MailRole.BCC)


def select_recipients(viewer: Viewer, draft_id: Any, named: Mapping[MailRole, Any]) -> CTE:
    """SELECT the recipients: `id`, `role`, and where they are named: `list`, the rank of the role,
    and `place`, the index in its list. A person who is named twice has the first role.

    draft_id: The key of the draft; None for a new letter.
    named: The ids by role, as parameters; KEEP for the recipients of the draft.
    """
    lists = [select_list(viewer, draft_id, role, ids) for role, ids in named.items()]
    each = union_all(*lists).subquery("named")
    once = select(each).ext(distinct_on(each.c.id))
    return once.order_by(each.c.id, each.c.list, each.c.place).cte("recipients")


def select_list(viewer: Viewer, draft_id: Any, role: MailRole, ids: Any) -> Select[Any]:
    """SELECT the recipients with a role, with `list`, the rank of the role."""
    fixed = [
        literal(NAMED.index(role)).label("list"),
        literal(role, MailCopy.role.type).label("role"),
    ]
    if ids is not KEEP:
        sent = keys_of(ids, role.name.lower())
        return select(*fixed, sent.c.place, sent.c.id)
    # Not through `visible`: copies in no folder, as those of a draft, are visible to nobody.
    kept = aliased(MailCopy)
    place = func.row_number().over(order_by=kept.id) - 1
    found = select(*fixed, place.label("place"), kept.person_id.label("id"))
    mine = false() if draft_id is None else kept.message_id == draft_id
    return found.where(kept.school_id == viewer.school_id, kept.role == role, mine)


def require_reach(viewer: Viewer, target: Target, recipients: CTE, answered: Any) -> Target:
    """Add to a target the guards that the letter has no more recipients than the school allows, and
    that the viewer may write to each of them.

    answered: The letter that is answered, with `sender_id`: its writer may always be written to;
        None if it answers none.
    """
    # Not through `visible`: the limit holds also for viewers who may not read the school.
    most = select(School.mail_recipients).where(School.id == viewer.school_id).scalar_subquery()
    fits = count_recipients(recipients) <= most
    target = target.needs(fits, Limit, "to", most=most)
    # Without the limit here, too, a list of any length would cost that many look-ups.
    named = and_(fits, Person.id.in_(select(recipients.c.id)))
    within = visible(viewer, Person, Right.MAIL_WRITE).where(named)
    reached = within.with_only_columns(Person.id).cte("reached")
    for role in NAMED:
        theirs = select(recipients).where(recipients.c.role == role).subquery(f"given_{role.name}")
        may: ColumnElement[bool] = theirs.c.id.in_(select(reached.c.id))
        if answered is not None:
            may = or_(may, answered.c.sender_id == theirs.c.id)
        target = target.needs_each(theirs, may, NotFound, f"{role.name.lower()}.{{place}}")
    return target


def count_recipients(recipients: CTE) -> Any:
    return select(func.count()).select_from(recipients).scalar_subquery()


def count_families(viewer: Viewer, recipients: CTE) -> Any:
    """Count the recipients who are students or guardians."""
    # Each is looked up by an index: `IN` would read all families of the school.
    is_family = or_(
        *(
            exists().where(row.school_id == viewer.school_id, row.person_id == recipients.c.id)
            for row in (Student, Guardian)
        )
    )
    return select(func.count()).select_from(recipients).where(is_family).scalar_subquery()
