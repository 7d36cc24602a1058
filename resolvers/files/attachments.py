"""Attachments of homework, notices and letters."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete

from auth.policy import visible
from models.base import Id, OfSchool
from models.files.files import File, FileStatus
from models.problems import Limit, NotFound, Problem
from resolvers.core.context import Ctx
from resolvers.core.loading import of_keys

MOST = 20


class NotUploaded(Problem):
    """The bytes of this file have not come yet; send them to the address `requestUpload` gave,
    then attach it."""

    russian = (
        "Содержимое этого файла ещё не загружено; отправьте его по адресу "
        "из `requestUpload`, затем приложите."
    )


async def ready_files(ctx: Ctx, file_ids: Sequence[Id[File]], *, already: int = 0) -> list[int]:
    """Return the keys of uploaded files of the actor, each once, in their order.

    already: The number of files that are attached already.

    Raises NotFound or NotUploaded, which name the place in `file_ids`, and Limit for too many.
    """
    wanted = {file_id: place for place, file_id in reversed(list(enumerate(file_ids)))}
    if len(wanted) + already > MOST:
        raise Limit(field="file_ids", most=MOST)
    if not wanted:
        return []
    keys = [file_id.key for file_id in wanted if file_id.school_id == ctx.actor.school_id]
    query = visible(ctx.viewer, File).where(of_keys(File.id, keys))
    found = {file.global_id: file for file in await ctx.rows(query, File)}
    for file_id, place in sorted(wanted.items(), key=lambda one: one[1]):
        if file_id not in found:
            raise NotFound(field=f"file_ids.{place}")
        if found[file_id].status is not FileStatus.READY:
            raise NotUploaded(field=f"file_ids.{place}")
    return [file_id.key for file_id in dict.fromkeys(file_ids)]


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


async def attach_instead(ctx: Ctx, reference: Any, owner: OfSchool, files: Sequence[int]) -> None:
    """Attach files in place of those that the row had."""
    of_school = reference.class_.school_id == ctx.actor.school_id
    await ctx.session.execute(delete(reference.class_).where(of_school, reference == owner.id))
    attach(ctx, reference, owner, files)
