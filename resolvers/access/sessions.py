"""Signing in and out, and changing the role or school one works in."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from models.access.roles import Role, RoleGrant
from models.access.sessions import Session, SpentRefreshToken
from models.base import Id
from models.problems import Problem, Unauthenticated
from models.school.schools import School
from resolvers.access.devices import find_device, forget_device_of
from resolvers.access.ending import end
from resolvers.access.opening import (
    REFRESH,
    Choice,
    NothingToDoHere,
    SignedIn,
    Tokens,
    begin,
    keys,
    known_of,
)
from resolvers.access.proving import WrongCredentials, proven
from resolvers.core.command import open_command
from resolvers.core.context import Ctx, stand_in
from resolvers.core.identify import hashed, school_of
from resolvers.core.parameters import Secret
from resolvers.services.sessions import note_ended
from resolvers.services.tries import TooManyTries, count_try, refresh_counters


class SessionOver(Problem):
    """This session is over: sign in again."""

    russian = "Этот сеанс закончен: войдите снова."


@open_command(WrongCredentials, TooManyTries, NothingToDoHere, tries_password=True, is_open=True)
async def sign_in(
    ctx: Ctx,
    *,
    login: str,
    password: Secret,
    role: Role | None = None,
    school_id: Id[School] | None = None,
    device_token: Secret | None = None,
) -> SignedIn:
    """Sign in (вход). The answer to an unknown login is that to a wrong password. Too many wrong
    ones slow down who tries them: by device, or else by login and address.

    login: The login; case does not matter.
    password: The password.
    role: The role to work in; null for the one used last, or else the first at work.
    school_id: The school to work in; null for the one used last.
    device_token: The one that the last sign-in with this login gave this device. With it the wrong
        passwords of others do not make one wait. One that is not good any more is ignored.
    """
    now, lasts = ctx.caller.now(), ctx.caller.services.tries.limits.device_lasts
    device = None
    if device_token:
        device = await find_device(ctx.session, login, device_token, now, lasts)
    known = await proven(ctx, login, password, device_id=device)
    place = school_id.key if school_id else None
    return await begin(ctx, known, Choice(role, place, device_id=device))


@open_command(SessionOver, TooManyTries, is_open=True)
async def refresh_session(ctx: Ctx, *, refresh_token: Secret) -> SignedIn:
    """A new pair of tokens for a refresh token, which is spent by it, as is the access token that
    came with it. A refresh token that was spent before, however long ago, has been stolen: it ends
    its session.

    refresh_token: The refresh token.
    """
    if (school_id := school_of(refresh_token)) is None:
        raise SessionOver
    now, mark = ctx.caller.now(), hashed(refresh_token)
    await stand_in(ctx.session, school_id)
    query = select(Session).where(Session.school_id == school_id, Session.refresh_hash == mark)
    found = (await ctx.session.scalars(query.with_for_update())).one_or_none()
    if found is None:  # a statement of its own: it sees what the one before had to wait for
        spent = (SpentRefreshToken.school_id == school_id, SpentRefreshToken.hash == mark)
        robbed = await ctx.session.scalar(select(SpentRefreshToken.session_id).where(*spent))
        if robbed is None:  # only now: a good token is not slowed down, whoever guesses beside it
            services = ctx.caller.services
            counters = refresh_counters(services.secrets, ctx.caller.address)
            await count_try(ctx.session, services.tries.limits, counters, now)
            raise SessionOver
        stolen = (Session.school_id == school_id, Session.id == robbed)
        await forget_device_of(ctx.session, *stolen)
        await end(ctx.session, school_id, now, *stolen)
        await ctx.session.commit()
        raise SessionOver
    if found.revoked_at or found.refresh_expires_at <= now:
        raise SessionOver
    tokens = Tokens.fresh(school_id)
    for name, value in tokens.kept(now).items():
        setattr(found, name, value)
    await keep_spent(ctx.session, found, mark, now)
    note_ended(ctx.session, school_id, [found.id])
    await ctx.session.commit()
    try:
        return await keys(ctx, tokens, now)
    except Unauthenticated:  # the role is no longer theirs, or the account is locked
        raise SessionOver from None


async def keep_spent(session: AsyncSession, of: Session, mark: bytes, now: datetime) -> None:
    """Remember a refresh token that was exchanged, and forget those that would have run out by now,
    which open nothing even if they are stolen."""
    mine = (SpentRefreshToken.school_id == of.school_id, SpentRefreshToken.session_id == of.id)
    old = delete(SpentRefreshToken).where(*mine, SpentRefreshToken.spent_at <= now - REFRESH)
    await session.execute(old)
    session.add(
        SpentRefreshToken(school_id=of.school_id, session_id=of.id, hash=mark, spent_at=now)
    )


@dataclass
class SignedOut:
    """That a session is over.

    signed_out: Indicates whether it ended just now.
    """

    signed_out: bool | None = None


@open_command()
async def sign_out(ctx: Ctx) -> SignedOut:
    """End this session and the sockets opened with it (выход)."""
    actor = await ctx.identified(allow_first_password=True)
    await ctx.session.rollback()
    await stand_in(ctx.session, actor.school_id)
    ended = await end(ctx.session, actor.school_id, actor.now, Session.id == actor.session_id)
    await ctx.session.commit()
    ctx.become(None)
    return SignedOut(signed_out=ended > 0)


@open_command(NothingToDoHere)
async def switch_context(
    ctx: Ctx,
    *,
    role: Role,
    school_id: Id[School] | None = None,
    role_grant_id: Id[RoleGrant] | None = None,
) -> SignedIn:
    """Go on in another of one's roles, or in another school: a new session, the old one ends.

    role: The role to work in, one of `viewer.contexts`.
    school_id: The school; null for the present one.
    role_grant_id: Which grant of the role, where one has several; null for the first.
    """
    actor = await ctx.identified()
    known = await known_of(ctx.session, actor)
    await ctx.session.rollback()
    place = school_id.key if school_id else actor.school_id
    grant = role_grant_id.key if role_grant_id else None
    present = (actor.school_id, actor.session_id)
    return await begin(ctx, [known], Choice(role, place, grant, instead_of=present))
