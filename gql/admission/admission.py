"""The admission of operations: payment and a place before each runs."""

import time
from functools import lru_cache

from gql.admission.budget import Budget, BudgetStatus, Payer, Purse
from gql.admission.gate import Gate
from gql.admission.problems import Overloaded, RateLimited
from gql.admission.store import Store
from gql.guard.limits_of_use import LimitsOfUse
from gql.guard.walk import Trait
from resolvers.services.sessions import Known
from resolvers.services.tries import network_of

LONGEST_WAIT = 1.0
"""Seconds that an operation may wait in the queues of its account and of the process together."""
LONGEST_PASSWORD_WAIT = 20.0
"""The same for one that tries a password: at half past eight a whole school signs in, and each
password takes a core for a tenth of a second."""
MOST_PASSWORDS, MOST_PASSWORDS_WAITING = 16, 400
"""Operations that try a password at once, and those that wait. They have a queue of their own, so
that operations that read need not wait for passwords."""
HEAVY = 3_000
"""The cost for which an operation takes one more place."""
LEAST = 1
"""The least cost of an operation."""
PASSWORD = 1_000
"""The extra cost of an operation that tries a password: the CPU time of reading so many objects."""
MOST_CLIENTS = 20_000
"""Accounts and addresses whose points a process keeps in memory. A forgotten one loses at most one
handful of points."""

find_network = lru_cache(10_000)(network_of)


class Client:
    """An account, or an address of strangers, with its purses and its gate.

    purses: Its own, and that of the account's school. Each of them pays for an operation.
    """

    __slots__ = ("gate", "purses")

    def __init__(self, gate: Gate, *purses: Purse) -> None:
        self.gate, self.purses = gate, purses

    def pay_at_once(self, cost: int, now: float) -> bool:
        """Spend points at hand; return whether there were enough."""
        for paid, purse in enumerate(self.purses):
            if not purse.spend(cost, now):
                for one in self.purses[:paid]:
                    one.give_back(cost)
                return False
        return True

    async def pay(self, cost: int) -> None:
        """Spend points of all budgets, or of none. Raises RateLimited, OperationTooComplex."""
        now, paid = time.monotonic(), 0
        try:
            for purse in self.purses:
                if not purse.spend(cost, now):
                    await purse.draw(cost)
                paid += 1
        except BaseException:
            for purse in self.purses[:paid]:
                purse.give_back(cost)
            raise

    def give_back(self, cost: int) -> None:
        """Undo the payment of an operation."""
        for purse in self.purses:
            purse.give_back(cost)


class Place:
    """A place among the operations that run, and its price.

    cost: Points.
    weight: Places that it takes; 0 for a subscription, which waits most of the time.
    """

    __slots__ = ("admission", "client", "common", "cost", "weight")

    def __init__(self, admission: "Admission", client: Client, cost: int, weight: int,
                 common: Gate) -> None:  # fmt: skip
        self.admission, self.client, self.common = admission, client, common
        self.cost, self.weight = cost, weight

    def enter_at_once(self) -> bool:
        """Pay and take the place if no wait is needed; return whether it was so. Most operations
        enter in this way, as a coroutine would double the cost."""
        client, weight = self.client, self.weight
        if not client.pay_at_once(self.cost, time.monotonic()):
            return False
        if weight and not self.take(weight):
            client.give_back(self.cost)
            return False
        self.admission.admitted += 1
        return True

    def standing(self) -> BudgetStatus:
        """Return the state of the client's own budget after the payment. That of the school is not
        shown: it would tell what other people do."""
        return self.client.purses[0].standing(self.cost, time.monotonic())

    async def enter(self) -> None:
        """Pay and take the place. Raises RateLimited, OperationTooComplex, Overloaded; then nothing
        was paid and no place is taken."""
        admission, weight = self.admission, self.weight
        try:
            await self.client.pay(self.cost)
        except RateLimited:
            admission.limited += 1
            raise
        if weight and not self.take(weight):
            await self.wait(weight)
        admission.admitted += 1

    def take(self, weight: int) -> bool:
        """Take the place if there is room; return whether there was."""
        own = self.client.gate
        if not own.enter(weight):
            return False
        if self.common.enter(weight):
            return True
        own.leave(weight)
        return False

    async def wait(self, weight: int) -> None:
        """Wait for room, and take the place. Raises Overloaded."""
        own, common = self.client.gate, self.common
        is_password = common is self.admission.passwords
        end = time.monotonic() + (LONGEST_PASSWORD_WAIT if is_password else LONGEST_WAIT)
        try:
            if not own.enter(weight):
                await own.wait(weight, end)
            try:
                if not common.enter(weight):
                    await common.wait(weight, end)
            except BaseException:
                own.leave(weight)
                raise
        except BaseException as failure:
            self.client.give_back(self.cost)
            self.admission.shed += isinstance(failure, Overloaded)
            raise

    def leave(self) -> None:
        """Give the place back after the operation."""
        if self.weight:
            self.common.leave(self.weight)
            self.client.gate.leave(self.weight)


class Admission:
    """The admission of this process.

    pool_size: Database sessions of one kind. Three times as many operations may run at once, as
        there are three kinds.
    admitted, limited, shed: The numbers of operations that ran, that could not be paid for, and
        that found no place.
    """

    def __init__(self, limits: LimitsOfUse, pool_size: int, store: Store | None = None) -> None:
        self.limits, self.store = limits, store or Store()
        self.of_account = Budget(Payer.VIEWER, limits.most_points)
        self.of_address = Budget(Payer.ADDRESS, limits.most_stranger_points)
        self.of_school = Budget(Payer.SCHOOL, limits.most_school_points)
        self.gate = Gate(limits.most_running or 3 * pool_size, limits.most_waiting, sheds=True)
        self.passwords = Gate(MOST_PASSWORDS, MOST_PASSWORDS_WAITING)
        self.clients: dict[tuple[int, int] | str, Client] = {}
        self.schools: dict[int, Purse] = {}
        self.admitted = self.limited = self.shed = 0

    def place(
        self,
        known: Known | None,
        address: str | None,
        cost: int,
        trait: Trait | None = None,
    ) -> Place:
        """Return the place of an operation.

        known: The holder of the token; None for a stranger, whose address pays.
        cost: Its static cost; see `gql.guard.cost`.
        """
        cost, common = max(cost, LEAST), self.gate
        if trait is Trait.TRIES_PASSWORD:
            cost, common = cost + PASSWORD, self.passwords
        weight = 0 if trait is Trait.LISTENS else 1 + cost // HEAVY
        return Place(self, self.client(known, address), cost, weight, common)

    def client(self, known: Known | None, address: str | None) -> Client:
        """Return the client: the account of a token's holder, or the address of a stranger."""
        actor = known.actor if known else None
        key = (actor.school_id, actor.account_id) if actor else find_network(address)
        if (found := self.clients.get(key)) is None:
            if len(self.clients) >= MOST_CLIENTS:
                self.forget_idle()
            found = self.clients[key] = self.new_client(key)
        return found

    def new_client(self, key: tuple[int, int] | str) -> Client:
        limits, store = self.limits, self.store
        if isinstance(key, str):
            gate = Gate(limits.most_stranger_running, limits.most_stranger_waiting)
            return Client(gate, Purse(self.of_address, key, store))
        school_id, account_id = key
        if (school := self.schools.get(school_id)) is None:
            school = self.schools[school_id] = Purse(self.of_school, str(school_id), store)
        running, waiting = limits.most_account_running, limits.most_account_waiting
        gate = Gate(running, waiting, sheds=True)
        return Client(gate, Purse(self.of_account, f"{school_id}-{account_id}", store), school)

    def forget_idle(self) -> None:
        """Forget half of the clients: the oldest of those that run nothing."""
        idle = [key for key, one in self.clients.items() if not one.gate.inside]
        for key in idle[: MOST_CLIENTS // 2]:
            del self.clients[key]
