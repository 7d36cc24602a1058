"""Deletion of events that are older than the retention."""

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

MOST = 1000
"""The number of events that one transaction deletes."""
STAY = 1000
"""The number of newest events that are kept at any age. A process recognises the log by the last
event that it has read. After the holidays, others may write new events before it reads again."""

ALONE = text(
    "SELECT pg_try_advisory_xact_lock(hashtextextended('gorod clears events', :school_id))"
)
CLEAR = text("""
    WITH oldest AS (
        SELECT seq, at FROM events WHERE school_id = :school_id ORDER BY seq LIMIT :most
    ), bounds AS (
        SELECT (SELECT max(seq) FROM oldest) AS last,
            (SELECT min(seq) FROM oldest WHERE at >= :before) AS kept,
            (SELECT max(seq) FROM events WHERE school_id = :school_id) - :stay AS stale
    )
    DELETE FROM events USING bounds
    WHERE events.school_id = :school_id AND events.seq <= least(last, kept - 1, stale)
    RETURNING events.seq
""")


async def clear(session: AsyncSession, school_id: int, before: datetime) -> bool:
    """Delete the oldest events of the log, up to MOST and only older ones; return whether there may
    be more. One process does it at a time."""
    if not await session.scalar(ALONE, {"school_id": school_id}):
        return False
    given = {"school_id": school_id, "before": before, "most": MOST, "stay": STAY}
    cleared = (await session.execute(CLEAR, given)).all()
    await session.commit()
    return len(cleared) == MOST
