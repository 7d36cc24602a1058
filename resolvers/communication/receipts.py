"""Receipts of notices: readers confirm that they have read a notice, or acknowledge it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, select, text
from sqlalchemy.orm import aliased

from auth.actor import Viewer
from auth.communication.notices import is_addressed, is_shown
from auth.policy import visible
from auth.rights import Right
from models.base import Id
from models.communication.notices import Notice, NoticeReceipt
from models.people.persons import Person
from models.problems import Problem
from resolvers.core.changes import Change
from resolvers.core.guards import Lock, target_by_id
from resolvers.core.listing import Listing, Ordering
from resolvers.core.parameters import Arg
from resolvers.core.perform import change
from resolvers.core.row_writes import insert_rows, upsert_row
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
    """Indicates whether the viewer has read the notice."""
    receipt = aliased(NoticeReceipt)
    found = select(receipt.id).where(of_viewer(viewer, notice, receipt))
    return exists(found.correlate(notice))


def acknowledged_at(viewer: Viewer, notice: Any) -> ColumnElement[Any]:
    """The time at which the viewer acknowledged the notice; null if they did not."""
    receipt = aliased(NoticeReceipt)
    found = select(receipt.acknowledged_at).where(of_viewer(viewer, notice, receipt))
    return found.correlate(notice).scalar_subquery()


def read_count(viewer: Viewer, notice: Any) -> ColumnElement[Any]:
    """The number of people who have read the notice."""
    receipt = aliased(NoticeReceipt)
    counted = select(func.count()).select_from(receipt).where(of_notice(viewer, notice, receipt))
    return counted.correlate(notice).scalar_subquery()


def acknowledged_count(viewer: Viewer, notice: Any) -> ColumnElement[Any]:
    """The number of people who have acknowledged the notice."""
    receipt = aliased(NoticeReceipt)
    counted = select(func.count(receipt.acknowledged_at)).where(of_notice(viewer, notice, receipt))
    return counted.correlate(notice).scalar_subquery()


def a_year_before(viewer: Viewer) -> ColumnElement[datetime]:
    """Return the time from which searches and counts read, unless they are given another.
    Noticeboards and mailboxes grow with the years: without it, searches would get slower."""
    found: ColumnElement[datetime] = viewer.now - text("interval '366 days'")
    return found


def is_unread(viewer: Viewer, notice: Any) -> ColumnElement[bool]:
    """Return the condition that the viewer has still to read a notice: it is visible, addresses
    them, appeared within a year, and they neither wrote nor read it."""
    return and_(
        notice.visible_from >= a_year_before(viewer),
        is_shown(viewer, notice),
        notice.author_id != viewer.person_id,
        ~is_read(viewer, notice),
    )


def find_notice_receipts(
    viewer: Viewer, *, notice_id: Arg[Id[Notice]], acknowledged: bool | None = None
) -> Listing[NoticeReceipt]:
    """The receipts of a notice, in Russian order of names (лист ознакомления). Its author and those
    who oversee the noticeboard see all, others only their own.

    notice_id: The notice.
    acknowledged: Only receipts with an acknowledgement, or only those without; null for both.
    """
    shown = visible(viewer, Notice).where(Notice.id == notice_id).with_only_columns(Notice.id)
    where = [NoticeReceipt.notice_id.in_(shown.correlate(None))]
    if acknowledged is not None:
        where.append(NoticeReceipt.acknowledged_at.is_not(None).is_(acknowledged))
    return Listing(NoticeReceipt, (Ordering("full_name", ORDERS["full_name"]),), tuple(where))


# -- writing --------------------------------------------------------------------------


@change(Right.NOTICES_READ, writes=(), private=True, keeps_rights=True, repeatable=True)
def mark_notice_read(viewer: Viewer, *, notice_id: Arg[Id[Notice]]) -> Change[Notice]:
    """Record that you have read a notice. Repeating it changes nothing: the first time counts.

    notice_id: The notice.
    """
    target = target_by_id(viewer, Notice, notice_id, "notice_id", lock=Lock.NONE)
    line = target.line(Notice.id)
    new = {"notice_id": line.c.id, "person_id": viewer.person_id, "read_at": viewer.now}
    return Change(Notice, target, line, also=[insert_rows(viewer, NoticeReceipt, line, new)])


@change(
    Right.NOTICES_READ,
    NothingToAcknowledge,
    writes=(),
    private=True,
    keeps_rights=True,
    repeatable=True,
)
def acknowledge_notice(viewer: Viewer, *, notice_id: Arg[Id[Notice]]) -> Change[Notice]:
    """Acknowledge a notice that requires it (ознакомлен). Repeating it changes nothing: the first
    time counts.

    notice_id: The notice.
    """
    asked = and_(Notice.requires_acknowledgement, is_addressed(viewer, Notice))
    target = target_by_id(viewer, Notice, notice_id, "notice_id", lock=Lock.NONE)
    target = target.needs(asked, NothingToAcknowledge, "notice_id")
    line = target.line(Notice.id)
    # An upsert: two devices of a reader may send it at once, and a second receipt is refused.
    receipt = upsert_row(
        viewer,
        NoticeReceipt,
        line,
        {"notice_id": line.c.id, "person_id": viewer.person_id},
        {"read_at": viewer.now, "acknowledged_at": viewer.now},
        None,
        fits=lambda old, _: old.acknowledged_at.is_(None),
        on_change=lambda old, _: {"read_at": old.read_at},
    )
    return Change(Notice, target, line, also=[receipt])
