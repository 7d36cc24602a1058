"""Clearing away events that are too old to go on from."""

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

MOST = 1000
"""How many are cleared away in one transaction."""

ALONE = text(
    "SELECT pg_try_advisory_xact_lock(hashtextextended('gorod clears events', :school_id))"
)
CLEAR = text("""
    WITH oldest AS (
        SELECT seq, at FROM events WHERE school_id = :school_id ORDER BY seq LIMIT :most
    ), kept AS (
        SELECT coalesce(
            (SELECT min(seq) FROM oldest WHERE at >= :before),
            (SELECT max(seq) FROM events WHERE school_id = :school_id)
        ) AS seq
    )
    DELETE FROM events USING kept
    WHERE events.school_id = :school_id AND events.seq < kept.seq
        AND events.seq <= (SELECT max(seq) FROM oldest)
    RETURNING events.seq
""")


async def clear(session: AsyncSession, school_id: int, before: datetime) -> bool:
    """Clear away the first events of the log, as many as one transaction should, up to the first
    that is not older; whether there may be more. The newest stays: it is how processes know that
    the log is still the one they have been following. One process does it at a time."""
    if not await session.scalar(ALONE, {"school_id": school_id}):
        return False
    given = {"school_id": school_id, "before": before, "most": MOST}
    cleared = (await session.execute(CLEAR, given)).all()
    await session.commit()
    return len(cleared) == MOST
