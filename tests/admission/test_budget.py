"""The points that clients may spend, counted in memory."""

import asyncio
from types import SimpleNamespace

import pytest

from gql.admission import budget
from gql.admission.budget import HANDFULS, Budget, Payer, Purse
from gql.admission.problems import RateLimited
from gql.admission.store import WINDOW, Store, SweptMemory
from models.problems import OperationTooComplex

POINTS = 1_000


class Time:
    """The time as budgets and the library see it."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Time:
    clock = Time()
    stopped = SimpleNamespace(time=clock, monotonic=clock)
    for module in ("limits.aio.storage.memory", "gql.admission.store", "gql.admission.budget"):
        monkeypatch.setattr(f"{module}.time", stopped)
    return clock


@pytest.fixture
def store(clock: Time) -> Store:
    return Store()


def open_purse(store: Store, points: int = POINTS, key: str = "1-1") -> Purse:
    return Purse(Budget(Payer.VIEWER, points), key, store)


async def spend_all(purse: Purse, cost: int) -> int:
    """Count the operations of this cost that are paid for before one is refused."""
    count = 0
    while True:
        try:
            if not purse.spend(cost, get_time()):
                await purse.draw(cost)
        except RateLimited:
            return count
        count += 1


def get_time() -> float:
    """Return the time as the product sees it."""
    return budget.time.monotonic()  # type: ignore[attr-defined, no-any-return]


async def test_exactly_the_budget_is_spent(store: Store) -> None:
    assert await spend_all(open_purse(store), 7) == POINTS // 7


async def test_the_remaining_points_are_told_after_each_operation(store: Store) -> None:
    purse, left = open_purse(store), POINTS
    for cost in (1, 30, 200, 49, 51):
        if not purse.spend(cost, get_time()):
            await purse.draw(cost)
        left -= cost
        state = purse.standing(cost, get_time())
        assert (state.cost, state.limit, state.remaining) == (cost, POINTS, left)


async def test_points_come_back_steadily(store: Store, clock: Time) -> None:
    purse = open_purse(store)
    clock.now -= clock.now % WINDOW  # the library's windows begin at whole minutes
    await spend_all(purse, 10)
    assert purse.standing(10, get_time()).remaining == 0
    clock.now += WINDOW * 1.5
    assert purse.standing(10, get_time()).remaining == pytest.approx(POINTS / 2, abs=10)
    assert await spend_all(purse, 10) == pytest.approx(POINTS / 2 / 10, abs=1)


async def test_all_of_it_is_there_again_when_the_refusal_says_so(store: Store, clock: Time) -> None:
    purse = open_purse(store)
    await spend_all(purse, 10)
    clock.now += purse.standing(10, get_time()).reset
    assert purse.standing(10, get_time()).remaining == POINTS
    assert await spend_all(purse, 10) == POINTS // 10


@pytest.mark.parametrize("cost", [1, 10, 333, POINTS])
@pytest.mark.parametrize("later", [0, 17, 59])
async def test_a_client_that_waits_as_long_as_told_is_let_in(
    store: Store, clock: Time, cost: int, later: int
) -> None:
    purse = open_purse(store)
    clock.now += later
    await spend_all(purse, 10)
    await spend_all(purse, 1)
    with pytest.raises(RateLimited) as refused:
        await purse.draw(cost)
    clock.now += refused.value.retry_after - 1.001
    with pytest.raises(RateLimited):
        await purse.draw(cost)
    clock.now += 1.001
    await purse.draw(cost)


async def test_a_refusal_costs_nothing(store: Store) -> None:
    purse = open_purse(store)
    await purse.draw(POINTS - 10)
    for _ in range(50):
        with pytest.raises(RateLimited):
            await purse.draw(20)
    assert await spend_all(purse, 10) == 1


async def test_an_operation_that_costs_more_than_the_budget_is_too_complex(store: Store) -> None:
    with pytest.raises(OperationTooComplex):
        await open_purse(store).draw(POINTS + 1)


async def test_one_does_not_pay_for_another(store: Store) -> None:
    await spend_all(open_purse(store, key="1-1"), 10)
    assert await spend_all(open_purse(store, key="1-2"), 10) == POINTS // 10
    assert await spend_all(open_purse(store, key="11"), 10) == POINTS // 10


async def test_two_processes_share_a_budget_except_for_a_handful(store: Store) -> None:
    here, there = open_purse(store), open_purse(store)
    await here.draw(1)
    assert await spend_all(there, 1) + await spend_all(here, 1) + 1 == POINTS


async def test_points_at_hand_expire_when_the_budget_is_full_again(
    store: Store, clock: Time
) -> None:
    """Otherwise a process would give out the same points twice."""
    purse = open_purse(store)
    await purse.draw(1)
    clock.now += 2 * WINDOW
    assert await spend_all(purse, 1) == POINTS


async def test_the_store_is_asked_a_few_times_a_minute(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    take = store.take

    async def count_and_take(*args: object) -> bool:
        asked.append(args)
        return await take(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(store, "take", count_and_take)
    await spend_all(open_purse(store), 1)
    assert len(asked) <= HANDFULS + 2


async def test_of_many_who_ask_at_once_nobody_gets_points_twice(store: Store) -> None:
    purse = open_purse(store)

    async def spend() -> bool:
        await asyncio.sleep(0)
        try:
            if not purse.spend(10, get_time()):
                await purse.draw(10)
        except RateLimited:
            return False
        return True

    paid = await asyncio.gather(*(spend() for _ in range(150)))
    assert sum(paid) == POINTS // 10


async def test_memory_forgets_clients_that_ask_no_more(clock: Time) -> None:
    memory = SweptMemory()
    for number in range(100):
        await memory.incr(f"key{number}", 2 * WINDOW)
    clock.now += 3 * WINDOW
    await memory.incr("one", 2 * WINDOW)
    assert set(memory.storage) == set(memory.expirations) == {"one"}


async def test_memory_is_bounded(clock: Time, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gql.admission.store.MOST_KEYS", 50)
    memory = SweptMemory()
    for number in range(200):
        clock.now += 0.001
        await memory.incr(f"key{number}", 2 * WINDOW)
    clock.now += 10
    await memory.incr("last", 2 * WINDOW)
    assert len(memory.storage) == 51
    assert "key199" in memory.storage
