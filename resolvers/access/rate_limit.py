"""What the one who asks may still spend."""

from dataclasses import dataclass
from datetime import datetime

from resolvers.core.command import request_query
from resolvers.core.context import Caller


@dataclass(frozen=True)
class RateLimit:
    """The budget of the one who asks (лимит запросов): of their account, or of their address if
    they have not signed in. Each operation costs points, which come back within a minute.

    cost: Points that this operation cost: about one for each object it asks for.
    limit: Points that may be spent in a minute.
    remaining: Points that are left, this operation paid for.
    reset_at: When all points will be there again if no more are spent.
    """

    cost: int
    limit: int
    remaining: int
    reset_at: datetime


@request_query
def find_rate_limit(caller: Caller) -> RateLimit | None:
    """What the one who asks may still spend; a stranger hears of the budget of their address."""
    told: RateLimit | None = caller.rate_limit() if caller.rate_limit else None
    return told
