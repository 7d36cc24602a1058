"""The rate limit of the caller."""

from dataclasses import dataclass
from datetime import datetime

from resolvers.core.command import request_query
from resolvers.core.context import Caller


@dataclass(frozen=True)
class RateLimit:
    """The budget of the caller's account, or of their address if they have not signed in (лимит
    запросов). Each operation costs points, which come back within a minute.

    cost: Points that this operation cost: about one for each object that it asks for.
    limit: Points that may be spent in a minute.
    remaining: Points that are left after this operation.
    reset_at: When all points are available again if no more are spent.
    """

    cost: int
    limit: int
    remaining: int
    reset_at: datetime


@request_query
def find_rate_limit(caller: Caller) -> RateLimit | None:
    """The rate limit of the caller: of their account, or of their address before they sign in."""
    told: RateLimit | None = caller.rate_limit() if caller.rate_limit else None
    return told
