"""The budget of the viewer."""

from datetime import datetime

import strawberry

from gql.bridge import node, resolved
from resolvers.access import rate_limit


@node(rate_limit.RateLimit)
class RateLimit:
    cost: int
    limit: int
    remaining: int
    reset_at: datetime


@strawberry.type
class Query:
    rate_limit = resolved(rate_limit.find_rate_limit)
