"""Watching the tokens of open connections: whether they are still good."""

from collections.abc import Collection, Mapping

from sqlalchemy.ext.asyncio import AsyncSession

from models.problems import Problem
from resolvers.access.identify import identify_all
from resolvers.context import READING, Services, stand_in
from resolvers.events.hearing import still_alive
from resolvers.events.problems import AccessRevoked, SessionEnded


async def ended_tokens(
    services: Services, school_id: int, tokens: Collection[str]
) -> Mapping[str, Problem]:
    """The tokens of a school that are good no more, each with the reason: SessionEnded, or
    AccessRevoked where only the role has ended. All are asked about in one statement. Raises
    ServiceUnavailable."""
    now = services.now()
    async with services.tails.turns.turn(), AsyncSession(services.engine) as session:
        await session.connection(execution_options=READING)
        await stand_in(session, school_id)
        good = await identify_all(session, school_id, tokens, now)
        over = set(tokens) - good.keys()
        alive = await still_alive(session, school_id, over, now) if over else set()
    return {token: AccessRevoked() if token in alive else SessionEnded() for token in over}
