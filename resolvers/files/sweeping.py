"""Removing what uploads have left that a killed process did not end."""

import asyncio
import logging
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from models.files.files import File, FileStatus
from models.problems import ServiceUnavailable
from resolvers.core.context import Services, stand_in
from resolvers.services.outage import FilesUnavailable

log = logging.getLogger("gorod.files")

EVERY = timedelta(hours=1)
ABANDONED = timedelta(hours=1)
"""An upload that may be another process's is given up so long after it was announced, its parts
so long after the last byte."""


async def keep_clean(services: Services) -> None:
    """Sweep at once, then every hour, until cancelled. At the start, whatever no other process can
    be uploading is swept however new it is."""
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
        except Exception:  # whatever it is, the next hour tries again
            log.warning("what uploads have left cannot be swept", exc_info=True)
        await asyncio.sleep(EVERY.total_seconds())
        before = services.now() - ABANDONED


async def sweep(services: Services, before: datetime) -> None:
    """Remove whole files of uploads that were never acknowledged, and parts of files, if nothing
    has happened to them since."""
    async with AsyncSession(services.engine) as session:
        for school_id in await services.storage.schools():
            await sweep_school(services, session, school_id, before)
    await asyncio.to_thread(services.storage.sweep, before.timestamp())


async def sweep_school(
    services: Services, session: AsyncSession, school_id: int, before: datetime
) -> None:
    """Files announced before then that have not come, though an attempt was begun.

    Bytes go while the row is locked: an attempt that is still under way then fails, and removes its
    bytes itself. The key goes last: where the bytes cannot be removed, the next sweep finds them.
    """
    await stand_in(session, school_id)
    # Not through `visible`: nobody asks, and nobody is told.
    begun = (
        File.school_id == school_id,
        File.status == FileStatus.PENDING,
        File.storage_key.is_not(None),
        File.created_at <= before,
    )
    found = (await session.scalars(select(File.id).where(*begun))).all()
    await session.rollback()
    for number in found:
        await stand_in(session, school_id)
        this = (*begun, File.id == number)
        key = await session.scalar(select(File.storage_key).where(*this).with_for_update())
        if key is not None:
            services.availability.require(writing=True)
            await services.storage.drop(key)
            await session.execute(update(File).where(*this).values(storage_key=None))
        await session.commit()
