"""Looking accounts up, opening them, giving them new passwords and locking them."""

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
from resolvers.access.administration import OFFICES, alone, keeping_offices
from resolvers.access.ending import end_sessions_of
from resolvers.access.issuing import hands_out, issue, resets_everyone
from resolvers.access.logins import (
    LoginMalformed,
    LoginTaken,
    generated_credential,
    new_credential,
    well_formed,
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
    """What they sign in with (логин)."""
    # A credential stands above the schools; the account, which is seen, refers to it.
    issued = func.coalesce(account.known_as_id, account.credential_id)
    found = select(Credential.login).where(Credential.id == issued)
    return found.correlate(account).scalar_subquery()


def find_accounts(viewer: Viewer) -> Listing[Account]:
    """Accounts the viewer may see, in Russian order of names (учётные записи)."""
    return Listing(Account, (Ordering("full_name", ORDERS["full_name"]),))


@dataclass
class AccountIssued:
    """An account, and how to come in for the first time.

    account: The account.
    one_time_password: Shown this once, good for 14 days: whoever signs in with it must choose
        another. Null when the attempt is repeated, and for whoever may not reset the password of
        this account: then those who may, the class teacher of a family or the director, hand one
        out by `resetPassword`.
    """

    account: Account
    one_time_password: str | None


async def without_password(ctx: Ctx, account: Account) -> AccountIssued:
    return AccountIssued(account, None)


class AccountOfSameName(Caution):
    """Another person of this full name has an account already; make sure that they are two people,
    not one taken up twice."""

    russian = (
        "У другого человека с таким полным именем уже есть учётная запись; убедитесь, что это два "
        "человека, а не один, заведённый дважды."
    )


async def of_same_name(ctx: Ctx, person: Person) -> list[Caution]:
    """What speaks against an account for a person: accounts of others of the same full name, of
    those that the viewer may read."""
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
    repeated=without_password,
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
    only to those who may reset it: with it one signs in as its holder.

    person_id: Who.
    login: What they will sign in with, 3..64 of `a-z0-9._-`; null to make one of their name.
    """
    await alone(ctx)  # or a role could be given while its holder's password is handed out
    person = await ctx.get(person_id, to=Right.ACCOUNTS_WRITE)
    password, place = passwords.one_time(), (ctx.session, ctx.actor.school_id)
    if login is None:
        credential = await generated_credential(*place, person, password, ctx.actor.now)
    else:
        credential = await new_credential(*place, well_formed(login), password, ctx.actor.now)
    account = Account(person_id=person.id, credential_id=credential, status=AccountStatus.ACTIVE)
    override(account, await of_same_name(ctx, person), override_reason)
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

    account_id: Whose.
    expected_version: The `version` you have seen; null to reset whatever it is by now.
    """
    await alone(ctx)  # or a role could be given while its holder's password is handed out
    account = await ctx.get(account_id, version=expected_version)
    if account.person_id != ctx.actor.person_id and everywhere(ctx):
        if not await hands_out(ctx, account):
            raise HandedOutByDirector(of=account_id)
    else:
        await ctx.get(account_id, to=Right.PASSWORDS_RESET)
    password = passwords.one_time()
    await issue(ctx, account, password, may_be_known=not resets_everyone(ctx))
    return AccountIssued(account, password)


def everywhere(ctx: Ctx) -> bool:
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
    """Lock an account, which ends its sessions at once, or unlock it (блокировка). To unlock that
    of somebody with a protected role takes two persons: `requestUnlock`.

    account_id: Which.
    locked: False unlocks it.
    reason: Why, at most 300 characters; kept with the account, as `statusReason`.
    """
    if not reason:
        raise Blank(field="reason")
    if len(reason) > (most := max_length_of(Account.status_reason)):
        raise TooLong(field="reason", most=most)
    async with keeping_offices(ctx, ctx.actor.today):
        account = await ctx.get(account_id, to=Right.ACCOUNTS_WRITE, version=expected_version)
        if not locked and await has_protected_role(ctx, account.person_id):
            raise NeedsSecondPerson(of=account_id)
        account.status = AccountStatus.LOCKED if locked else AccountStatus.ACTIVE
        account.status_reason = reason
        if locked:
            await end_sessions_of(ctx, account.person_id)
    return account
