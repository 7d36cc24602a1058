"""Removing expired counters of failed tries, and devices that were not used for long."""

import asyncio
import logging
from datetime import timedelta
from typing import Any

from sqlalchemy import and_, delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from models.access.sessions import KnownDevice, TryCounter
from models.problems import ServiceUnavailable
from resolvers.core.context import Services

log = logging.getLogger("gorod.access")

EVERY = timedelta(minutes=10)
MOST = 1000
"""The most rows that are removed in one transaction."""


async def sweep_access(services: Services) -> None:
    """Sweep regularly until cancelled."""
    while True:
        try:
            await sweep(services)
        except ServiceUnavailable:
            log.debug("old counters are removed when the database can be used again")
        except Exception:  # the next sweep tries again
            log.warning("old counters of failed tries cannot be removed", exc_info=True)
        await asyncio.sleep(EVERY.total_seconds())


async def sweep(services: Services) -> None:
    """Remove expired rows. Rows that another transaction has locked are left to the next sweep."""
    services.availability.require(writing=True)
    now, lasts = services.now(), services.tries.limits.device_lasts
    over = {
        TryCounter.key: and_(TryCounter.clear_at <= now, TryCounter.retry_at <= now),
        KnownDevice.id: KnownDevice.last_used_at <= now - lasts,
    }
    async with AsyncSession(services.engine) as session:
        for key, condition in over.items():
            while await remove(session, key, condition) == MOST:
                pass


async def remove(session: AsyncSession, key: Any, over: Any) -> int:
    """Remove at most MOST matching rows and return their number."""
    some = select(key).where(over).limit(MOST).with_for_update(skip_locked=True).cte("some")
    removed = delete(key.class_).where(key.in_(select(some.c[key.key]))).returning(key)
    removed = removed.execution_options(synchronize_session=False)
    count = len((await session.execute(removed)).all())
    await session.commit()
    return count
