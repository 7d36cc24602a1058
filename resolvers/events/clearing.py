"""Clearing away events that are too old to go on from."""

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

MOST = 1000
"""How many are cleared away in one transaction."""
STAY = 1000
"""How many of the newest stay however old they are. A process knows by the last event it has seen
that the log is still the one it has been following; after the holidays, others may be writing new
ones before it has looked."""

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
    """Clear away the first events of the log, as many as one transaction should, up to the first
    that is not older; whether there may be more. One process does it at a time."""
    if not await session.scalar(ALONE, {"school_id": school_id}):
        return False
    given = {"school_id": school_id, "before": before, "most": MOST, "stay": STAY}
    cleared = (await session.execute(CLEAR, given)).all()
    await session.commit()
    return len(cleared) == MOST
