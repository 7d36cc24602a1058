"""Budgets: how many points an account, an address of strangers and a school may spend in a minute.

An operation costs what the guard found it to cost. Points come back steadily within a minute. A
process draws points from the store by the handful and spends them from there, so that most
operations cost a subtraction and wait for nothing. What is left of a handful a minute later has
come back in the store, and is dropped here.
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
"""A handful is one part of so many of a budget: for each process that serves somebody, one may lie
unused."""


class Payer(Enum):
    """Whose budget it is."""

    VIEWER = "VIEWER"
    ADDRESS = "ADDRESS"
    SCHOOL = "SCHOOL"


@dataclass(frozen=True, slots=True)
class Budget:
    """How much each payer of a kind may spend.

    points: In a window.
    """

    payer: Payer
    points: int
    item: RateLimitItem = field(init=False)
    handful: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "item", item_of(self.points, self.payer.value.lower()))
        object.__setattr__(self, "handful", max(1, self.points // HANDFULS))


class Standing(NamedTuple):
    """The state of a budget after an operation was paid for.

    reset: Seconds until all points are there again, if no more are spent.
    """

    cost: int
    limit: int
    remaining: int
    reset: int


class Purse:
    """What one payer may spend.

    at_hand: Points that were drawn from the store and not spent yet.
    good_until: When they are dropped, by `time.monotonic`.
    """

    __slots__ = ("at_hand", "budget", "drawing", "good_until", "key", "store", "tally")

    def __init__(self, budget: Budget, key: str, store: Store) -> None:
        self.budget, self.key, self.store = budget, key, store
        self.at_hand, self.good_until = 0, 0.0
        self.tally = Tally()
        self.drawing: asyncio.Lock | None = None

    def spend(self, cost: int, now: float) -> bool:
        """Spend points at hand; whether there were enough."""
        if self.at_hand < cost or now >= self.good_until:
            return False
        self.at_hand -= cost
        return True

    async def draw(self, cost: int) -> None:
        """Spend points when there are not enough at hand. Raises RateLimited, and
        OperationTooComplex for more than the whole budget."""
        require("cost", cost, self.budget.points)
        self.drawing = self.drawing or asyncio.Lock()
        async with self.drawing:  # of a hundred who ask at once one draws
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
        """Draw a handful, or if that is too much what is missing."""
        budget, store = self.budget, self.store
        for points in dict.fromkeys((max(missing, budget.handful), missing)):
            if await store.take(budget.item, self.key, points):
                self.at_hand += points
                break
        self.tally = await store.tally(budget.item, self.key)

    def give_back(self, cost: int) -> None:
        """After an operation that was paid for and not run."""
        self.at_hand += cost

    def wait(self, points: int, now: float) -> float:
        """Seconds until the store has so many points, as far as is known here."""
        return max(0.0, self.tally.falls_to(self.budget.points - points) - now)

    def refusal(self, cost: int, now: float) -> RateLimited:
        """The refusal of an operation, with the seconds until there are enough points. It does not
        tell what is left of a school's budget: that would tell what other people do."""
        seconds = max(1, ceil(self.wait(cost - self.at_hand, now)))
        state = self.standing(cost, now)
        payer = self.budget.payer
        told = {"limit": state.limit, "remaining": state.remaining}
        own = told if payer is not Payer.SCHOOL else {}
        return RateLimited(retry_after=seconds, budget=payer.value, cost=cost, **own)

    def standing(self, cost: int, now: float) -> Standing:
        """The state of the budget, for one whose operation cost so much."""
        points, tally = self.budget.points, self.tally
        remaining = int(points - tally.spent(now))
        if now < self.good_until:
            remaining += self.at_hand
        if remaining >= points:
            return Standing(cost, points, points, 0)
        return Standing(cost, points, max(0, remaining), int(tally.ends - now) + 1)
