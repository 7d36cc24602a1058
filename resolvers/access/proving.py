"""The one place where a password is looked at, slowed down by what failed before."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from models.problems import Problem
from resolvers.access import passwords
from resolvers.access.logins import credentials_named
from resolvers.core.context import Ctx
from resolvers.services.tries import count_try, password_counters, take_back


class WrongCredentials(Problem):
    """Login or password is wrong; after several wrong ones there is a wait before the next try."""

    russian = "Неверный логин или пароль; после нескольких неверных нужно подождать."


async def proven(
    ctx: Ctx, login: str, password: str, *, device_id: int | None = None, known: Any = None
) -> list[Any]:
    """The credentials that a login opens with this password, at least one. Ends the transaction.
    Raises WrongCredentials, and TooManyTries before it costs anything to look at the password.

    device_id: Of the device that asks, if it is known to the login.
    known: The credential it must be, of one who is signed in with it.
    """
    session, services = ctx.session, ctx.caller.services
    limits, address = services.tries.limits, ctx.caller.address
    counters = password_counters(services.secrets, login, address, device_id)
    await session.rollback()
    async with services.tries.turns:
        now = ctx.caller.now()  # not before the turn: in overload a try waits long for it
        await count_try(session, limits, counters, now)
        named = [known] if known else await credentials_in_use(ctx, login, now)
        await session.rollback()  # no connection is kept while a password is worked on
        right = await opened_by(password, named)
        if password == passwords.DEMO_PASSWORD and not services.made_up:
            right = []  # the demo was loaded while the server was running for real use
        if not right:
            raise WrongCredentials
        # Within the turn: right passwords that still count as failures would make others wait.
        await take_back(session, limits, counters, now)
        await session.commit()
    return right


async def credentials_in_use(ctx: Ctx, login: str, now: datetime) -> Sequence[Any]:
    """What the login may open, but for one-time passwords that were not used in time: those are
    looked at as if they were nobody's."""
    named = await credentials_named(ctx.session, login)
    return [None if passwords.ran_out(one, now) else one for one in named]


async def opened_by(password: str, named: Sequence[Any]) -> list[Any]:
    """Those of the credentials with this password. An unknown login takes as long as a known one,
    and one that opens several credentials about as long as one that opens one."""
    tried = named or [None]
    matching = (passwords.matches(one.password_hash if one else None, password) for one in tried)
    found = await asyncio.gather(*matching)
    return [one for one, matches in zip(tried, found, strict=True) if matches and one is not None]
