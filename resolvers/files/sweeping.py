"""Removing the bytes of unfinished uploads that a killed process has left."""

import asyncio
import logging
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from models.files.files import File, FileStatus
from models.problems import ServiceUnavailable
from resolvers.core.context import Services, set_school
from resolvers.services.outage import FilesUnavailable

log = logging.getLogger("gorod.files")

EVERY = timedelta(hours=1)
ABANDONED = timedelta(hours=1)
"""The time after which an upload of another process counts as abandoned: since it was announced,
and for its parts since the last byte."""


async def sweep_files(services: Services) -> None:
    """Sweep at once, then every hour, until cancelled. If no other process uses the storage, the
    first sweep also removes recent uploads, because nobody can be sending them."""
    begun = services.now()
    is_alone = await asyncio.to_thread(services.storage.claim)
    before = begun if is_alone else begun - ABANDONED
    while True:
        try:
            await sweep(services, before)
        except FilesUnavailable:
            await services.storage.reach.usable()
            continue
        except ServiceUnavailable:
            await services.availability.wait_until_usable()
            continue
        except Exception:  # the next sweep tries again
            log.warning("what uploads have left cannot be swept", exc_info=True)
        await asyncio.sleep(EVERY.total_seconds())
        before = services.now() - ABANDONED


async def sweep(services: Services, before: datetime) -> None:
    """Remove files of uploads that were never acknowledged, and parts of files, if they were not
    changed since `before`."""
    async with AsyncSession(services.engine) as session:
        for school_id in await services.storage.schools():
            await sweep_school(services, session, school_id, before)
    await asyncio.to_thread(services.storage.sweep, before.timestamp())


async def sweep_school(
    services: Services, session: AsyncSession, school_id: int, before: datetime
) -> None:
    """Remove the bytes of files that were announced before then and are still pending after an
    attempt.

    Bytes are removed while the row is locked: an attempt that is still under way then fails, and
    removes its bytes itself. The key is cleared last, so that the next sweep finds bytes that could
    not be removed.
    """
    await set_school(session, school_id)
    # Not through `visible`: there is no viewer.
    begun = (
        File.school_id == school_id,
        File.status == FileStatus.PENDING,
        File.storage_key.is_not(None),
        File.created_at <= before,
    )
    found = (await session.scalars(select(File.id).where(*begun))).all()
    await session.rollback()
    for number in found:
        await set_school(session, school_id)
        this = (*begun, File.id == number)
        key = await session.scalar(select(File.storage_key).where(*this).with_for_update())
        if key is not None:
            services.availability.require(writing=True)
            await services.storage.drop(key)
            await session.execute(update(File).where(*this).values(storage_key=None))
        await session.commit()
