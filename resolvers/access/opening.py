"""Opening a session: in which of someone's roles, and with what keys."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from auth.actor import Actor
from models.access.accounts import Account, AccountStatus, Credential
from models.access.roles import Role
from models.access.sessions import Session
from models.problems import Problem, Unauthenticated
from resolvers.access.contexts import Context, contexts_in, last_used_first, schools_of
from resolvers.access.devices import held_device, remember_device
from resolvers.access.ending import end
from resolvers.access.logins import columns_of
from resolvers.access.viewer import Viewer, ViewerContext, find_viewer, shown
from resolvers.core.context import Ctx, stand_in
from resolvers.core.identify import hashed

ACCESS, REFRESH = timedelta(minutes=15), timedelta(days=30)


class NothingToDoHere(Problem):
    """This account has no such role in any school now; ask the school's administrator."""

    russian = "У этой учётной записи сейчас нет такой роли; обратитесь к администратору школы."


@dataclass
class SignedIn:
    """A session, and the keys to it.

    access_token: Sent as `Authorization: Bearer …`; good for 15 minutes.
    refresh_token: Good once, for 30 days, for a new pair by `refreshSession`.
    expires_at: When the access token ends.
    must_change_password: Indicates whether `changePassword` is all that can be done now.
    retry_at: After TOO_MANY_TRIES, when the next try counts.
    retry_after: The same in seconds from now.
    device_token: For the next `signIn` with this login on this device; keep it there after signing
        out. It opens nothing by itself. Only `signIn` gives it, each time another one; it is good
        for half a year, and ends with the password, a lock of the account and `endSession`.
    viewer: Who signed in, and as what.
    contexts: All roles this login can work in, in all schools, the current one marked; to choose
        another: `switchContext`. Null when the session was only refreshed.
    """

    access_token: str | None = None
    refresh_token: str | None = None
    expires_at: datetime | None = None
    must_change_password: bool | None = None
    retry_at: datetime | None = None
    retry_after: int | None = None
    device_token: str | None = None
    viewer: Viewer | None = None
    contexts: list[ViewerContext] | None = None


async def known_of(session: AsyncSession, actor: Actor) -> Any:
    """The columns of the credential of the one who asks; the transaction must stand in their
    school."""
    mine = (Account.school_id == actor.school_id, Account.id == actor.account_id)
    credential = select(Account.credential_id).where(*mine).scalar_subquery()
    query = select(*columns_of(Credential)).where(Credential.id == credential)
    return (await session.execute(query)).one_or_none()


@dataclass(frozen=True, slots=True)
class Choice:
    """In which role and school someone wants to work; None for the one they used last.

    instead_of: School and session that end when the new one begins, on the same device.
    device_id: The device, if it is known to the login.
    """

    role: Role | None
    school_id: int | None
    role_grant_id: int | None = None
    instead_of: tuple[int, int] | None = None
    device_id: int | None = None

    def fits(self, context: Context) -> bool:
        wanted = (self.role, self.school_id, self.role_grant_id)
        offered = (context.role, context.school_id, context.role_grant_id)
        return all(asked in (None, given) for asked, given in zip(wanted, offered, strict=True))


async def begin(ctx: Ctx, known: Sequence[Any], choice: Choice) -> SignedIn:
    """A new session in the first context that fits the choice, the last used before the others.

    known: The credentials that were proven; several where one password opens several branches of a
        login.

    Raises NothingToDoHere.
    """
    found: dict[Context, Any] = {}
    for credential in known:
        for school_id in await schools_of(ctx.session, credential.id):
            await ctx.session.rollback()
            await stand_in(ctx.session, school_id)
            there = await contexts_in(ctx.session, credential.id, school_id, ctx.caller.now())
            found |= dict.fromkeys(there, credential)
    for context in filter(choice.fits, last_used_first(list(found))):
        await ctx.session.rollback()
        await stand_in(ctx.session, context.school_id)
        opened = await open_session(ctx, found[context], context, choice)
        return replace(
            opened, contexts=[shown(each, current=context) for each in known_by(found, context)]
        )
    raise NothingToDoHere


def known_by(found: Mapping[Context, Any], context: Context) -> list[Context]:
    """The contexts that the credential of one of them opens, to which its holder can switch."""
    return [each for each, credential in found.items() if credential is found[context]]


async def open_session(ctx: Ctx, known: Any, context: Context, choice: Choice) -> SignedIn:
    """One transaction. It locks the account, the credential and the device, in this order, so that
    nobody gets in by a password that is changed, or into an account that is locked, at this
    moment."""
    now, tokens = ctx.caller.now(), Tokens.fresh(context.school_id)
    mine = (Account.school_id == context.school_id, Account.id == context.account_id)
    seen = update(Account).where(*mine, Account.status == AccountStatus.ACTIVE)
    used = {
        "last_signed_in_at": now,
        "last_role": context.role,
        "last_role_grant_id": context.role_grant_id,
    }
    active = await ctx.session.scalar(seen.values(used).returning(Account.id))
    same = (Credential.id == known.id, Credential.password_hash == known.password_hash)
    valid = await ctx.session.scalar(select(Credential.id).where(*same).with_for_update(read=True))
    if active is None or valid is None:
        raise NothingToDoHere
    device, device_token = await device_for(ctx, known, context, choice)
    of_account = (Session.school_id == context.school_id, Session.account_id == context.account_id)
    await ctx.session.execute(delete(Session).where(*of_account, Session.refresh_expires_at <= now))
    ctx.session.add(
        Session(
            school_id=context.school_id,
            account_id=context.account_id,
            role=context.role,
            role_grant_id=context.role_grant_id,
            created_at=now,
            device_id=device,
            user_agent=(ctx.caller.user_agent or "").replace("\0", "")[:300] or None,
            **tokens.kept(now),
        )
    )
    await ctx.session.flush()
    if choice.instead_of:
        old_school, old = choice.instead_of
        await stand_in(ctx.session, old_school)
        if not await end(ctx.session, old_school, now, Session.id == old):
            raise Unauthenticated
    await ctx.session.commit()
    return replace(await keys(ctx, tokens, now), device_token=device_token)


async def device_for(
    ctx: Ctx, known: Any, context: Context, choice: Choice
) -> tuple[int | None, str | None]:
    """The device of a new session, and its token where that is a new one. The transaction stands in
    the school of the context afterwards."""
    if choice.instead_of is None:
        return await remember_device(ctx.session, known.id, choice.device_id, ctx.caller.now())
    old_school, old = choice.instead_of
    await stand_in(ctx.session, old_school)
    device = await held_device(ctx.session, old_school, old)
    await stand_in(ctx.session, context.school_id)
    return device, None


@dataclass(frozen=True, slots=True)
class Tokens:
    """A pair of keys. Each names its school, so that the wall can be put up before it is looked
    for; 256 random bits say the rest."""

    access: str
    refresh: str

    @classmethod
    def fresh(cls, school_id: int) -> "Tokens":
        return cls(*(f"{school_id}.{secrets.token_urlsafe(32)}" for _ in range(2)))

    def kept(self, now: datetime) -> dict[str, Any]:
        """The columns of a session that hold the hashes and the ends of the tokens."""
        return {
            "access_hash": hashed(self.access),
            "access_expires_at": now + ACCESS,
            "refresh_hash": hashed(self.refresh),
            "refresh_expires_at": now + REFRESH,
            "last_used_at": now,
        }


async def keys(ctx: Ctx, tokens: Tokens, now: datetime) -> SignedIn:
    """The answer to signing in. From here on the operation runs as the one who signed in."""
    ctx.become(tokens.access)
    actor = await ctx.identified(allow_first_password=True)
    must_change = actor.must_change_password
    viewer = None if must_change else find_viewer(actor.viewer)
    return SignedIn(tokens.access, tokens.refresh, now + ACCESS, must_change, viewer=viewer)
