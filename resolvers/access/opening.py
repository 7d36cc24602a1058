"""Opening a session in one of a person's contexts, with its tokens."""

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
from resolvers.access.contexts import Context, contexts_in, order_by_use, schools_of
from resolvers.access.devices import lock_device, remember_device
from resolvers.access.ending import end_sessions
from resolvers.access.logins import columns_of
from resolvers.access.viewer import Viewer, ViewerContext, find_viewer, to_viewer_context
from resolvers.core.context import Ctx, set_school
from resolvers.core.identify import hash_token

ACCESS, REFRESH = timedelta(minutes=15), timedelta(days=30)


class NothingToDoHere(Problem):
    """This account has no such role in any school now; ask the school's administrator."""

    russian = "У этой учётной записи сейчас нет такой роли; обратитесь к администратору школы."


@dataclass
class SignedIn:
    """A session with its tokens.

    access_token: Sent as `Authorization: Bearer …`; valid for 15 minutes.
    refresh_token: Valid once, for 30 days, for a new pair by `refreshSession`.
    expires_at: When the access token ends.
    must_change_password: Indicates whether `changePassword` is all that can be done now.
    retry_at: After TOO_MANY_TRIES, when the next try counts.
    retry_after: The same in seconds from now.
    device_token: For the next `signIn` with this login on this device; keep it there after signing
        out. It opens nothing by itself. Only `signIn` returns it, each time a new one; it is valid
        for half a year, and ends with the password, a lock of the account and `endSession`.
    viewer: The person who signed in, in their role.
    contexts: All roles that this login can work in, in all schools, the current one marked;
        `switchContext` changes to another. Null when the session was only refreshed.
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


async def find_own_credential(session: AsyncSession, actor: Actor) -> Any:
    """Return the columns of the actor's credential. The transaction must be set to their school."""
    mine = (Account.school_id == actor.school_id, Account.id == actor.account_id)
    credential = select(Account.credential_id).where(*mine).scalar_subquery()
    query = select(*columns_of(Credential)).where(Credential.id == credential)
    return (await session.execute(query)).one_or_none()


@dataclass(frozen=True, slots=True)
class Choice:
    """The role and school in which someone wants to work; None for the one they used last.

    instead_of: School and session that end when the new session begins, on the same device.
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


async def begin_session(ctx: Ctx, known: Sequence[Any], choice: Choice) -> SignedIn:
    """Begin a session in the first context that fits the choice; the last used comes first.

    known: The proven credentials; several where one password opens several branches of a login.

    Raises NothingToDoHere.
    """
    found: dict[Context, Any] = {}
    for credential in known:
        for school_id in await schools_of(ctx.session, credential.id):
            await ctx.session.rollback()
            await set_school(ctx.session, school_id)
            there = await contexts_in(
                ctx.session, credential.id, school_id, ctx.caller.read_clock()
            )
            found |= dict.fromkeys(there, credential)
    for context in filter(choice.fits, order_by_use(list(found))):
        await ctx.session.rollback()
        await set_school(ctx.session, context.school_id)
        opened = await open_session(ctx, found[context], context, choice)
        return replace(
            opened,
            contexts=[
                to_viewer_context(each, current=context) for each in list_switchable(found, context)
            ],
        )
    raise NothingToDoHere


def list_switchable(found: Mapping[Context, Any], context: Context) -> list[Context]:
    """Return the contexts to which the holder of this one can switch: those of its credential."""
    return [each for each, credential in found.items() if credential is found[context]]


async def open_session(ctx: Ctx, known: Any, context: Context, choice: Choice) -> SignedIn:
    """Open a session in one transaction. It locks the account, the credential and the device, in
    this
    order: otherwise somebody could sign in with a password that is being changed, or to an account
    that is being locked."""
    now, tokens = ctx.caller.read_clock(), Tokens.make(context.school_id)
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
            **tokens.to_columns(now),
        )
    )
    await ctx.session.flush()
    if choice.instead_of:
        old_school, old = choice.instead_of
        await set_school(ctx.session, old_school)
        if not await end_sessions(ctx.session, old_school, now, Session.id == old):
            raise Unauthenticated
    await ctx.session.commit()
    return replace(await make_answer(ctx, tokens, now), device_token=device_token)


async def device_for(
    ctx: Ctx, known: Any, context: Context, choice: Choice
) -> tuple[int | None, str | None]:
    """Return the device of a new session, and its token if that is new. The transaction is set to
    the school of the context afterwards."""
    if choice.instead_of is None:
        return await remember_device(
            ctx.session, known.id, choice.device_id, ctx.caller.read_clock()
        )
    old_school, old = choice.instead_of
    await set_school(ctx.session, old_school)
    device = await lock_device(ctx.session, old_school, old)
    await set_school(ctx.session, context.school_id)
    return device, None


@dataclass(frozen=True, slots=True)
class Tokens:
    """A pair of tokens. Each names its school, so that the transaction can be set to it before the
    token is looked up; the rest is 256 random bits."""

    access: str
    refresh: str

    @classmethod
    def make(cls, school_id: int) -> "Tokens":
        return cls(*(f"{school_id}.{secrets.token_urlsafe(32)}" for _ in range(2)))

    def to_columns(self, now: datetime) -> dict[str, Any]:
        """Return the columns of a session with the hashes and the ends of the tokens."""
        return {
            "access_hash": hash_token(self.access),
            "access_expires_at": now + ACCESS,
            "refresh_hash": hash_token(self.refresh),
            "refresh_expires_at": now + REFRESH,
            "last_used_at": now,
        }


async def make_answer(ctx: Ctx, tokens: Tokens, now: datetime) -> SignedIn:
    """Make the answer to a sign-in. From here on the operation runs as the person who signed in."""
    ctx.become(tokens.access)
    actor = await ctx.identify(allow_first_password=True)
    must_change = actor.must_change_password
    viewer = None if must_change else find_viewer(actor.viewer)
    return SignedIn(tokens.access, tokens.refresh, now + ACCESS, must_change, viewer=viewer)
