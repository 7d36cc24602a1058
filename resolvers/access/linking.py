"""Linking the accounts of one person in several schools to one login."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update

from models.access.accounts import Account, Credential, CredentialSchool
from models.access.sessions import Session
from models.problems import Problem
from resolvers.access.contexts import schools_of
from resolvers.access.devices import forget_devices
from resolvers.access.ending import end_sessions
from resolvers.access.opening import find_own_credential
from resolvers.access.proving import WrongCredentials, prove_password
from resolvers.access.viewer import Viewer, find_viewer
from resolvers.core.command import open_command
from resolvers.core.context import Ctx, set_school
from resolvers.core.parameters import Secret
from resolvers.services.tries import TooManyTries

ONE_BY_ONE = func.pg_advisory_xact_lock(0x6C696E6B)  # "link"


class AlreadyThere(Problem):
    """Your login works in that school already; a school knows a person by one login."""

    russian = "Ваш логин уже действует в этой школе; школа знает человека по одному логину."


@dataclass
class AccountLinked:
    """The result of linking an account.

    viewer: The viewer, with the roles of both logins among their `contexts`.
    retry_at: After TOO_MANY_TRIES, when the next try counts.
    retry_after: The same in seconds from now.
    """

    viewer: Viewer | None = None
    retry_at: datetime | None = None
    retry_after: int | None = None


@open_command(WrongCredentials, TooManyTries, AlreadyThere, tries_password=True)
async def link_account(ctx: Ctx, *, login: str, password: Secret) -> AccountLinked:
    """Link an account that another school opened for oneself to the login one is signed in with,
    e.g. as a mother of children in two schools. From then on this login opens both, see
    `viewer.contexts` and `switchContext`. The other login opens the same with the same password;
    the sessions begun with its own password end. Neither school sees the link.

    login: The login that the other school gave out.
    password: Its password, which may be a one-time password.
    """
    actor = await ctx.identify()
    await ctx.session.rollback()
    proved = await prove_password(ctx, login, password)
    await set_school(ctx.session, actor.school_id)
    await ctx.session.execute(select(ONE_BY_ONE))
    own = await find_own_credential(ctx.session, actor)
    other = next((one for one in proved if one.id != own.id), own)
    theirs = await schools_of(ctx.session, other.id)
    if set(theirs) & set(await schools_of(ctx.session, own.id)):
        raise AlreadyThere(field="login")
    await forget_devices(ctx.session, other.id)  # before sessions: devices are always locked first
    for school_id in theirs:
        await move_account(ctx, school_id, other, own)
    await redirect_login(ctx, other, own)
    await set_school(ctx.session, actor.school_id)
    await ctx.session.commit()
    ctx.become(ctx.caller.token)
    return AccountLinked(find_viewer((await ctx.identify()).viewer))


async def move_account(ctx: Ctx, school_id: int, other: Any, own: Any) -> None:
    """Move the account in a school to one's own login. The school goes on to know it by the login
    that it gave out; not even the version changes. Accounts are locked before credentials, as in
    sign-in, so that the two do not deadlock."""
    await set_school(ctx.session, school_id)
    mine = (Account.school_id == school_id, Account.credential_id == other.id)
    issued = func.coalesce(Account.known_as_id, other.id)
    given = update(Account).where(*mine).values(credential_id=own.id, known_as_id=issued)
    account = await ctx.session.scalar(given.returning(Account.id))
    if account is None:  # its school has just given it another password
        raise WrongCredentials(field="login")
    await end_sessions(
        ctx.session, school_id, ctx.caller.read_clock(), Session.account_id == account
    )


async def redirect_login(ctx: Ctx, other: Any, own: Any) -> None:
    """Let the other login, and the logins linked to it, open with one's own password. Raises
    WrongCredentials if the password of the other login was changed meanwhile."""
    there = update(CredentialSchool).where(CredentialSchool.credential_id == other.id)
    await ctx.session.execute(there.values(credential_id=own.id))
    same = (Credential.id == other.id, Credential.password_hash == other.password_hash)
    led = update(Credential).where(*same).values(leads_to_id=own.id, password_hash="")
    if await ctx.session.scalar(led.returning(Credential.id)) is None:
        raise WrongCredentials(field="login")
    behind = update(Credential).where(Credential.leads_to_id == other.id)
    await ctx.session.execute(behind.values(leads_to_id=own.id))
