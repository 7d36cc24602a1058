"""One-time passwords: handing them out, and ending a password that others may know."""

from sqlalchemy import delete, select, update

from auth.policy import reach
from auth.rights import Right
from models.access.accounts import Account, Credential, CredentialSchool
from models.access.roles import AccessScope
from resolvers.access import passwords
from resolvers.access.administration import lock_access
from resolvers.access.contexts import schools_of
from resolvers.access.ending import end_sessions_everywhere, end_sessions_of
from resolvers.access.logins import branch_credential, find_logins_of
from resolvers.access.second_person import NotToOneself
from resolvers.core.context import Ctx
from resolvers.services.tries import clear_tries


def resets_everyone(ctx: Ctx) -> bool:
    """Whether the actor may reset everyone's password. Then a role that a holder is given later
    opens nothing new to the actor."""
    return AccessScope.SCHOOL in ctx.viewer.scopes(Right.ROLES_GRANT_PROTECTED)


async def hands_out(ctx: Ctx, account: Account) -> bool:
    """Whether the actor may know the one-time password of an account, which is so exactly when they
    may reset it."""
    allowed = select(Account.id).where(
        Account.school_id == ctx.actor.school_id,
        Account.id == account.id,
        reach(ctx.viewer, Account, Right.PASSWORDS_RESET),
    )
    return bool(await ctx.lines(allowed))


async def issue_password(ctx: Ctx, account: Account, password: str, *, may_be_known: bool) -> None:
    """Set the one-time password of an account; the old password and all sessions end. An account
    whose login opens other schools, too, keeps the login and gets a password of its own, so that
    no school can open another.

    may_be_known: Whether it is told to somebody who may not reset everyone's password.
    """
    home, now = ctx.actor.school_id, ctx.actor.now
    await ctx.session.refresh(account, with_for_update={"key_share": True})
    if await schools_of(ctx.session, account.credential_id) != [home]:
        account.password_may_be_known = may_be_known
        await split_login(ctx, account, password)
        return
    fresh = {
        "password_hash": await passwords.hash_password(password),
        "must_change_password": True,
        "password_changed_at": now,
    }
    mine = update(Credential).where(Credential.id == account.credential_id)
    await ctx.session.execute(mine.values(fresh))
    await end_sessions_everywhere(ctx.session, account.credential_id, home, now)
    logins = await find_logins_of(ctx.session, [account.credential_id])
    await clear_tries(ctx.session, ctx.caller.services.secrets, logins)
    # The version counts even if no column changes, because clients have not seen this change.
    changed = {"version": Account.version + 1, "password_may_be_known": may_be_known}
    seen = update(Account).where(Account.school_id == home, Account.id == account.id)
    await ctx.session.execute(seen.values(changed).execution_options(synchronize_session=False))


async def split_login(ctx: Ctx, account: Account, password: str) -> None:
    """Give the account a password for this school alone, under the login that the school gave out:
    another login would tell the school that the old one opens more."""
    home, shared = ctx.actor.school_id, account.credential_id
    issued = account.known_as_id or account.credential_id
    account.credential_id = await branch_credential(
        ctx.session, home, issued, password, ctx.actor.now
    )
    account.known_as_id = None
    login = select(Credential.login).where(Credential.id == issued)
    await clear_tries(ctx.session, ctx.caller.services.secrets, await ctx.session.scalars(login))
    left = (CredentialSchool.credential_id == shared, CredentialSchool.school_id == home)
    await ctx.session.execute(delete(CredentialSchool).where(*left))
    await end_sessions_of(ctx, account.person_id)


async def end_password_others_may_know(ctx: Ctx, person_id: int) -> None:
    """End the password of a person who is about to get a role, if the last one-time password was
    handed out by somebody who may not reset everyone's. A class teacher may still know a mother's
    password, and could sign in with the role that she is given. The director hands out a new one by
    `resetPassword`."""
    await lock_access(ctx)  # else a password could be handed out while the role is being given
    query = select(Account).where(
        Account.school_id == ctx.actor.school_id,
        Account.person_id == person_id,
        Account.password_may_be_known.is_(True),
    )
    if (account := (await ctx.session.scalars(query)).one_or_none()) is not None:
        await issue_password(ctx, account, passwords.make_one_time(), may_be_known=False)


async def prepare_grant(ctx: Ctx, person_id: int, field: str) -> None:
    """Prepare to give a person a role. All code that gives one, by a grant or by a record, calls
    this first. It ends a password of theirs that others may know. Raises NotToOneself, which names
    the argument, if the person is the actor."""
    if person_id == ctx.actor.person_id:
        raise NotToOneself(field=field)
    await end_password_others_may_know(ctx, person_id)
