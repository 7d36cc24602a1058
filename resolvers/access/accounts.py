"""Accounts: finding and creating them, resetting their passwords, locking them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Text, func, literal, select
from sqlalchemy.orm import aliased

from auth.actor import Viewer
from auth.policy import visible
from auth.rights import Right
from models.access.accounts import Account, AccountStatus, Credential
from models.access.roles import AccessScope
from models.base import Id, max_length_of
from models.people.persons import Person
from models.problems import Blank, Caution, Conflict, Problem, TooLong
from resolvers.access import passwords
from resolvers.access.administration import OFFICES, keep_offices, lock_access
from resolvers.access.ending import end_sessions_of
from resolvers.access.issuing import hands_out, issue_password, resets_everyone
from resolvers.access.logins import (
    LoginMalformed,
    LoginTaken,
    check_login,
    generate_credential,
    make_credential,
)
from resolvers.access.second_person import NeedsSecondPerson, has_protected_role
from resolvers.core.cautions import override
from resolvers.core.command import command
from resolvers.core.context import Ctx
from resolvers.core.listing import Listing, Ordering
from resolvers.core.parameters import Logged
from resolvers.core.searching import persons_named
from resolvers.core.shapes import Own, Plain, Via

ORDERS: Mapping[str, Plain] = {
    "full_name": Via((Account.person_id,), Person.sort_key),
    "last_signed_in_at": Own("last_signed_in_at"),
}


class AccountExists(Conflict):
    """They have an account already; what is needed may be a new password for it."""

    russian = "Учётная запись у этого человека уже есть; возможно, ему нужен новый пароль."


class HandedOutByDirector(Problem):
    """They work here: with their password one would see what they see. The director hands out
    their one-time password."""

    russian = (
        "Этот человек здесь работает: с его паролем видно всё, что видит он. Одноразовый пароль "
        "ему выдаёт директор."
    )


def login(viewer: Viewer, account: Any) -> ColumnElement[str]:
    """The login they sign in with (логин)."""
    # No rule covers credentials, which belong to no school; the account, which is visible, does.
    issued = func.coalesce(account.known_as_id, account.credential_id)
    found = select(Credential.login).where(Credential.id == issued)
    return found.correlate(account).scalar_subquery()


def find_accounts(viewer: Viewer) -> Listing[Account]:
    """Accounts that the viewer may see, in Russian order of names (учётные записи)."""
    return Listing(Account, (Ordering("full_name", ORDERS["full_name"]),))


@dataclass
class AccountIssued:
    """An account with its one-time password.

    account: The account.
    one_time_password: Shown only once and good for 14 days; after signing in with it one must
        choose another. Null when the attempt is repeated, and when the viewer may not reset the
        password of this account: then somebody who may, the class teacher of a family or the
        director, hands one out by `resetPassword`.
    """

    account: Account
    one_time_password: str | None


async def hide_password(ctx: Ctx, account: Account) -> AccountIssued:
    return AccountIssued(account, None)


class AccountOfSameName(Caution):
    """Another person of this full name has an account already; make sure that they are two people,
    not one taken up twice."""

    russian = (
        "У другого человека с таким полным именем уже есть учётная запись; убедитесь, что это два "
        "человека, а не один, заведённый дважды."
    )


async def find_of_same_name(ctx: Ctx, person: Person) -> list[Caution]:
    """Return warnings about an account for a person: an account of another person of the same full
    name that the viewer may read."""
    there: Any = aliased(Person)
    same = select(there.id).where(
        there.school_id == ctx.actor.school_id,
        there.id != person.id,
        func.name_words(there.full_name) == func.name_words(person.full_name),
    )
    named = Account.person_id.in_(persons_named(ctx.viewer, literal(person.full_name, Text)))
    alike = Account.person_id.in_(same)
    query = visible(ctx.viewer, Account).where(named, alike).order_by(Account.id).limit(1)
    found = await ctx.rows(query, Account)
    return [AccountOfSameName(field="person_id", current=one) for one in found]


async def account_of(ctx: Ctx, *, person_id: Id[Person], **_: Any) -> Account | None:
    query = visible(ctx.viewer, Account).where(Account.person_id == person_id.key)
    return next(iter(await ctx.rows(query, Account)), None)


@command(
    Right.ACCOUNTS_WRITE,
    LoginTaken,
    LoginMalformed,
    warns=(AccountOfSameName,),
    refusals={"uq_accounts_school_id_person_id": (AccountExists, "person_id")},
    current=account_of,
    repeated=hide_password,
)
async def create_account(
    ctx: Ctx,
    *,
    person_id: Logged[Id[Person]],
    login: str | None = None,
    override_reason: str | None = None,
    idempotency_key: UUID | None = None,
) -> Logged[AccountIssued]:
    """Let someone of the school sign in (завести учётную запись). The one-time password is shown
    only to those who may reset it, because one can sign in with it as its holder.

    person_id: The person.
    login: The login, 3..64 of `a-z0-9._-`; null to make one of their name.
    """
    await lock_access(ctx)  # else a role could be given to them while their password is handed out
    person = await ctx.get(person_id, to=Right.ACCOUNTS_WRITE)
    password, place = passwords.make_one_time(), (ctx.session, ctx.actor.school_id)
    if login is None:
        credential = await generate_credential(*place, person, password, ctx.actor.now)
    else:
        credential = await make_credential(*place, check_login(login), password, ctx.actor.now)
    account = Account(person_id=person.id, credential_id=credential, status=AccountStatus.ACTIVE)
    override(account, await find_of_same_name(ctx, person), override_reason)
    ctx.session.add(account)
    await ctx.session.flush()
    if not await hands_out(ctx, account):
        return AccountIssued(account, None)
    account.password_may_be_known = not resets_everyone(ctx)
    return AccountIssued(account, password)


@command(Right.PASSWORDS_RESET, HandedOutByDirector)
async def reset_password(
    ctx: Ctx, *, account_id: Logged[Id[Account]], expected_version: int | None = None
) -> Logged[AccountIssued]:
    """Give someone a new one-time password; the old one ends, and all their sessions. It opens
    this school only: no school can open another, nor see that there is one.

    account_id: The account.
    expected_version: The `version` you have seen; null to reset whatever it is by now.
    """
    await lock_access(ctx)  # else a role could be given to them while their password is handed out
    account = await ctx.get(account_id, version=expected_version)
    if account.person_id != ctx.actor.person_id and resets_everywhere(ctx):
        if not await hands_out(ctx, account):
            raise HandedOutByDirector(of=account_id)
    else:
        await ctx.get(account_id, to=Right.PASSWORDS_RESET)
    password = passwords.make_one_time()
    await issue_password(ctx, account, password, may_be_known=not resets_everyone(ctx))
    return AccountIssued(account, password)


def resets_everywhere(ctx: Ctx) -> bool:
    return AccessScope.SCHOOL in ctx.viewer.scopes(Right.PASSWORDS_RESET)


@command(Right.ACCOUNTS_WRITE, NeedsSecondPerson, *OFFICES, Blank, TooLong)
async def lock_account(
    ctx: Ctx,
    *,
    account_id: Logged[Id[Account]],
    expected_version: int,
    locked: Logged[bool] = True,
    reason: str,
) -> Logged[Account]:
    """Lock an account, which ends its sessions at once, or unlock it (блокировка). To unlock the
    account of somebody with a protected role takes two persons: `requestUnlock`.

    account_id: The account.
    locked: True locks it, false unlocks it.
    reason: The reason, at most 300 characters; shown as `statusReason` of the account.
    """
    if not reason:
        raise Blank(field="reason")
    if len(reason) > (most := max_length_of(Account.status_reason)):
        raise TooLong(field="reason", most=most)
    async with keep_offices(ctx, ctx.actor.today):
        account = await ctx.get(account_id, to=Right.ACCOUNTS_WRITE, version=expected_version)
        if not locked and await has_protected_role(ctx, account.person_id):
            raise NeedsSecondPerson(of=account_id)
        account.status = AccountStatus.LOCKED if locked else AccountStatus.ACTIVE
        account.status_reason = reason
        if locked:
            await end_sessions_of(ctx, account.person_id)
    return account
