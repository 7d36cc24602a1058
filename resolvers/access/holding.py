"""Sessions at addresses to which browsers send no access token."""

from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncSession

from resolvers.core.context import Caller, Services, set_school
from resolvers.core.identify import holder_of


class SessionKey(NamedTuple):
    """The key of a session in a school."""

    school_id: int
    session_id: int


async def session_of(caller: Caller) -> SessionKey:
    """Return the session of an access token. Raises Unauthenticated and ServiceUnavailable."""
    async with caller.open() as ctx:
        actor = await ctx.identify(allow_first_password=True)
    return SessionKey(actor.school_id, actor.session_id)


async def is_alive(services: Services, key: SessionKey) -> bool:
    """Whether a session is open and its role still holds. Raises ServiceUnavailable."""
    async with AsyncSession(services.engine) as session:
        await set_school(session, key.school_id)
        holder = await holder_of(session, key.school_id, key.session_id, services.now())
    return holder is not None
