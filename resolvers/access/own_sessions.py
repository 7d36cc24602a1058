"""The viewer's own sessions, and ending them."""

from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from models.access.accounts import Account
from models.access.roles import Role
from models.access.sessions import Session
from models.base import Id
from models.problems import NotFound
from models.school.schools import School
from resolvers.access.devices import forget_device_of
from resolvers.access.ending import end_sessions
from resolvers.access.own_login import credential_of, find_schools
from resolvers.core.command import open_command
from resolvers.core.context import Ctx, set_school


@dataclass(frozen=True)
class ViewerSession:
    """A program in which the viewer is signed in (сеанс), in this school or another.

    role: The role it works in.
    school_name: Short name of the school it works in.
    created_at: When it began.
    last_used_at: When it was last refreshed.
    user_agent: The program, by its own account; null when it gives none.
    is_current: Indicates whether it is the one that asks.
    """

    role: Role
    school_name: str
    created_at: datetime
    last_used_at: datetime
    user_agent: str | None
    is_current: bool
    school_key: int
    key: int


async def sessions(ctx: Ctx) -> list[ViewerSession]:
    """Return the open sessions of the login in all schools, the one used last first."""
    credential = await credential_of(ctx)
    found: list[ViewerSession] = []
    for school_id in await find_schools(ctx, credential):
        async with ctx.enter_school(school_id) as session:
            found += await sessions_in(session, ctx, school_id, credential)
    return sorted(found, key=attrgetter("last_used_at", "key"), reverse=True)


async def sessions_in(
    session: AsyncSession, ctx: Ctx, school_id: int, credential: int
) -> list[ViewerSession]:
    """Return the open sessions of the login in one school, which the transaction is set to."""
    query = (
        select(Session, School.short_name)
        .join(School, School.id == Session.school_id)
        .where(*select_of_login(school_id, credential), Session.revoked_at.is_(None))
        .where(Session.refresh_expires_at > ctx.actor.now)
    )
    own = (ctx.actor.school_id, ctx.actor.session_id)
    return [
        ViewerSession(
            role=one.role,
            school_name=name,
            created_at=one.created_at,
            last_used_at=one.last_used_at,
            user_agent=one.user_agent,
            is_current=(school_id, one.id) == own,
            school_key=school_id,
            key=one.id,
        )
        for one, name in (await session.execute(query)).all()
    ]


def select_of_login(school_id: int, credential: int) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions of the sessions of a login in a school."""
    accounts: Any = select(Account.id).where(
        Account.school_id == school_id, Account.credential_id == credential
    )
    return Session.school_id == school_id, Session.account_id.in_(accounts)


def id_of_session(ctx: Ctx, session: ViewerSession) -> Id[Session]:
    """Id of the session, for `endSession`."""
    return Id(Session, session.school_key, session.key)


@dataclass
class OwnSessionEnded:
    """The result of ending a session.

    ended_at: When it ended.
    """

    ended_at: datetime | None = None


@open_command(NotFound)
async def end_session(ctx: Ctx, *, session_id: Id[Session]) -> OwnSessionEnded:
    """End a session of one's own, e.g. on a lost telephone, with the sockets and links that were
    opened in it (завершить сеанс). `signIn` forgets the device.

    session_id: One of `viewer.sessions`, in any school.
    """
    actor = await ctx.identify()
    credential = await credential_of(ctx)
    known = await find_schools(ctx, credential)
    await ctx.session.rollback()
    if session_id.school_id not in known:
        raise NotFound(field="session_id")
    await set_school(ctx.session, session_id.school_id)
    which = (*select_of_login(session_id.school_id, credential), Session.id == session_id.key)
    await forget_device_of(ctx.session, *which)
    if not await end_sessions(ctx.session, session_id.school_id, actor.now, *which):
        raise NotFound(field="session_id")
    await ctx.session.commit()
    own = (session_id.school_id, session_id.key) == (actor.school_id, actor.session_id)
    ctx.become(None if own else ctx.caller.token)
    return OwnSessionEnded(actor.now)
