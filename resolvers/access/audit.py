"""Reading the audit log, and verifying that nobody changed it."""

import hashlib
from collections import Counter
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from auth.actor import Viewer
from auth.policy import audited
from models.access.audit import BEGINNING, AuditEvent, SensitiveRead, encode_entry
from models.base import Id, find_row_type, target_of
from models.events import SchoolHead
from resolvers.core.context import set_school
from resolvers.core.listing import Direction, Listing, Ordering
from resolvers.core.shapes import Own, Plain
from resolvers.core.special_reads import READ

ORDERS: Mapping[str, Plain] = {"seq": Own("seq")}
READ_ORDERS: Mapping[str, Plain] = {"at": Own("at")}
AT_A_TIME = 1000


def find_audit_events(viewer: Viewer) -> Listing[AuditEvent]:
    """Accepted commands and readings of specially protected data, the newest first (журнал
    аудита)."""
    return Listing(AuditEvent, (Ordering("seq", ORDERS["seq"], Direction.DESC),))


def find_sensitive_reads(viewer: Viewer) -> Listing[SensitiveRead]:
    """Readings of specially protected records of persons, the newest first: for a family those of
    their own child, for the school's administration those of everyone (кто обращался к особо
    защищаемым данным)."""
    return Listing(SensitiveRead, (Ordering("at", READ_ORDERS["at"], Direction.DESC),))


async def verify_chain(session: AsyncSession, school_id: int) -> int | None:
    """Verify the audit log of a school. Return None if it is as it was written, or else the number
    of the first entry that was changed or is missing, or whose recorded readings differ from it.
    Entries written meanwhile are left out."""
    await set_school(session, school_id)
    head = await session.get_one(SchoolHead, school_id, populate_existing=True)
    last_seq, last_hash = head.audit_seq, head.audit_hash
    seq, previous = 0, BEGINNING
    while seq < last_seq:
        page = await read_entries(session, school_id, seq, last_seq)
        reads = await find_reads_under(session, school_id, page)
        for entry in page:
            seq += 1
            content = hashlib.sha256(previous + contents_of(entry)).digest()
            if entry.seq != seq or entry.previous_hash != previous or entry.hash != content:
                return seq
            if Counter(reads.get(entry.id, ())) != Counter(list_reads(entry)):
                return seq
            previous = entry.hash
        if not page:
            return seq + 1
    return None if previous == last_hash else max(seq, 1)


async def read_entries(
    session: AsyncSession, school_id: int, after: int, until: int
) -> list[AuditEvent]:
    query = select(AuditEvent).where(
        AuditEvent.school_id == school_id, AuditEvent.seq > after, AuditEvent.seq <= until
    )
    found = list(await session.scalars(query.order_by(AuditEvent.seq).limit(AT_A_TIME)))
    session.expunge_all()
    return found


Read = tuple[Any, ...]
"""A reading: type of the record, its owner, the reader, their role, the time."""


async def find_reads_under(
    session: AsyncSession, school_id: int, entries: list[AuditEvent]
) -> Mapping[int, list[Read]]:
    """Return the recorded readings of some entries, by the ids of the entries."""
    found: dict[int, list[Read]] = {}
    of_these = SensitiveRead.audit_event_id.in_([entry.id for entry in entries])
    query = select(SensitiveRead).where(SensitiveRead.school_id == school_id, of_these)
    for one in await session.scalars(query):
        owner = audited.get(find_row_type(one.record_type) or SensitiveRead)
        key = getattr(one, owner.key) if owner is not None else None
        whose = str(Id(target_of(owner), school_id, key)) if owner is not None and key else None
        told = (one.record_type, whose, one.reader_id, one.role, one.at)
        found.setdefault(one.audit_event_id, []).append(told)
    session.expunge_all()
    return found


def list_reads(entry: AuditEvent) -> list[Read]:
    """Return the readings that an entry contains. Entries of an early version of Gorod did not name
    the owners of the records."""
    if entry.action != READ:
        return []
    by_whom = (entry.actor_id, entry.role, entry.at)
    return [
        (detail["name"], whose, *by_whom)
        for detail in entry.details
        for whose in detail["values"] or ()
    ]


def contents_of(entry: AuditEvent) -> bytes:
    return encode_entry(
        at=entry.at,
        actor_id=entry.actor_id,
        role=entry.role.name if entry.role else None,
        action=entry.action,
        entity=entry.entity,
        details=entry.details,
        request_id=entry.request_id,
    )
