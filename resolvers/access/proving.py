"""The check of passwords. All code that checks one calls it, so that failed tries slow down the
next ones."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from models.problems import Problem
from resolvers.access import passwords
from resolvers.access.logins import find_credentials
from resolvers.core.context import Ctx
from resolvers.services.tries import count_try, password_counters, take_back


class WrongCredentials(Problem):
    """Login or password is wrong; after several wrong ones there is a wait before the next try."""

    russian = "Неверный логин или пароль; после нескольких неверных нужно подождать."


async def prove_password(
    ctx: Ctx, login: str, password: str, *, device_id: int | None = None, known: Any = None
) -> list[Any]:
    """Return the credentials that a login opens with this password, at least one, and end the
    transaction. Raises WrongCredentials, and TooManyTries before any hash is computed.

    device_id: The device that asks, if the login knows it.
    known: The credential that the password must open, for somebody who is signed in with it.
    """
    session, services = ctx.session, ctx.caller.services
    limits, address = services.tries.limits, ctx.caller.address
    counters = password_counters(services.secrets, login, address, device_id)
    await session.rollback()
    async with services.tries.turns:
        now = ctx.caller.read_clock()  # inside the turn: in overload a try waits long for it
        await count_try(session, limits, counters, now)
        named = [known] if known else await find_usable(ctx, login, now)
        await session.rollback()  # no connection is held while a hash is computed
        right = await find_opened(password, named)
        if password == passwords.DEMO_PASSWORD and not services.made_up:
            right = []  # the demo may have been loaded while the server was in real use
        if not right:
            raise WrongCredentials
        # Inside the turn: a right password that still counts as a failure makes others wait.
        await take_back(session, limits, counters, now)
        await session.commit()
    return right


async def find_usable(ctx: Ctx, login: str, now: datetime) -> Sequence[Any]:
    """Return the credentials that the login may open, with None in place of those whose one-time
    password has expired: they take as long to check as an unknown login."""
    named = await find_credentials(ctx.session, login)
    return [None if passwords.has_expired(one, now) else one for one in named]


async def find_opened(password: str, named: Sequence[Any]) -> list[Any]:
    """Return the credentials with this password. An unknown login takes as long as a known one, and
    a login of several credentials about as long as a login of one."""
    tried = named or [None]
    matching = (passwords.matches(one.password_hash if one else None, password) for one in tried)
    found = await asyncio.gather(*matching)
    return [one for one, matches in zip(tried, found, strict=True) if matches and one is not None]
