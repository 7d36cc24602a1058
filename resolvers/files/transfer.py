"""Uploads and downloads: the bytes of files are streamed, never held whole."""

import hashlib
import secrets
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from auth.actor import Actor
from auth.policy import reading, visible
from models.files.files import File, FileStatus
from models.problems import NotFound, OutcomeUnknown, Problem
from resolvers.core.context import Services
from resolvers.files.kinds import Inspection
from resolvers.files.links import Link, LinkNotGood, Way, enter, read
from resolvers.services.outage import FilesUnavailable


class AlreadyUploaded(Problem):
    """The bytes of this file are here already; for other bytes ask for another file."""

    russian = "Содержимое этого файла уже загружено; для другого запросите другой файл."


class TooManyBytes(Problem):
    """There are more bytes than were announced."""

    russian = "Байтов больше, чем было заявлено."


class TooFewBytes(Problem):
    """There are fewer bytes than were announced."""

    russian = "Байтов меньше, чем было заявлено."


class UploadCheck:
    """An upload whose bytes are counted, hashed and checked as they pass."""

    def __init__(self, size: int, media_type: str) -> None:
        self.size, self.seen = size, 0
        self.digest, self.inspection = hashlib.sha256(), Inspection(media_type)

    def expect(self, length: int) -> None:
        """Check a length. Raises TooManyBytes or TooFewBytes."""
        if length > self.size:
            raise TooManyBytes
        if length < self.size:
            raise TooFewBytes

    async def pass_on(self, body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """Yield the chunks. Raises TooManyBytes at the first byte too many, and TypeDiffers at the
        first sign of another type."""
        async for chunk in body:
            self.seen += len(chunk)
            if self.seen > self.size:
                raise TooManyBytes
            self.inspection.look(chunk)
            self.digest.update(chunk)
            yield chunk
        self.expect(self.seen)
        self.inspection.end()


async def receive(
    services: Services, token: str, length: int | None, body: AsyncIterator[bytes]
) -> None:
    """Receive the bytes of a file. The file is pending until the last byte has come and is checked;
    no connection to the database is held meanwhile.

    length: The number of bytes that the sender announces; None if it does not.
    """
    link = read(token, Way.UP, services)
    key = f"{link.row.school_id}/{link.row.key}/{secrets.token_urlsafe(16)}"
    passing = await expect_file(services, link, key, length)
    await services.storage.put(key, passing.pass_on(body))
    try:
        await finish_upload(services, link, key, passing)
    except OutcomeUnknown:  # the file may be ready; if it is not, `sweeping` finds it by its key
        raise
    except BaseException:
        with suppress(FilesUnavailable):  # the file is still pending, so `sweeping` finds the key
            await services.storage.drop(key)
        raise


async def expect_file(services: Services, link: Link, key: str, length: int | None) -> UploadCheck:
    """Begin an attempt to upload a file. Its key is stored before any byte, so that bytes left by a
    killed process can be found. An earlier attempt that is still under way will fail.

    Raises AlreadyUploaded, LinkNotGood if there is no such file, StorageFull if there is no room,
    FilesUnavailable, TooManyBytes and TooFewBytes if the sender says so.
    """
    async with enter(services, link) as (session, actor):
        file = await file_of(session, actor, link)
        same = (File.school_id == actor.school_id, File.id == file.id)
        locked = select(File.status, File.storage_key).where(*same).with_for_update()
        status, earlier = (await session.execute(locked)).one()
        if status is not FileStatus.PENDING:
            raise AlreadyUploaded
        passing = UploadCheck(file.size, file.media_type)
        if length is not None:
            passing.expect(length)
        services.storage.expect_room(file.size)
        services.availability.require(writing=True)
        attempt = update(File).where(*same).values(storage_key=key)
        await session.execute(attempt.execution_options(synchronize_session=False))
        await session.commit()
    if earlier is not None:
        try:
            await services.storage.drop(earlier)
        except FilesUnavailable:
            await keep_key(services, link, instead_of=key, earlier=earlier)
            raise
    return passing


async def keep_key(services: Services, link: Link, *, instead_of: str, earlier: str) -> None:
    """Store the key of an attempt whose bytes cannot be removed now; without it they could not be
    found again."""
    async with enter(services, link) as (session, actor):
        file = await file_of(session, actor, link)
        awaited = (File.status == FileStatus.PENDING, File.storage_key == instead_of)
        same = (File.school_id == actor.school_id, File.id == file.id)
        await session.execute(update(File).where(*same, *awaited).values(storage_key=earlier))
        await session.commit()


async def finish_upload(services: Services, link: Link, key: str, passing: UploadCheck) -> None:
    """Mark the file as ready, if no later attempt has taken its place and its owner may still
    upload it. Raises AlreadyUploaded otherwise."""
    async with enter(services, link) as (session, actor):
        file = await file_of(session, actor, link)
        ready = {
            "status": FileStatus.READY,
            "sha256": passing.digest.digest(),
            "uploaded_at": actor.now,
            "version": File.version + 1,
        }
        same = (File.school_id == actor.school_id, File.id == file.id)
        awaited = (File.status == FileStatus.PENDING, File.storage_key == key)
        pending = update(File).where(*same, *awaited)
        if await session.scalar(pending.values(ready).returning(File.id)) is None:
            raise AlreadyUploaded
        await session.commit()


@dataclass(frozen=True, slots=True)
class Download:
    """A file that is being downloaded."""

    name: str
    media_type: str
    size: int
    content: AsyncIterator[bytes]


async def hand_out(services: Services, token: str, bearer: str | None) -> Download:
    """Return the bytes of a file to somebody who may now see the row of the link.

    bearer: The access token of the request, if any.

    Raises LinkNotGood, NotFound if the storage has lost the bytes, or FilesUnavailable.
    """
    link = read(token, Way.DOWN, services)
    async with enter(services, link, bearer) as (session, actor):
        file = await file_of(session, actor, link)
    if file.storage_key is None or file.status is not FileStatus.READY:
        raise LinkNotGood
    try:
        content = await services.storage.get(file.storage_key)
    except FileNotFoundError:
        raise NotFound from None
    return Download(file.name, file.media_type, file.size, content)


async def file_of(session: AsyncSession, actor: Actor, link: Link) -> File:
    """Return the file of the row of a link, if the actor may see the row now. Raises LinkNotGood
    alike for a row that is gone and for one that they may not see."""
    row: Any = link.row.row
    if row not in reading or not (row is File or hasattr(row, "file_id")):
        raise LinkNotGood
    query = visible(actor.viewer, row).where(row.id == link.row.key)
    if row is not File:
        same = and_(File.school_id == row.school_id, File.id == row.file_id)
        query = query.join(File, same).with_only_columns(File)
    found: File | None = await session.scalar(query, actor.values)
    if found is None:
        raise LinkNotGood
    return found
