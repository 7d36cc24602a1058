"""Changing one's own password."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import update

from models.access.accounts import Credential
from models.problems import Problem
from resolvers.access import passwords
from resolvers.access.devices import device_of
from resolvers.access.ending import end_sessions_everywhere
from resolvers.access.opening import find_own_credential
from resolvers.access.proving import WrongCredentials, prove_password
from resolvers.core.audit_entries import write_entry
from resolvers.core.command import open_command
from resolvers.core.context import Ctx, set_school
from resolvers.core.parameters import Secret
from resolvers.services.tries import TooManyTries


class WeakPassword(Problem):
    """Choose another password: 10 to 200 characters, more than three different, not the old one."""

    russian = "Возьмите другой пароль: от 10 до 200 символов, больше трёх разных, не прежний."


@dataclass
class PasswordChanged:
    """The result of changing a password.

    changed_at: When it was changed. All other sessions of the login have ended.
    retry_at: After TOO_MANY_TRIES, when the next try counts.
    retry_after: The same in seconds from now.
    """

    changed_at: datetime | None = None
    retry_at: datetime | None = None
    retry_after: int | None = None


@open_command(WrongCredentials, WeakPassword, TooManyTries, tries_password=True)
async def change_password(
    ctx: Ctx, *, current_password: Secret, new_password: Secret
) -> PasswordChanged:
    """Change one's own password. All other sessions of the login end, and `signIn` forgets all
    other devices.

    current_password: The present password.
    new_password: The new one, 10..200 characters.
    """
    if not passwords.is_good_enough(new_password) or new_password == current_password:
        raise WeakPassword(field="new_password")
    actor, now = await ctx.identify(allow_first_password=True), ctx.caller.read_clock()
    known = await find_own_credential(ctx.session, actor)
    device = await ctx.session.scalar(device_of(actor.school_id, actor.session_id))
    try:
        await prove_password(ctx, known.login, current_password, device_id=device, known=known)
    except WrongCredentials:
        raise WrongCredentials(field="current_password") from None
    fresh = {
        "password_hash": await passwords.hash_password(new_password),
        "must_change_password": False,
        "password_changed_at": now,
    }
    await set_school(ctx.session, actor.school_id)
    same = (Credential.id == known.id, Credential.password_hash == known.password_hash)
    changed = update(Credential).where(*same).values(fresh).returning(Credential.id)
    if await ctx.session.scalar(changed) is None:  # another change was quicker
        raise WrongCredentials(field="current_password")
    await end_sessions_everywhere(ctx.session, known.id, actor.school_id, now, but=actor.session_id)
    await write_entry(ctx, actor.school_id, "changePassword")
    await ctx.session.commit()
    ctx.become(ctx.caller.token)
    return PasswordChanged(now)
