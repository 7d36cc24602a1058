"""The noticeboard: reading, publishing, editing and withdrawing notices."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, literal_column, select, true

from auth.actor import Viewer
from auth.communication.notices import stands
from auth.policy import visible
from auth.rights import Right
from models.base import Id
from models.communication.notices import (
    Notice,
    NoticeAttachment,
    NoticeTarget,
    NoticeVersion,
)
from models.events import EventKind
from models.files.files import File
from models.problems import Conflict, Limit, NotFound, OutOfRange, Problem
from resolvers.communication import audience
from resolvers.communication.receipts import a_year_before, is_unread
from resolvers.core.changes import Change, News
from resolvers.core.command import command
from resolvers.core.context import Ctx
from resolvers.core.guards import Lock, Target, target_by_id
from resolvers.core.items import keys_of
from resolvers.core.keep import KEEP, edit_row
from resolvers.core.listing import Direction, Listing, Ordering
from resolvers.core.loading import of_keys
from resolvers.core.news import Fact
from resolvers.core.parameters import NO, NONE, NULL, Arg, Logged, Search
from resolvers.core.perform import change
from resolvers.core.row_writes import insert_rows, update_rows
from resolvers.core.shapes import Own, Plain
from resolvers.files.attachments import (
    NotUploaded,
    attach,
    check_number,
    insert_attachments,
    ready_files,
    with_ready_files,
)

ORDERS: Mapping[str, Plain] = {"is_pinned": Own("is_pinned"), "visible_from": Own("visible_from")}


class AlreadyVisible(Problem):
    """The notice is on the board already; leave `visibleFrom` as it is."""

    russian = "Объявление уже на доске; не меняйте `visibleFrom`."


class NoticeWithdrawn(Problem):
    """The notice was taken down; publish a new one."""

    russian = "Объявление снято; опубликуйте новое."


def matches_words(words: Any, search: Arg[Search]) -> ColumnElement[bool]:
    """Return the condition that stored words match a search, in any of their Russian forms."""
    found: ColumnElement[bool] = words.bool_op("@@")(func.websearch_to_tsquery("russian", search))
    return found


PROBLEMS = (Limit, NotUploaded, audience.NobodyAddressed, audience.TargetMismatch, OutOfRange)


def find_notices(
    viewer: Viewer,
    *,
    unread_only: bool = False,
    include_hidden: bool = False,
    search: Arg[Search] | None = None,
    since: Arg[datetime] | None = None,
) -> Listing[Notice]:
    """The current notices that the viewer may read, the pinned first, then the newest (объявления).
    Those who oversee the noticeboard see all, others the notices that address them and those they
    wrote.

    unread_only: Whether to leave out notices that the viewer has read, wrote, or is not addressed
        by.
    include_hidden: Whether to include notices that are not yet visible, expired or withdrawn: your
        own, and all for those who oversee the noticeboard.
    search: Words in title or text, in any form: `родительское собрание`, `"каток" -лёд`; at most
        200 characters. It searches the last year unless `since` is given.
    since: Only notices that became visible at this time or later.
    """
    where = [] if include_hidden else [stands(viewer, Notice)]
    if unread_only:
        where.append(is_unread(viewer, Notice))
    if search is not None:
        where.append(matches_words(Notice.words, search))
    if search is not None or since is not None:
        begins = since if since is not None else a_year_before(viewer)
        where.append(Notice.visible_from >= begins)
    order = tuple(Ordering(name, shape, Direction.DESC) for name, shape in ORDERS.items())
    return Listing(Notice, order, tuple(where))


def check_notice(
    *, targets: Sequence[audience.NoticeTarget], file_ids: Sequence[Id[File]], **_: Any
) -> None:
    audience.check_audience(targets)
    check_number(file_ids)


@change(Right.NOTICES_PUBLISH, *PROBLEMS, writes=(Notice,), check=check_notice, keeps_rights=True)
def publish_notice(
    viewer: Viewer,
    *,
    title: Arg[str],
    body: Arg[str],
    targets: Arg[list[audience.NoticeTarget]],
    visible_from: Arg[datetime | None] = NULL,
    visible_until: Arg[datetime | None] = NULL,
    is_pinned: Arg[bool] = NO,
    requires_acknowledgement: Arg[bool] = NO,
    file_ids: Arg[Sequence[Id[File]]] = NONE,
    idempotency_key: UUID | None = None,
) -> Change[Logged[Notice]]:
    """Publish a notice for an audience that your right reaches: your sections, your class, or the
    school. The audience is determined when the notice is read: people who join later see it, too.

    title: Headline, at most 300 characters.
    body: Plain text, at most 20000 characters; HTML is shown as it is written.
    targets: The audience, at most 100 targets; it is their union.
    visible_from: The time from which it is visible; null, or a time in the past, for at once.
    visible_until: The time until which it is visible, later than `visibleFrom`; null without end.
    is_pinned: Whether it stays on top.
    requires_acknowledgement: Whether readers must confirm that they have read it.
    file_ids: Files to attach, at most 20, all uploaded by you.
    """
    lines, files = audience.targets_of(targets), keys_of(file_ids, "files")
    target = audience.require_reach(viewer, Target(), lines)
    target = with_ready_files(viewer, target, files)
    new = {
        "author_id": viewer.person_id,
        "title": title,
        "body": body,
        "visible_from": func.greatest(viewer.now, visible_from),
        "visible_until": visible_until,
        "is_pinned": is_pinned,
        "requires_acknowledgement": requires_acknowledgement,
    }
    done = insert_rows(viewer, Notice, target.line(literal_column("1").label("one")), new)
    kept = [lines.c[name] for name in audience.COLUMNS]
    whom = select(done.c.id.label("notice_id"), *kept).join_from(lines, done, true())
    parts = whom.distinct().subquery("parts")
    also = [
        insert_rows(viewer, NoticeTarget, parts, dict(parts.c.items()), name="addressed"),
        *insert_attachments(viewer, NoticeAttachment.notice_id, done, files),
    ]
    news = News(EventKind.NOTICE_PUBLISHED, done, Notice, done.c.id, due_at=done.c.visible_from)
    return Change(Notice, target, done, [news], also, is_whole=True)


def announce_publication(ctx: Ctx, notice: Notice) -> None:
    """Announce the notice to its audience for the time when it becomes visible."""
    ctx.announce(Fact(EventKind.NOTICE_PUBLISHED, notice, due_at=notice.visible_from))


def add_targets(ctx: Ctx, notice: Notice, parts: Sequence[NoticeTarget]) -> None:
    for part in parts:
        part.notice_id = notice.id
    ctx.session.add_all(parts)


@command(Right.NOTICES_PUBLISH, *PROBLEMS, NoticeWithdrawn, AlreadyVisible, keeps_rights=True)
async def edit_notice(
    ctx: Ctx,
    *,
    notice_id: Logged[Id[Notice]],
    expected_version: int,
    title: str = KEEP,
    body: str = KEEP,
    targets: list[audience.NoticeTarget] = KEEP,
    visible_from: datetime = KEEP,
    visible_until: datetime | None = KEEP,
    is_pinned: bool = KEEP,
    requires_acknowledgement: bool = KEEP,
    file_ids: Sequence[Id[File]] = (),
    removed_attachment_ids: Sequence[Id[NoticeAttachment]] = (),
) -> Logged[Notice]:
    """Edit a notice. Arguments that are left out change nothing. The old text is kept, and the
    notice is shown as edited. Receipts stay: they record that it was read, and when.

    notice_id: The notice: your own, or any for those who oversee the noticeboard.
    title: Headline, at most 300 characters.
    body: Plain text, at most 20000 characters.
    targets: The new audience, at most 100 targets; it replaces the old one.
    visible_from: The time from which it is visible; only while it is not visible yet.
    visible_until: The time until which it is visible, later than `visibleFrom`; null without end.
    is_pinned: Whether it stays on top.
    requires_acknowledgement: Whether readers must confirm that they have read it.
    file_ids: Files to add, all uploaded by you; at most 20 in all.
    removed_attachment_ids: Attachments to remove.
    """
    notice = await ctx.get(notice_id, to=Right.NOTICES_PUBLISH, version=expected_version)
    now = ctx.actor.now
    if notice.withdrawn_at is not None:
        raise NoticeWithdrawn(of=notice_id, current=notice)
    if visible_from is not KEEP and notice.visible_from <= now:
        raise AlreadyVisible(field="visible_from")
    before = notice.title, notice.body
    edit_row(
        notice,
        title=title,
        body=body,
        visible_from=visible_from if visible_from is KEEP else max(visible_from, now),
        visible_until=visible_until,
        is_pinned=is_pinned,
        requires_acknowledgement=requires_acknowledgement,
    )
    if (notice.title, notice.body) != before:
        keep_version(ctx, notice, *before)
    if targets is not KEEP:
        await replace_targets(ctx, notice, targets)
    await change_attachments(ctx, notice, file_ids, removed_attachment_ids)
    notice.version += 1
    ctx.announce(Fact(EventKind.NOTICE_EDITED, notice))
    if visible_from is not KEEP:
        announce_publication(ctx, notice)
    return notice


def keep_version(ctx: Ctx, notice: Notice, title: str, body: str) -> None:
    notice.edited_at = ctx.actor.now
    ctx.session.add(
        NoticeVersion(
            notice_id=notice.id,
            editor_id=ctx.actor.person_id,
            title=title,
            body=body,
            replaced_at=ctx.actor.now,
        )
    )


async def replace_targets(ctx: Ctx, notice: Notice, targets: list[audience.NoticeTarget]) -> None:
    parts = await audience.rows_of_audience(ctx, targets)
    mine = (NoticeTarget.school_id == ctx.actor.school_id, NoticeTarget.notice_id == notice.id)
    await ctx.session.execute(delete(NoticeTarget).where(*mine))
    add_targets(ctx, notice, parts)


async def change_attachments(
    ctx: Ctx, notice: Notice, added: Sequence[Id[File]], removed: Sequence[Id[NoticeAttachment]]
) -> None:
    """Add and remove attachments. Raises NotFound for an attachment of another notice, and the
    problems of `ready_files`."""
    if not added and not removed:
        return
    mine = visible(ctx.viewer, NoticeAttachment).where(NoticeAttachment.notice_id == notice.id)
    here = {one.global_id: one for one in await ctx.rows(mine, NoticeAttachment)}
    for place, one in enumerate(removed):
        if one not in here:
            raise NotFound(field=f"removed_attachment_ids.{place}")
    left = [here[one] for one in here.keys() - set(removed)]
    files = await ready_files(ctx, added, already=len(left))
    of_school = NoticeAttachment.school_id == ctx.actor.school_id
    gone = of_keys(NoticeAttachment.id, [one.key for one in removed])
    await ctx.session.execute(delete(NoticeAttachment).where(of_school, gone))
    kept = {one.file_id for one in left}
    begin = max((one.position for one in left), default=-1) + 1
    new = [key for key in files if key not in kept]
    attach(ctx, NoticeAttachment.notice_id, notice, new, begin=begin)


@change(Right.NOTICES_PUBLISH, NoticeWithdrawn, writes=(), keeps_rights=True)
def withdraw_notice(
    viewer: Viewer, *, notice_id: Logged[Arg[Id[Notice]]], expected_version: Arg[int]
) -> Change[Logged[Notice]]:
    """Withdraw a notice: it leaves the lists of its whole audience at once (снять объявление).

    notice_id: The notice: your own, or any for those who oversee the noticeboard.
    """
    field, key = "notice_id", Notice.id
    target = (
        target_by_id(viewer, Notice, notice_id, field, to=Right.NOTICES_PUBLISH, lock=Lock.NONE)
        .needs(Notice.withdrawn_at.is_(None), NoticeWithdrawn, field, current=key)
        .needs(Notice.version == expected_version, Conflict, field, current=key)
    )
    line = target.line(Notice.id)
    gone = {"withdrawn_at": viewer.now}
    done = update_rows(viewer, Notice, line.c.id, gone, version=expected_version)
    news = News(EventKind.NOTICE_WITHDRAWN, done, Notice, done.c.id)
    return Change(Notice, target, done, [news], is_whole=True)
