"""Budgets: the points that an account, an address of strangers and a school may spend in a minute.

The guard computes the cost of an operation. Points come back steadily within a minute. A process
draws points from the store by the handful and spends them in memory, so that most operations take
one subtraction and no wait. The rest of a handful is dropped after a minute, when the store has
refilled it.
"""

import asyncio
import time
from dataclasses import dataclass, field
from enum import Enum
from math import ceil
from typing import NamedTuple

from limits import RateLimitItem

from gql.admission.problems import RateLimited
from gql.admission.store import WINDOW, Store, Tally, item_of
from gql.guard.over_limit import require

HANDFULS = 20
"""A handful is one part of so many of a budget. Each process that serves a payer may hold one
unused."""


class Payer(Enum):
    """The kind of a budget's owner."""

    VIEWER = "VIEWER"
    ADDRESS = "ADDRESS"
    SCHOOL = "SCHOOL"


@dataclass(frozen=True, slots=True)
class Budget:
    """The budget of each payer of a kind.

    points: Per window.
    """

    payer: Payer
    points: int
    item: RateLimitItem = field(init=False)
    handful: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "item", item_of(self.points, self.payer.value.lower()))
        object.__setattr__(self, "handful", max(1, self.points // HANDFULS))


class BudgetStatus(NamedTuple):
    """The state of a budget after a payment.

    reset: Seconds until the budget is full, if no more points are spent.
    """

    cost: int
    limit: int
    remaining: int
    reset: int


class Purse:
    """The points of one payer in this process.

    at_hand: Points that were drawn from the store and not spent yet.
    good_until: The time when they are dropped, by `time.monotonic`.
    """

    __slots__ = ("at_hand", "budget", "drawing", "good_until", "key", "store", "tally")

    def __init__(self, budget: Budget, key: str, store: Store) -> None:
        self.budget, self.key, self.store = budget, key, store
        self.at_hand, self.good_until = 0, 0.0
        self.tally = Tally()
        self.drawing: asyncio.Lock | None = None

    def spend(self, cost: int, now: float) -> bool:
        """Spend points at hand; return whether there were enough."""
        if self.at_hand < cost or now >= self.good_until:
            return False
        self.at_hand -= cost
        return True

    async def draw(self, cost: int) -> None:
        """Draw points from the store and spend them. Raises RateLimited, and OperationTooComplex
        for more than the whole budget."""
        require("cost", cost, self.budget.points)
        self.drawing = self.drawing or asyncio.Lock()
        async with (
            self.drawing
        ):  # otherwise a hundred operations at once would draw a hundred times
            now = time.monotonic()
            if self.spend(cost, now):
                return
            if now >= self.good_until:
                self.at_hand = 0
            missing = cost - self.at_hand
            if self.wait(missing, now) == 0:
                await self.take(missing)
            now = time.monotonic()
            if self.at_hand < cost:
                raise self.refusal(cost, now)
            self.good_until = now + WINDOW
            self.at_hand -= cost

    async def take(self, missing: int) -> None:
        """Draw a handful, or only the missing points if that is too much."""
        budget, store = self.budget, self.store
        for points in dict.fromkeys((max(missing, budget.handful), missing)):
            if await store.take(budget.item, self.key, points):
                self.at_hand += points
                break
        self.tally = await store.tally(budget.item, self.key)

    def give_back(self, cost: int) -> None:
        """Add the points of an operation that did not run."""
        self.at_hand += cost

    def wait(self, points: int, now: float) -> float:
        """Return the seconds until the store has so many points, by the last tally."""
        return max(0.0, self.tally.falls_to(self.budget.points - points) - now)

    def refusal(self, cost: int, now: float) -> RateLimited:
        """Return the refusal of an operation, with the seconds until there are enough points. It
        does not show a school's remaining points: they would tell what other people do."""
        seconds = max(1, ceil(self.wait(cost - self.at_hand, now)))
        state = self.standing(cost, now)
        payer = self.budget.payer
        told = {"limit": state.limit, "remaining": state.remaining}
        own = told if payer is not Payer.SCHOOL else {}
        return RateLimited(retry_after=seconds, budget=payer.value, cost=cost, **own)

    def standing(self, cost: int, now: float) -> BudgetStatus:
        """Return the state of the budget after an operation of that cost."""
        points, tally = self.budget.points, self.tally
        remaining = int(points - tally.count_spent(now))
        if now < self.good_until:
            remaining += self.at_hand
        if remaining >= points:
            return BudgetStatus(cost, points, points, 0)
        return BudgetStatus(cost, points, max(0, remaining), int(tally.ends - now) + 1)
