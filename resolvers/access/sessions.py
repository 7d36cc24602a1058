"""Signing in and out, refreshing a session, and switching the role or school."""

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
from resolvers.access.ending import end_sessions
from resolvers.access.opening import (
    REFRESH,
    Choice,
    NothingToDoHere,
    SignedIn,
    Tokens,
    begin_session,
    find_own_credential,
    make_answer,
)
from resolvers.access.proving import WrongCredentials, prove_password
from resolvers.core.command import open_command
from resolvers.core.context import Ctx, set_school
from resolvers.core.identify import hash_token, school_of
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
    """Sign in (вход). An unknown login is answered like a wrong password. Too many wrong ones make
    the next try wait: by device, or else by login and address.

    login: The login; case does not matter.
    password: The password.
    role: The role to work in; null for the one used last, or else the first at work.
    school_id: The school to work in; null for the one used last.
    device_token: The token that the last sign-in with this login gave this device. With it one does
        not wait for the wrong passwords of others. An invalid token is ignored.
    """
    now, lasts = ctx.caller.read_clock(), ctx.caller.services.tries.limits.device_lasts
    device = None
    if device_token:
        device = await find_device(ctx.session, login, device_token, now, lasts)
    known = await prove_password(ctx, login, password, device_id=device)
    place = school_id.key if school_id else None
    return await begin_session(ctx, known, Choice(role, place, device_id=device))


@open_command(SessionOver, TooManyTries, is_open=True)
async def refresh_session(ctx: Ctx, *, refresh_token: Secret) -> SignedIn:
    """Exchange a refresh token for a new pair of tokens. It is spent, and the access token that
    came with it ends. A refresh token that was spent before has been stolen, so its session ends.

    refresh_token: The refresh token.
    """
    if (school_id := school_of(refresh_token)) is None:
        raise SessionOver
    now, mark = ctx.caller.read_clock(), hash_token(refresh_token)
    await set_school(ctx.session, school_id)
    query = select(Session).where(Session.school_id == school_id, Session.refresh_hash == mark)
    found = (await ctx.session.scalars(query.with_for_update())).one_or_none()
    if found is None:  # a new statement sees what the one before had to wait for
        spent = (SpentRefreshToken.school_id == school_id, SpentRefreshToken.hash == mark)
        robbed = await ctx.session.scalar(select(SpentRefreshToken.session_id).where(*spent))
        if robbed is None:  # only now: guesses of others must not slow down a valid token
            services = ctx.caller.services
            counters = refresh_counters(services.secrets, ctx.caller.address)
            await count_try(ctx.session, services.tries.limits, counters, now)
            raise SessionOver
        stolen = (Session.school_id == school_id, Session.id == robbed)
        await forget_device_of(ctx.session, *stolen)
        await end_sessions(ctx.session, school_id, now, *stolen)
        await ctx.session.commit()
        raise SessionOver
    if found.revoked_at or found.refresh_expires_at <= now:
        raise SessionOver
    tokens = Tokens.make(school_id)
    for name, value in tokens.to_columns(now).items():
        setattr(found, name, value)
    await keep_spent(ctx.session, found, mark, now)
    note_ended(ctx.session, school_id, [found.id])
    await ctx.session.commit()
    try:
        return await make_answer(ctx, tokens, now)
    except Unauthenticated:  # the role has ended, or the account is locked
        raise SessionOver from None


async def keep_spent(session: AsyncSession, of: Session, mark: bytes, now: datetime) -> None:
    """Store a refresh token that was exchanged, and delete those that would have expired by now."""
    mine = (SpentRefreshToken.school_id == of.school_id, SpentRefreshToken.session_id == of.id)
    old = delete(SpentRefreshToken).where(*mine, SpentRefreshToken.spent_at <= now - REFRESH)
    await session.execute(old)
    session.add(
        SpentRefreshToken(school_id=of.school_id, session_id=of.id, hash=mark, spent_at=now)
    )


@dataclass
class SignedOut:
    """The result of signing out.

    signed_out: Indicates whether it ended just now.
    """

    signed_out: bool | None = None


@open_command()
async def sign_out(ctx: Ctx) -> SignedOut:
    """End this session and the sockets that were opened with it (выход)."""
    actor = await ctx.identify(allow_first_password=True)
    await ctx.session.rollback()
    await set_school(ctx.session, actor.school_id)
    ended = await end_sessions(
        ctx.session, actor.school_id, actor.now, Session.id == actor.session_id
    )
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
    """Switch to another of one's roles or schools. A new session begins and the old one ends.

    role: The role to work in, one of `viewer.contexts`.
    school_id: The school; null for the present one.
    role_grant_id: The grant of the role, where one has several; null for the first.
    """
    actor = await ctx.identify()
    known = await find_own_credential(ctx.session, actor)
    await ctx.session.rollback()
    place = school_id.key if school_id else actor.school_id
    grant = role_grant_id.key if role_grant_id else None
    present = (actor.school_id, actor.session_id)
    return await begin_session(ctx, [known], Choice(role, place, grant, instead_of=present))
