"""Ending sessions. The sockets and links that were opened with them end, too."""

from datetime import datetime

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from models.access.accounts import Account
from models.access.sessions import Session
from resolvers.access.contexts import schools_of
from resolvers.access.devices import forget_devices, lock_device
from resolvers.core.context import Ctx, set_school
from resolvers.services.sessions import note_ended


async def end_sessions(
    session: AsyncSession, school_id: int, now: datetime, *which: ColumnElement[bool]
) -> int:
    """End the matching live sessions of the school and return their number. The transaction must be
    set to the school."""
    living = (Session.school_id == school_id, Session.revoked_at.is_(None))
    ended = update(Session).where(*living, *which).values(revoked_at=now)
    found = ended.returning(Session.id).execution_options(synchronize_session=False)
    keys = list(await session.scalars(found))
    note_ended(session, school_id, keys)
    return len(keys)


async def end_sessions_of(ctx: Ctx, person_id: int) -> None:
    """End all sessions of a person in this school, in the transaction of a command, and forget
    their devices."""
    school_id = ctx.actor.school_id
    mine = (Account.school_id == school_id, Account.person_id == person_id)
    accounts = select(Account.id).where(*mine)
    for credential in await ctx.session.scalars(select(Account.credential_id).where(*mine)):
        await forget_devices(ctx.session, credential)
    await end_sessions(ctx.session, school_id, ctx.actor.now, Session.account_id.in_(accounts))


async def end_sessions_everywhere(
    session: AsyncSession, credential_id: int, home: int, now: datetime, *, but: int = 0
) -> None:
    """End all sessions of a login in all its schools, in one transaction, and forget its devices.
    The transaction is set to the school `home` before and afterwards.

    but: The session that goes on; the device on which it was begun stays known.
    """
    device = await lock_device(session, home, but) if but else None
    await forget_devices(session, credential_id, but=device or 0)
    for school_id in await schools_of(session, credential_id):
        await set_school(session, school_id)
        accounts = select(Account.id).where(
            Account.school_id == school_id, Account.credential_id == credential_id
        )
        mine = (Session.account_id.in_(accounts), Session.id != but)
        await end_sessions(session, school_id, now, *mine)
    await set_school(session, home)
