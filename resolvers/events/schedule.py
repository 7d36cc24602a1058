"""Scheduled events: notices and marks that come into view at a later time."""

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

MOST = 500
"""The number of events that one transaction makes. It locks the school's head, so writers wait."""

RELEASE = text("""
    WITH claimed AS MATERIALIZED (
        SELECT entity, kind FROM scheduled_events
        WHERE school_id = :school_id AND due_at <= :now
        ORDER BY due_at, entity LIMIT :most FOR UPDATE SKIP LOCKED
    ), due AS (
        DELETE FROM scheduled_events planned USING claimed
        WHERE planned.school_id = :school_id
            AND planned.entity = claimed.entity AND planned.kind = claimed.kind
        RETURNING planned.*
    ), head AS (
        UPDATE school_heads SET event_seq = event_seq + (SELECT count(*) FROM due)
        WHERE school_id = :school_id AND EXISTS (SELECT FROM due)
        RETURNING event_seq
    )
    INSERT INTO events (school_id, seq, topic, kind, entity, at, student_id)
    SELECT :school_id,
        head.event_seq - count(*) OVER () + row_number() OVER (ORDER BY due.due_at, due.entity),
        due.topic, due.kind, due.entity, :now, due.student_id
    FROM head, due
""")


async def release(session: AsyncSession, school_id: int, now: datetime) -> None:
    """Make events of all that is due. Other processes skip what one has claimed; if it dies before
    the commit, nothing has happened. The head of the school is locked last, as by commands, and the
    events get the next numbers: otherwise a subscriber behind the head would miss them."""
    await session.execute(RELEASE, {"school_id": school_id, "now": now, "most": MOST})
