"""Choosing a password of one's own."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update

from models.access.accounts import Account, Credential
from models.access.audit import sealed
from models.problems import Problem
from resolvers.access import passwords
from resolvers.access.ending import end_sessions_everywhere
from resolvers.access.guessing import TooManyTries, count_try, forget_tries
from resolvers.access.opening import known_as
from resolvers.access.sessions import WrongCredentials
from resolvers.command import open_command
from resolvers.context import Ctx, stand_in
from resolvers.news import record


class WeakPassword(Problem):
    """Choose another password: 10 to 200 characters, more than three different, not the old one."""

    russian = "Возьмите другой пароль: от 10 до 200 символов, больше трёх разных, не прежний."


@dataclass
class PasswordChanged:
    """That a password was changed.

    changed_at: When. All other sessions of the login have ended.
    retry_at: After TOO_MANY_TRIES, when the next try counts.
    """

    changed_at: datetime | None = None
    retry_at: datetime | None = None


@open_command(WrongCredentials, WeakPassword, TooManyTries)
async def change_password(ctx: Ctx, *, current_password: str, new_password: str) -> PasswordChanged:
    """Change one's own password; all other sessions of the login end.

    current_password: The password so far.
    new_password: The new one, 10..200 characters.
    """
    if not passwords.good_enough(new_password) or new_password == current_password:
        raise WeakPassword(field="new_password")
    actor, now = await ctx.identified(allow_first_password=True), ctx.caller.now()
    mine = (Account.school_id == actor.school_id, Account.id == actor.account_id)
    credential = select(Account.credential_id).where(*mine).scalar_subquery()
    known = await known_as(ctx.session, Credential.id == credential)
    await ctx.session.rollback()
    await count_try(ctx.session, known.login, now)
    if not await passwords.matches(known.password_hash, current_password):
        raise WrongCredentials(field="current_password")
    fresh = {
        "password_hash": await passwords.hashed(new_password),
        "must_change_password": False,
        "password_changed_at": now,
    }
    await stand_in(ctx.session, actor.school_id)
    same = (Credential.id == known.id, Credential.password_hash == known.password_hash)
    changed = update(Credential).where(*same).values(fresh).returning(Credential.id)
    if await ctx.session.scalar(changed) is None:  # another change was quicker
        raise WrongCredentials(field="current_password")
    await end_sessions_everywhere(ctx.session, known.id, actor.school_id, now, but=actor.session_id)
    await forget_tries(ctx.session, known.login, now)
    await told_to_audit(ctx)
    await ctx.session.commit()
    ctx.become(ctx.caller.token)
    return PasswordChanged(now)


async def told_to_audit(ctx: Ctx) -> None:
    actor = ctx.actor
    deed = {
        "actor_id": actor.person_id,
        "role": actor.role.name,
        "action": "access.own_password.change_password",
        "entity": None,
        "details": "",
        "request_id": ctx.caller.request_id,
    }
    deed["content"] = sealed(at=actor.now, **deed)
    await record(ctx.session, actor.school_id, actor.now, (), deed)
