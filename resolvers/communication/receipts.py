"""Who has read a notice, and who has confirmed it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import aliased

from auth.actor import Viewer
from auth.communication.notices import addressed, told
from auth.policy import visible
from auth.rights import Right
from models.base import Id
from models.communication.notices import Notice, NoticeReceipt
from models.people.persons import Person
from models.problems import Problem
from resolvers.core.command import command
from resolvers.core.context import Ctx
from resolvers.core.listing import Listing, Ordering
from resolvers.core.parameters import Arg
from resolvers.core.shapes import Own, Plain, Via

ORDERS: Mapping[str, Plain] = {
    "full_name": Via((NoticeReceipt.person_id,), Person.sort_key),
    "read_at": Own("read_at"),
}


class NothingToAcknowledge(Problem):
    """This notice asks you for no acknowledgement."""

    russian = "Это объявление не требует от вас подтверждения."


# -- reading --------------------------------------------------------------------------


def of_notice(viewer: Viewer, notice: Any, receipt: Any) -> ColumnElement[bool]:
    return and_(receipt.school_id == viewer.school_id, receipt.notice_id == notice.id)


def of_viewer(viewer: Viewer, notice: Any, receipt: Any) -> ColumnElement[bool]:
    return and_(of_notice(viewer, notice, receipt), receipt.person_id == viewer.person_id)


def is_read(viewer: Viewer, notice: Any) -> ColumnElement[bool]:
    """Indicates whether the viewer has read it."""
    receipt = aliased(NoticeReceipt)
    found = select(receipt.id).where(of_viewer(viewer, notice, receipt))
    return exists(found.correlate(notice))


def acknowledged_at(viewer: Viewer, notice: Any) -> ColumnElement[Any]:
    """When the viewer confirmed that they have read it; null if they did not."""
    receipt = aliased(NoticeReceipt)
    found = select(receipt.acknowledged_at).where(of_viewer(viewer, notice, receipt))
    return found.correlate(notice).scalar_subquery()


def read_count(viewer: Viewer, notice: Any) -> ColumnElement[Any]:
    """How many have read it."""
    receipt = aliased(NoticeReceipt)
    counted = select(func.count()).select_from(receipt).where(of_notice(viewer, notice, receipt))
    return counted.correlate(notice).scalar_subquery()


def acknowledged_count(viewer: Viewer, notice: Any) -> ColumnElement[Any]:
    """How many have confirmed that they have read it."""
    receipt = aliased(NoticeReceipt)
    counted = select(func.count(receipt.acknowledged_at)).where(of_notice(viewer, notice, receipt))
    return counted.correlate(notice).scalar_subquery()


def a_year_before(viewer: Viewer) -> ColumnElement[datetime]:
    """The beginning of what searches and counts look through unless they are told otherwise: a
    noticeboard and a mailbox grow with the years, and so would their time."""
    found: ColumnElement[datetime] = viewer.now - text("interval '366 days'")
    return found


def unread(viewer: Viewer, notice: Any) -> ColumnElement[bool]:
    """Whether a notice waits to be read by the viewer: it stands, is addressed to them, came up
    within a year, and they neither wrote nor read it."""
    return and_(
        notice.visible_from >= a_year_before(viewer),
        told(viewer, notice),
        notice.author_id != viewer.person_id,
        ~is_read(viewer, notice),
    )


def find_notice_receipts(
    viewer: Viewer, *, notice_id: Arg[Id[Notice]], acknowledged: bool | None = None
) -> Listing[NoticeReceipt]:
    """Who has read a notice, in Russian order of names (лист ознакомления): for its author and for
    those who oversee the noticeboard; others find but their own receipt.

    notice_id: The notice.
    acknowledged: Only those who have confirmed, or only those who have not; null for both.
    """
    shown = visible(viewer, Notice).where(Notice.id == notice_id).with_only_columns(Notice.id)
    where = [NoticeReceipt.notice_id.in_(shown.correlate(None))]
    if acknowledged is not None:
        where.append(NoticeReceipt.acknowledged_at.is_not(None).is_(acknowledged))
    return Listing(NoticeReceipt, (Ordering("full_name", ORDERS["full_name"]),), tuple(where))


# -- confirming -----------------------------------------------------------------------


@command(Right.NOTICES_READ, private=True)
async def mark_notice_read(ctx: Ctx, *, notice_id: Id[Notice]) -> Notice:
    """Say that one has read a notice. Said twice it changes nothing: the first time counts.

    notice_id: The notice.
    """
    notice = await ctx.get(notice_id)
    await receive(ctx, notice, None)
    return notice


@command(Right.NOTICES_READ, NothingToAcknowledge, private=True)
async def acknowledge_notice(ctx: Ctx, *, notice_id: Id[Notice]) -> Notice:
    """Confirm that one has read a notice that asks for it (ознакомлен). Said twice it changes
    nothing: the first time counts.

    notice_id: The notice.
    """
    notice = await ctx.get(notice_id)
    asked = visible(ctx.viewer, Notice).where(
        Notice.id == notice.id,
        Notice.requires_acknowledgement,
        addressed(ctx.viewer, Notice),
    )
    if not await ctx.rows(asked, Notice):
        raise NothingToAcknowledge(of=notice_id)
    await receive(ctx, notice, ctx.actor.now)
    return notice


async def receive(ctx: Ctx, notice: Notice, acknowledged_at: datetime | None) -> None:
    """One receipt for each reader, however many of their devices send it at once; the database
    decides, and what was first stays."""
    given = insert(NoticeReceipt).values(
        school_id=ctx.actor.school_id,
        notice_id=notice.id,
        person_id=ctx.actor.person_id,
        read_at=ctx.actor.now,
        acknowledged_at=acknowledged_at,
    )
    first = and_(
        NoticeReceipt.acknowledged_at.is_(None), given.excluded.acknowledged_at.is_not(None)
    )
    changed = {
        "acknowledged_at": given.excluded.acknowledged_at,
        "version": NoticeReceipt.version + 1,
    }
    one_each = ["school_id", "notice_id", "person_id"]
    await ctx.session.execute(
        given.on_conflict_do_update(index_elements=one_each, set_=changed, where=first)
    )
