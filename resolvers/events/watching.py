"""Watching the tokens of open connections: whether they are still good."""

from collections.abc import Collection, Mapping

from sqlalchemy.ext.asyncio import AsyncSession

from models.problems import Problem
from resolvers.core.context import READING, Services, stand_in
from resolvers.core.identify import sessions_of
from resolvers.events.problems import AccessRevoked, TokenEnded


async def ended_tokens(
    services: Services, school_id: int, tokens: Collection[str]
) -> Mapping[str, Problem]:
    """The tokens of a school that are good no more, each with the reason: TokenEnded, or
    AccessRevoked where only the role has ended. One statement asks about all of them. Raises
    ServiceUnavailable."""
    async with services.tails.turns.turn(), AsyncSession(services.engine) as session:
        await session.connection(execution_options=READING)
        await stand_in(session, school_id)
        living = await sessions_of(session, school_id, tokens, services.now())
    return {
        token: AccessRevoked() if token in living else TokenEnded()
        for token in tokens
        if not living.get(token)
    }
