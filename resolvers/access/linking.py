"""Bringing what several schools know of one person under one login."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select, update

from models.access.accounts import Account, Credential, CredentialSchool
from models.access.sessions import Session
from models.base import Id
from models.problems import Problem
from resolvers.access.contexts import schools_of
from resolvers.access.deeds import told
from resolvers.access.ending import end
from resolvers.access.guessing import TooManyTries
from resolvers.access.opening import known_of
from resolvers.access.sessions import WrongCredentials, proven
from resolvers.access.viewer import Viewer, find_viewer
from resolvers.command import open_command
from resolvers.context import Ctx, stand_in
from resolvers.parameters import Secret

ONE_BY_ONE = func.pg_advisory_xact_lock(0x6C696E6B)  # "link"
ACTION = "linkAccount"


class AlreadyThere(Problem):
    """Your login works in that school already; a school knows a person by one login."""

    russian = "Ваш логин уже действует в этой школе; школа знает человека по одному логину."


@dataclass
class AccountLinked:
    """What came of it.

    viewer: Who asks, with the roles of both logins among their `contexts`.
    retry_at: After TOO_MANY_TRIES, when the next try counts.
    """

    viewer: Viewer | None = None
    retry_at: datetime | None = None


@open_command(WrongCredentials, TooManyTries, AlreadyThere, tries_password=True)
async def link_account(ctx: Ctx, *, login: str, password: Secret) -> AccountLinked:
    """Bring the account another school opened for oneself under the login one is signed in with,
    e.g. as a mother of children in two schools. From then on this login spans both, see
    `viewer.contexts` and `switchContext`; the other one is no more, and its sessions end.

    login: The login that the other school gave out.
    password: Its password, be it the one-time one.
    """
    actor = await ctx.identified()
    await ctx.session.rollback()
    other = await proven(ctx, login, password)
    await stand_in(ctx.session, actor.school_id)
    await ctx.session.execute(select(ONE_BY_ONE))
    own = await known_of(ctx.session, actor)
    theirs = await schools_of(ctx.session, other.id)
    if set(theirs) & set(await schools_of(ctx.session, own.id)):
        raise AlreadyThere(field="login")
    moved = [await move(ctx, school_id, other, own) for school_id in theirs]
    await drop(ctx, other, own)
    for school_id, person_id, entity in moved:
        await stand_in(ctx.session, school_id)
        await told(ctx, school_id, ACTION, actor_id=person_id, role=None, entity=entity)
    await stand_in(ctx.session, actor.school_id)
    await told(ctx, actor.school_id, ACTION)
    await ctx.session.commit()
    ctx.become(ctx.caller.token)
    return AccountLinked(find_viewer((await ctx.identified()).viewer))


async def move(ctx: Ctx, school_id: int, other: Any, own: Any) -> tuple[int, int, str]:
    """Give the account in a school to one's own login, behind that school's wall: the school, who
    they are there, and the account. Accounts are locked before credentials, as when signing in."""
    await stand_in(ctx.session, school_id)
    mine = (Account.school_id == school_id, Account.credential_id == other.id)
    given = update(Account).where(*mine).values(credential_id=own.id, version=Account.version + 1)
    found = given.returning(Account.id, Account.person_id)
    line = (await ctx.session.execute(found)).one_or_none()
    if line is None:  # its school gave it another login at this moment
        raise WrongCredentials(field="login")
    await end(ctx.session, school_id, ctx.caller.now(), Session.account_id == line.id)
    return school_id, line.person_id, str(Id(Account, school_id, line.id))


async def drop(ctx: Ctx, other: Any, own: Any) -> None:
    """The other login is no more. Raises WrongCredentials if its password was changed meanwhile."""
    there = update(CredentialSchool).where(CredentialSchool.credential_id == other.id)
    await ctx.session.execute(there.values(credential_id=own.id))
    same = (Credential.id == other.id, Credential.password_hash == other.password_hash)
    gone = delete(Credential).where(*same).returning(Credential.id)
    if await ctx.session.scalar(gone) is None:
        raise WrongCredentials(field="login")
