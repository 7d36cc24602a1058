"""Admission of operations from every transport: who pays, the cost, and where clients read both.

Clients read them in three places: the root field `rateLimit`; `extensions.cost`, if the
request has `"extensions": {"cost": true}`; and over HTTP the headers `RateLimit-Limit`,
`RateLimit-Remaining` and `RateLimit-Reset` of draft-ietf-httpapi-ratelimit-headers-06, in points
and seconds. Later drafts put them into one structured field, which few clients read.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from types import TracebackType

from gql.admission.admission import Admission, Place
from gql.admission.budget import BudgetStatus
from gql.scalars import write_date_time
from gql.transport.exchange import Exchange
from resolvers.access.rate_limit import RateLimit

ADMITTED = "admitted"


class AdmissionAdapter:
    """The adapter between transports and `gql.admission`: `async with admit(exchange):`."""

    def __init__(self, admission: Admission, now: Callable[[], datetime]) -> None:
        self.admission, self.now = admission, now

    def __call__(self, exchange: Exchange) -> "AdmittedOperation":
        """Return the context manager in which an operation runs; its document was read."""
        asker, request, document = exchange.asker, exchange.request, exchange.document
        assert request and document  # noqa: PT018, S101  # else there is nothing to execute
        trait = None
        if document.traits and not asker.runs_nothing:
            trait = document.traits.get(request.name)
        place = self.admission.place(asker.known, asker.address, exchange.cost or 0, trait)
        balance = BudgetState(place, self.now)
        asker.rate_limit, exchange.cost = balance.rate_limit, place.cost
        return AdmittedOperation(exchange, balance)


class AdmittedOperation:
    """A context manager that holds the place of an operation while it runs."""

    __slots__ = ("balance", "exchange", "place")

    def __init__(self, exchange: Exchange, balance: "BudgetState") -> None:
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
        """Put the state of the budget into the headers and extensions of the response."""
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


class BudgetState:
    """The state of the budget that paid, read once so that all places of the answer agree.

    It has no reference to the exchange, whose asker refers to it: a cycle would stay in memory
    until the garbage collector runs.
    """

    __slots__ = ("now", "place", "state", "told")

    def __init__(self, place: Place, now: Callable[[], datetime]) -> None:
        self.place, self.now = place, now
        self.state: BudgetStatus | None = None
        self.told: RateLimit | None = None

    def standing(self) -> BudgetStatus:
        if self.state is None:
            self.state = self.place.standing()
        return self.state

    def rate_limit(self) -> RateLimit:
        """Return the value of the root field `rateLimit`."""
        if self.told is None:
            state = self.standing()
            reset_at = self.now() + timedelta(seconds=state.reset)
            self.told = RateLimit(state.cost, state.limit, state.remaining, reset_at)
        return self.told
