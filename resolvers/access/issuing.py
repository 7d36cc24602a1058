"""One-time passwords: handing them out, and ending a password that others may know."""

from sqlalchemy import delete, select, update

from auth.policy import reach
from auth.rights import Right
from models.access.accounts import Account, Credential, CredentialSchool
from models.access.roles import AccessScope
from resolvers.access import passwords
from resolvers.access.administration import alone
from resolvers.access.contexts import schools_of
from resolvers.access.ending import end_sessions_everywhere, end_sessions_of
from resolvers.access.logins import branched_credential, logins_that_open
from resolvers.access.second_person import NotToOneself
from resolvers.core.context import Ctx
from resolvers.services.tries import clear_tries


def resets_everyone(ctx: Ctx) -> bool:
    """Whether the actor may know any one-time password: then no role that its holder is given
    later opens anything new to the actor."""
    return AccessScope.SCHOOL in ctx.viewer.scopes(Right.ROLES_GRANT_PROTECTED)


async def hands_out(ctx: Ctx, account: Account) -> bool:
    """Whether the actor may know the one-time password of an account: exactly when they may reset
    it."""
    allowed = select(Account.id).where(
        Account.school_id == ctx.actor.school_id,
        Account.id == account.id,
        reach(ctx.viewer, Account, Right.PASSWORDS_RESET),
    )
    return bool(await ctx.lines(allowed))


async def issue(ctx: Ctx, account: Account, password: str, *, may_be_known: bool) -> None:
    """Make it the one-time password of an account; the old password ends, and all sessions. An
    account whose login opens other schools, too, keeps the login and gets a password of its own:
    no school can open another.

    may_be_known: Whether somebody learns it who may not reset everyone's password.
    """
    home, now = ctx.actor.school_id, ctx.actor.now
    await ctx.session.refresh(account, with_for_update={"key_share": True})
    if await schools_of(ctx.session, account.credential_id) != [home]:
        account.password_may_be_known = may_be_known
        await part(ctx, account, password)
        return
    fresh = {
        "password_hash": await passwords.hashed(password),
        "must_change_password": True,
        "password_changed_at": now,
    }
    mine = update(Credential).where(Credential.id == account.credential_id)
    await ctx.session.execute(mine.values(fresh))
    await end_sessions_everywhere(ctx.session, account.credential_id, home, now)
    logins = await logins_that_open(ctx.session, [account.credential_id])
    await clear_tries(ctx.session, ctx.caller.services.secrets, logins)
    # The version counts even if no column changes: whoever saw the account has not seen this.
    changed = {"version": Account.version + 1, "password_may_be_known": may_be_known}
    seen = update(Account).where(Account.school_id == home, Account.id == account.id)
    await ctx.session.execute(seen.values(changed).execution_options(synchronize_session=False))


async def part(ctx: Ctx, account: Account, password: str) -> None:
    """Give the account a password that is this school's alone, under the login by which the school
    knows it: another login would tell the school that the old one opens more."""
    home, shared = ctx.actor.school_id, account.credential_id
    issued = account.known_as_id or account.credential_id
    account.credential_id = await branched_credential(
        ctx.session, home, issued, password, ctx.actor.now
    )
    account.known_as_id = None
    login = select(Credential.login).where(Credential.id == issued)
    await clear_tries(ctx.session, ctx.caller.services.secrets, await ctx.session.scalars(login))
    left = (CredentialSchool.credential_id == shared, CredentialSchool.school_id == home)
    await ctx.session.execute(delete(CredentialSchool).where(*left))
    await end_sessions_of(ctx, account.person_id)


async def end_password_others_may_know(ctx: Ctx, person_id: int) -> None:
    """End the password of a person who is about to get a role, if its one-time password was handed
    out by somebody who may reset only some people's: a class teacher knows a mother's until she
    chooses another, or has used it, and would sign in to the role she is given. The director
    hands out a new one by `resetPassword`."""
    await alone(ctx)  # or a password could be handed out while the role is being given
    query = select(Account).where(
        Account.school_id == ctx.actor.school_id,
        Account.person_id == person_id,
        Account.password_may_be_known.is_(True),
    )
    if (account := (await ctx.session.scalars(query)).one_or_none()) is not None:
        await issue(ctx, account, passwords.one_time(), may_be_known=False)


async def entrust(ctx: Ctx, person_id: int, field: str) -> None:
    """Prepare to give a person a role. Every act that gives one calls this first, be it by a grant
    or by a record. Raises NotToOneself, naming the argument, if the person is the actor; ends a
    password of theirs that others may know."""
    if person_id == ctx.actor.person_id:
        raise NotToOneself(field=field)
    await end_password_others_may_know(ctx, person_id)
