"""Attachments of homework, notices and letters."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ARRAY, CTE, BigInteger, bindparam, exists, select, true

from auth.actor import Viewer
from auth.policy import is_visible
from models.base import Id, OfSchool
from models.files.files import File, FileStatus
from models.problems import Limit, NotFound, Problem
from resolvers.core.context import Ctx
from resolvers.core.guards import Target
from resolvers.core.items import each_once, keys_of
from resolvers.core.perform import check_guards
from resolvers.core.row_writes import insert_rows, replace_rows

MOST = 20


class NotUploaded(Problem):
    """The bytes of this file have not come yet; send them to the address `requestUpload` gave,
    then attach it."""

    russian = (
        "Содержимое этого файла ещё не загружено; отправьте его по адресу "
        "из `requestUpload`, затем приложите."
    )


def with_ready_files(viewer: Viewer, target: Target, files: Any) -> Target:
    """A target with the guards that files are the viewer's own, and that their bytes have come.

    files: The ids as `keys_of` gives them.
    """
    field = "file_ids.{place}"
    mine = select(File.id).where(File.id == files.c.id, is_visible(viewer, File))
    ready = mine.where(File.status == FileStatus.READY)
    target = target.needs_each(files, exists(mine.correlate(files)), NotFound, field)
    return target.needs_each(files, exists(ready.correlate(files)), NotUploaded, field)


def check_number(file_ids: Sequence[Id[File]], *, already: int = 0) -> None:
    """Raises Limit for more files than a row may have.

    already: How many files there are besides these.
    """
    if len(set(file_ids)) + already > MOST:
        raise Limit(field="file_ids", most=MOST)


async def ready_files(ctx: Ctx, file_ids: Sequence[Id[File]], *, already: int = 0) -> list[int]:
    """Return the keys of uploaded files of the actor, each once, in their order.

    already: The number of files that are attached already.

    Raises NotFound or NotUploaded, which name the place in `file_ids`, and Limit for too many.
    """
    check_number(file_ids, already=already)
    if not file_ids:
        return []
    sent = keys_of(bindparam("file_ids", type_=ARRAY(BigInteger)), "files")
    keys = [one.key if one.school_id == ctx.actor.school_id else 0 for one in file_ids]
    await check_guards(ctx, with_ready_files(ctx.viewer, Target(), sent), {"file_ids": keys})
    return list(dict.fromkeys(keys))


def insert_attachments(viewer: Viewer, reference: Any, owner: Any, files: Any) -> tuple[CTE, ...]:
    """Files added to a row, each once, in their order, in the statement that makes the row.

    reference: The column by which an attachment refers to the row.
    owner: The query that made it. files: The ids as `keys_of` gives them.
    """
    lines = each_once(files).subquery("once")
    both = select(owner.c.id.label("owner"), lines).join_from(lines, owner, true())
    new = both.subquery("new")
    values = {reference.key: new.c.owner, "file_id": new.c.id, "position": new.c.position}
    return (insert_rows(viewer, reference.class_, new, values, name="attached"),)


def replace_attachments(viewer: Viewer, reference: Any, owner: Any, files: Any) -> tuple[CTE, ...]:
    """Files attached to a row in place of those that it had; see `insert_attachments`."""
    lines = each_once(files).subquery("once")
    both = select(owner.c.id.label("owner"), lines).join_from(lines, owner, true())
    new = both.subquery("new")
    key = select(owner.c.id).scalar_subquery()
    whose = {reference.key: key}
    return replace_rows(
        viewer, reference.class_, new, whose, {"file_id": new.c.id},
        {"position": new.c.position}, "attached",
    )  # fmt: skip


def attach(
    ctx: Ctx, reference: Any, owner: OfSchool, files: Sequence[int], *, begin: int = 0
) -> None:
    """Add files to a row, in their order.

    reference: The column by which an attachment refers to the row.
    begin: The position of the first.
    """
    ctx.session.add_all(
        reference.class_(**{reference.key: owner.id}, file_id=key, position=place)
        for place, key in enumerate(files, start=begin)
    )
