"""Signing in and out, and changing the role or school one works in."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import or_, select

from models.access.accounts import Credential
from models.access.roles import Role, RoleGrant
from models.access.sessions import Session
from models.base import Id
from models.problems import Problem, Unauthenticated
from models.school.schools import School
from resolvers.access import passwords
from resolvers.access.ending import end
from resolvers.access.guessing import TooManyTries, count_try, forget_tries
from resolvers.access.identify import hashed, school_of
from resolvers.access.opening import (
    Choice,
    NothingToDoHere,
    SignedIn,
    Tokens,
    begin,
    keys,
    known_as,
    known_of,
)
from resolvers.command import open_command
from resolvers.context import Ctx, stand_in


class WrongCredentials(Problem):
    """Login or password is wrong; after five wrong ones there is a wait before the next try."""

    russian = "Неверный логин или пароль; после пяти неверных нужно подождать."


class SessionOver(Problem):
    """This session is over: sign in again."""

    russian = "Этот сеанс закончен: войдите снова."


@open_command(WrongCredentials, TooManyTries, NothingToDoHere)
async def sign_in(
    ctx: Ctx,
    *,
    login: str,
    password: str,
    role: Role | None = None,
    school_id: Id[School] | None = None,
) -> SignedIn:
    """Sign in (вход). The answer to an unknown login is that to a wrong password.

    login: The login; case does not matter.
    password: The password.
    role: The role to work in; null for the one used last, or else the first at work.
    school_id: The school to work in; null for the one used last.
    """
    known = await proven(ctx, login, password)
    return await begin(ctx, known, Choice(role, school_id.key if school_id else None))


async def proven(ctx: Ctx, login: str, password: str) -> Any:
    """The credential of who knows its password. Raises WrongCredentials, or TooManyTries while
    they must wait."""
    session, now = ctx.session, ctx.caller.now()
    await count_try(session, login, now)
    known = await known_as(session, Credential.login == login.strip().lower())
    await session.rollback()  # no connection is kept while a password is worked on
    right = await passwords.matches(known.password_hash if known else None, password)
    if password == passwords.DEMO_PASSWORD and not ctx.caller.services.made_up:
        right = False  # the demo was loaded while the server was running for real use
    if known is None or not right or passwords.ran_out(known, now):
        raise WrongCredentials
    await forget_tries(session, login, now)
    await session.commit()
    return known


@open_command(SessionOver)
async def refresh_session(ctx: Ctx, *, refresh_token: str) -> SignedIn:
    """A new pair of tokens for a refresh token, which is spent by it. One that was spent before
    has been stolen: it ends its session.

    refresh_token: The refresh token.
    """
    if (school_id := school_of(refresh_token)) is None:
        raise SessionOver
    now, mark = ctx.caller.now(), hashed(refresh_token)
    await stand_in(ctx.session, school_id)
    either = or_(Session.refresh_hash == mark, Session.spent_refresh_hash == mark)
    query = select(Session).where(Session.school_id == school_id, either).with_for_update()
    found = (await ctx.session.scalars(query)).one_or_none()
    if found is None or found.revoked_at or found.refresh_expires_at <= now:
        raise SessionOver
    if found.refresh_hash != mark:
        found.revoked_at = now
        await ctx.session.commit()
        raise SessionOver
    tokens = Tokens.fresh(school_id)
    for name, value in {**tokens.kept(now), "spent_refresh_hash": mark}.items():
        setattr(found, name, value)
    await ctx.session.commit()
    try:
        return await keys(ctx, tokens, now)
    except Unauthenticated:  # the role is no longer theirs, or the account is locked
        raise SessionOver from None


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
    return await begin(ctx, known, Choice(role, place, grant, instead_of=present))
