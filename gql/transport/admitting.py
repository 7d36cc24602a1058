"""Admission of operations, whichever transport carries them: who pays, what it costs, and where the
numbers are told.

They are told in three places: the root field `rateLimit`; `extensions.cost` of the response, if the
request has `"extensions": {"cost": true}`; and over HTTP the headers `RateLimit-Limit`,
`RateLimit-Remaining` and `RateLimit-Reset` of draft-ietf-httpapi-ratelimit-headers-06, in points
and seconds. Later drafts put them into one structured field, which few clients read.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from types import TracebackType

from gql.admission.admission import Admission, Place
from gql.admission.budget import Standing
from gql.scalars import write_date_time
from gql.transport.exchange import Exchange
from resolvers.access.rate_limit import RateLimit

ADMITTED = "admitted"


class Admitting:
    """The seam between transports and `gql.admission`: `async with admitting(exchange):`."""

    def __init__(self, admission: Admission, now: Callable[[], datetime]) -> None:
        self.admission, self.now = admission, now

    def __call__(self, exchange: Exchange) -> "Entry":
        """The entry of an operation whose document was read."""
        asker, request, document = exchange.asker, exchange.request, exchange.document
        assert request and document  # noqa: PT018, S101  # else there is nothing to execute
        trait = None
        if document.traits and not asker.runs_nothing:
            trait = document.traits.get(request.name)
        place = self.admission.place(asker.known, asker.address, exchange.cost or 0, trait)
        balance = Balance(place, self.now)
        asker.rate_limit, exchange.cost = balance.rate_limit, place.cost
        return Entry(exchange, balance)


class Entry:
    """An operation on its way in, and out again."""

    __slots__ = ("balance", "exchange", "place")

    def __init__(self, exchange: Exchange, balance: "Balance") -> None:
        self.exchange, self.balance, self.place = exchange, balance, balance.place

    async def __aenter__(self) -> None:
        """Raises RateLimited, OperationTooComplex, Overloaded."""
        try:
            if not self.place.enter_at_once():
                await self.place.enter()
            self.exchange.admission = ADMITTED
        finally:
            self.tell()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.place.leave()

    def tell(self) -> None:
        """Put the state of the budget where the response takes it from."""
        exchange = self.exchange
        if exchange.transport == "http":
            _, limit, remaining, reset = self.balance.standing()
            exchange.headers += (
                (b"ratelimit-limit", b"%d" % limit),
                (b"ratelimit-remaining", b"%d" % remaining),
                (b"ratelimit-reset", b"%d" % reset),
            )
        asked = exchange.request.extensions if exchange.request else None
        if asked and asked.get("cost") is True:
            told = self.balance.rate_limit()
            exchange.extensions = {
                "cost": {
                    "cost": told.cost,
                    "limit": told.limit,
                    "remaining": told.remaining,
                    "resetAt": write_date_time(told.reset_at),
                }
            }


class Balance:
    """The state of the budget that paid, the same in all places of the answer.

    It knows nothing of the exchange, whose asker refers to it: garbage in a cycle stays until all
    of the memory is looked through.
    """

    __slots__ = ("now", "place", "state", "told")

    def __init__(self, place: Place, now: Callable[[], datetime]) -> None:
        self.place, self.now = place, now
        self.state: Standing | None = None
        self.told: RateLimit | None = None

    def standing(self) -> Standing:
        if self.state is None:
            self.state = self.place.standing()
        return self.state

    def rate_limit(self) -> RateLimit:
        """What the root field `rateLimit` tells."""
        if self.told is None:
            state = self.standing()
            reset_at = self.now() + timedelta(seconds=state.reset)
            self.told = RateLimit(state.cost, state.limit, state.remaining, reset_at)
        return self.told
