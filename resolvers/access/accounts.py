"""Looking accounts up, opening them, giving them new passwords and locking them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, delete, select, update

from auth.actor import Viewer
from auth.policy import visible
from auth.rights import Right
from models.access.accounts import Account, AccountStatus, Credential, CredentialSchool
from models.base import Id
from models.people.persons import Person
from models.problems import Blank, Conflict, TooLong
from resolvers.access import passwords
from resolvers.access.administration import LastAdministrator, keeping_an_administrator
from resolvers.access.contexts import schools_of
from resolvers.access.ending import end_sessions_everywhere, end_sessions_of
from resolvers.access.guessing import forget_tries
from resolvers.access.logins import (
    LoginMalformed,
    LoginTaken,
    generated_credential,
    new_credential,
    well_formed,
)
from resolvers.command import command
from resolvers.context import Ctx
from resolvers.listing import Listing, Ordering
from resolvers.shapes import Own, Value, Via

ORDERS: Mapping[str, Value] = {
    "full_name": Via((Account.person_id,), Person.sort_key),
    "last_signed_in_at": Own("last_signed_in_at"),
}
LONGEST_REASON = 300


class AccountExists(Conflict):
    """They have an account already; what is needed may be a new password for it."""

    russian = "Учётная запись у этого человека уже есть; возможно, ему нужен новый пароль."


def login(viewer: Viewer, account: Any) -> ColumnElement[str]:
    """What they sign in with (логин)."""
    # A credential stands above the schools; the account, which is seen, refers to it.
    found = select(Credential.login).where(Credential.id == account.credential_id)
    return found.correlate(account).scalar_subquery()


def find_accounts(viewer: Viewer) -> Listing[Account]:
    """Accounts the viewer may see, in Russian order of names (учётные записи)."""
    return Listing(Account, (Ordering("full_name", ORDERS["full_name"]),))


@dataclass
class AccountIssued:
    """An account, and how to come in for the first time.

    account: The account.
    one_time_password: Shown this once, good for 14 days: whoever signs in with it must choose
        another. Null when the attempt is repeated.
    """

    account: Account
    one_time_password: str | None


async def without_password(ctx: Ctx, account: Account) -> AccountIssued:
    return AccountIssued(account, None)


async def account_of(ctx: Ctx, *, person_id: Id[Person], **_: Any) -> Account | None:
    query = visible(ctx.viewer, Account).where(Account.person_id == person_id.key)
    return next(iter(await ctx.rows(query, Account)), None)


@command(
    Right.ACCOUNTS_WRITE,
    LoginTaken,
    LoginMalformed,
    refusals={"uq_accounts_school_id_person_id": (AccountExists, "person_id")},
    current=account_of,
    repeated=without_password,
)
async def create_account(
    ctx: Ctx,
    *,
    person_id: Id[Person],
    login: str | None = None,
    idempotency_key: UUID | None = None,
) -> AccountIssued:
    """Let someone of the school sign in (завести учётную запись).

    person_id: Who.
    login: What they will sign in with, 3..64 of `a-z0-9._-`; null to make one of their name.
    """
    person = await ctx.get(person_id, to=Right.ACCOUNTS_WRITE)
    password, place = passwords.one_time(), (ctx.session, ctx.actor.school_id)
    if login is None:
        credential = await generated_credential(*place, person, password, ctx.actor.now)
    else:
        credential = await new_credential(*place, well_formed(login), password, ctx.actor.now)
    account = Account(person_id=person.id, credential_id=credential, status=AccountStatus.ACTIVE)
    ctx.session.add(account)
    await ctx.session.flush()
    return AccountIssued(account, password)


@command(Right.PASSWORDS_RESET)
async def reset_password(
    ctx: Ctx, *, account_id: Id[Account], expected_version: int | None = None
) -> AccountIssued:
    """Give someone a new one-time password; the old one ends, and all their sessions. Who signs
    in with the same login to other schools gets a login of its own for this one: no school can
    open another.

    account_id: Whose.
    expected_version: The `version` you have seen; null to reset whatever it is by now.
    """
    account = await ctx.get(account_id, to=Right.PASSWORDS_RESET, version=expected_version)
    password, now, home = passwords.one_time(), ctx.actor.now, ctx.actor.school_id
    await ctx.session.refresh(account, with_for_update={"key_share": True})
    if await schools_of(ctx.session, account.credential_id) != [home]:
        await part(ctx, account, password)
        return AccountIssued(account, password)
    fresh = {
        "password_hash": await passwords.hashed(password),
        "must_change_password": True,
        "password_changed_at": now,
    }
    mine = update(Credential).where(Credential.id == account.credential_id)
    known_as = await ctx.session.scalar(mine.values(fresh).returning(Credential.login))
    await end_sessions_everywhere(ctx.session, account.credential_id, home, now)
    await forget_tries(ctx.session, known_as or "", now)
    # The account's row stays as it is, but whoever saw it before has not seen this.
    seen = update(Account).where(Account.school_id == home, Account.id == account.id)
    await ctx.session.execute(seen.values(version=Account.version + 1))
    return AccountIssued(account, password)


async def part(ctx: Ctx, account: Account, password: str) -> None:
    """Give the account a login that is this school's alone."""
    home, shared = ctx.actor.school_id, account.credential_id
    # Not through `visible`: whose account one may reset, one may name.
    query = select(Person).where(Person.school_id == home, Person.id == account.person_id)
    person = (await ctx.session.scalars(query)).one()
    account.credential_id = await generated_credential(
        ctx.session, home, person, password, ctx.actor.now
    )
    left = (CredentialSchool.credential_id == shared, CredentialSchool.school_id == home)
    await ctx.session.execute(delete(CredentialSchool).where(*left))
    await end_sessions_of(ctx, account.person_id)


@command(Right.ACCOUNTS_WRITE, LastAdministrator, Blank, TooLong)
async def lock_account(
    ctx: Ctx, *, account_id: Id[Account], expected_version: int, locked: bool = True, reason: str
) -> Account:
    """Lock an account, which ends its sessions at once, or unlock it (блокировка).

    account_id: Which.
    locked: False unlocks it.
    reason: Why, at most 300 characters; kept in the audit log.
    """
    if not reason:
        raise Blank(field="reason")
    if len(reason) > LONGEST_REASON:
        raise TooLong(field="reason", most=LONGEST_REASON)
    async with keeping_an_administrator(ctx, ctx.actor.today):
        account = await ctx.get(account_id, to=Right.ACCOUNTS_WRITE, version=expected_version)
        account.status = AccountStatus.LOCKED if locked else AccountStatus.ACTIVE
        if locked:
            await end_sessions_of(ctx, account.person_id)
    return account
