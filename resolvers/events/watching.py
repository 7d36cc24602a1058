"""Checking whether the tokens of open connections are still valid."""

from collections.abc import Collection, Mapping

from sqlalchemy.ext.asyncio import AsyncSession

from models.problems import Problem
from resolvers.core.context import READING, Services, set_school
from resolvers.core.identify import sessions_of
from resolvers.events.problems import AccessRevoked, TokenEnded


async def ended_tokens(
    services: Services, school_id: int, tokens: Collection[str]
) -> Mapping[str, Problem]:
    """Return the invalid tokens of a school with the reason: TokenEnded, or AccessRevoked if only
    the role has ended. One statement checks all of them. Raises ServiceUnavailable."""
    async with services.tails.turns.turn(), AsyncSession(services.engine) as session:
        await session.connection(execution_options=READING)
        await set_school(session, school_id)
        living = await sessions_of(session, school_id, tokens, services.now())
    return {
        token: AccessRevoked() if token in living else TokenEnded()
        for token in tokens
        if not living.get(token)
    }
