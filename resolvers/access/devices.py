"""Devices that have signed in to a login before: told by a token, which opens nothing.

A device knows one token for each login. Signing in changes it; the one before stays good until the
new one is used, as an answer may be lost.
"""

import secrets
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from models.access.accounts import Credential
from models.access.sessions import KnownDevice, Session
from resolvers.core.identify import hashed

MOST = 20
"""Devices a credential knows; the one used longest ago is forgotten first. Without a limit a
program that never sends its token would fill the table."""


async def find_device(
    session: AsyncSession, login: str, token: str, now: datetime, lasts: timedelta
) -> int | None:
    """The device of a token, if it is known to what the login opens."""
    named, mark = aliased(Credential), hashed(token)
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
    """The device on which a session was begun. The transaction must stand in the school."""
    mine = (Session.school_id == school_id, Session.id == session_id)
    return select(KnownDevice.id).join(Session, Session.device_id == KnownDevice.id).where(*mine)


async def held_device(session: AsyncSession, school_id: int, session_id: int) -> int | None:
    """The same, kept from being forgotten until the transaction ends."""
    query = device_of(school_id, session_id)
    locked = query.with_for_update(read=True, key_share=True, of=KnownDevice)
    found: int | None = await session.scalar(locked)
    return found


async def remember_device(
    session: AsyncSession, credential_id: int, device_id: int | None, now: datetime
) -> tuple[int, str]:
    """The device and its next token.

    device_id: The device, if it is known already, be it by another credential of the login.
    """
    token = secrets.token_urlsafe(32)
    fresh = {"token_hash": hashed(token), "last_used_at": now}
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
    """Make strangers of all devices of a credential.

    but: The device that stays known.
    """
    mine = (KnownDevice.credential_id == credential_id, KnownDevice.id != but)
    await session.execute(delete(KnownDevice).where(*mine))


async def forget_device_of(session: AsyncSession, *which: ColumnElement[bool]) -> None:
    """Make a stranger of the device on which a session was begun, of the sessions for which this
    holds. Goes before they are ended: devices are locked before sessions everywhere, or two could
    wait for each other for ever."""
    began = select(Session.device_id).where(*which)
    await session.execute(delete(KnownDevice).where(KnownDevice.id.in_(began)))
