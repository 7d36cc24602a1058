"""Reading the audit log, and proving that nobody changed it."""

import hashlib
from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from auth.actor import Viewer
from models.access.audit import BEGINNING, AuditEvent, sealed
from models.events import SchoolHead
from resolvers.context import stand_in
from resolvers.listing import Direction, Listing, Ordering
from resolvers.shapes import Own, Value

ORDERS: Mapping[str, Value] = {"seq": Own("seq")}
AT_A_TIME = 1000


def find_audit_events(viewer: Viewer) -> Listing[AuditEvent]:
    """Who did what, and who read specially protected data, the newest first (журнал аудита)."""
    return Listing(AuditEvent, (Ordering("seq", ORDERS["seq"], Direction.DESC),))


async def verify_chain(session: AsyncSession, school_id: int) -> int | None:
    """Whether the audit log of a school is what was written: None if it is, or else the number of
    the first entry that was changed or is missing. Entries written meanwhile are left out."""
    await stand_in(session, school_id)
    head = await session.get_one(SchoolHead, school_id, populate_existing=True)
    last_seq, last_hash = head.audit_seq, head.audit_hash
    seq, previous = 0, BEGINNING
    while seq < last_seq:
        page = await entries(session, school_id, seq, last_seq)
        for entry in page:
            seq += 1
            content = hashlib.sha256(previous + contents_of(entry)).digest()
            if entry.seq != seq or entry.previous_hash != previous or entry.hash != content:
                return seq
            previous = entry.hash
        if not page:
            return seq + 1
    return None if previous == last_hash else max(seq, 1)


async def entries(
    session: AsyncSession, school_id: int, after: int, until: int
) -> list[AuditEvent]:
    query = select(AuditEvent).where(
        AuditEvent.school_id == school_id, AuditEvent.seq > after, AuditEvent.seq <= until
    )
    found = list(await session.scalars(query.order_by(AuditEvent.seq).limit(AT_A_TIME)))
    session.expunge_all()
    return found


def contents_of(entry: AuditEvent) -> bytes:
    return sealed(
        at=entry.at,
        actor_id=entry.actor_id,
        role=entry.role.name if entry.role else None,
        action=entry.action,
        entity=entry.entity,
        details=entry.details,
        request_id=entry.request_id,
    )
