"""Slowing down who guesses passwords, whosever the login is and whether or not there is one."""

import hashlib
from datetime import datetime, timedelta

from sqlalchemy import case, delete, func, or_, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from models.access.sessions import SignInFailure
from models.problems import Problem

FREE_TRIES = 5
LONGEST_WAIT = timedelta(minutes=15)
DOUBLED = 5
"""How often 30 seconds are doubled until they are longer than the longest wait."""
FORGOTTEN = timedelta(days=1)
SWEPT = 100
"""Forgotten failures are swept away in passing, so many at a time."""


class TooManyTries(Problem):
    """Too many wrong passwords for this login; try again when `retryAt` has come."""

    russian = "Слишком много неверных паролей для этого логина; попробуйте позже."


def key_of(login: str) -> bytes:
    return hashlib.sha256(login.strip().lower().encode("utf-8", "replace")).digest()


async def count_try(session: AsyncSession, login: str, now: datetime) -> None:
    """Count a try as failed before the password is looked at: a hundred at once are a hundred.
    After the fifth one must wait, at first 30 seconds, then twice as long each time up to 15
    minutes. Raises TooManyTries while one must."""
    failures = case(
        (SignInFailure.retry_at <= now - FORGOTTEN, 1), else_=SignInFailure.failures + 1
    )
    doubled = func.power(2, func.least(func.greatest(failures - FREE_TRIES, 0), DOUBLED))
    wait = func.least(text("interval '30 seconds'") * doubled, LONGEST_WAIT)
    new = insert(SignInFailure).values(login_hash=key_of(login), failures=1, retry_at=now)
    counted = new.on_conflict_do_update(
        index_elements=["login_hash"],
        set_={"failures": failures, "retry_at": now + wait},
        where=or_(SignInFailure.failures < FREE_TRIES, SignInFailure.retry_at <= now),
    )
    allowed = await session.scalar(counted.returning(SignInFailure.failures))
    mine = select(SignInFailure.retry_at).where(SignInFailure.login_hash == key_of(login))
    retry_at = None if allowed else await session.scalar(mine)
    await session.commit()
    if retry_at:
        raise TooManyTries(retry_at=retry_at)


async def forget_tries(session: AsyncSession, login: str, now: datetime) -> None:
    """The password was right, or is another now; the caller commits."""
    mine = SignInFailure.login_hash == key_of(login)
    old = select(SignInFailure.login_hash).where(SignInFailure.retry_at <= now - FORGOTTEN)
    swept = old.limit(SWEPT).with_for_update(skip_locked=True)
    await session.execute(delete(SignInFailure).where(mine))
    await session.execute(delete(SignInFailure).where(SignInFailure.login_hash.in_(swept)))
