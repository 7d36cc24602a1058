"""Known devices, which have signed in to a login before. A token identifies them and opens nothing.

A device has one token per login. Signing in changes it; the previous token stays valid until the
new one is used, because the answer with the new one may be lost.
"""

import secrets
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from models.access.accounts import Credential
from models.access.sessions import KnownDevice, Session
from resolvers.core.identify import hash_token

MOST = 20
"""The most devices of a credential; the one used longest ago is forgotten first. Without a limit a
program that never sends its token would fill the table."""


async def find_device(
    session: AsyncSession, login: str, token: str, now: datetime, lasts: timedelta
) -> int | None:
    """Find the device of a token, if a credential that the login opens knows it."""
    named, mark = aliased(Credential), hash_token(token)
    query = (
        select(KnownDevice.id)
        .join(named, KnownDevice.credential_id == func.coalesce(named.leads_to_id, named.id))
        .where(named.login == login.strip().lower(), KnownDevice.last_used_at > now - lasts)
        .where(or_(KnownDevice.token_hash == mark, KnownDevice.previous_token_hash == mark))
        .limit(1)
    )
    found: int | None = await session.scalar(query)
    return found


def device_of(school_id: int, session_id: int) -> Select[int]:
    """Select the device on which a session was begun. The transaction must be set to the school."""
    mine = (Session.school_id == school_id, Session.id == session_id)
    return select(KnownDevice.id).join(Session, Session.device_id == KnownDevice.id).where(*mine)


async def lock_device(session: AsyncSession, school_id: int, session_id: int) -> int | None:
    """Return that device and lock it, so that it is not forgotten before the transaction ends."""
    query = device_of(school_id, session_id)
    locked = query.with_for_update(read=True, key_share=True, of=KnownDevice)
    found: int | None = await session.scalar(locked)
    return found


async def remember_device(
    session: AsyncSession, credential_id: int, device_id: int | None, now: datetime
) -> tuple[int, str]:
    """Store a device and return its id and its next token.

    device_id: The device, if a credential of the login knows it already.
    """
    token = secrets.token_urlsafe(32)
    fresh = {"token_hash": hash_token(token), "last_used_at": now}
    if device_id is not None:
        same = (KnownDevice.id == device_id, KnownDevice.credential_id == credential_id)
        known = update(KnownDevice).where(*same)
        known = known.values(previous_token_hash=KnownDevice.token_hash, **fresh)
        if await session.scalar(known.returning(KnownDevice.id)) is not None:
            return device_id, token
    newest = select(KnownDevice.id).where(KnownDevice.credential_id == credential_id)
    newest = newest.order_by(KnownDevice.last_used_at.desc(), KnownDevice.id.desc())
    too_many = newest.offset(MOST - 1).scalar_subquery()
    await session.execute(delete(KnownDevice).where(KnownDevice.id.in_(too_many)))
    device = KnownDevice(credential_id=credential_id, **fresh)
    session.add(device)
    await session.flush()
    return device.id, token


async def forget_devices(session: AsyncSession, credential_id: int, *, but: int = 0) -> None:
    """Forget all devices of a credential.

    but: The device that stays known.
    """
    mine = (KnownDevice.credential_id == credential_id, KnownDevice.id != but)
    await session.execute(delete(KnownDevice).where(*mine))


async def forget_device_of(session: AsyncSession, *which: ColumnElement[bool]) -> None:
    """Forget the devices on which the matching sessions were begun. Call it before the sessions are
    ended: devices are always locked before sessions, so that two transactions do not deadlock."""
    began = select(Session.device_id).where(*which)
    await session.execute(delete(KnownDevice).where(KnownDevice.id.in_(began)))
