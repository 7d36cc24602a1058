"""Budgets that several processes share, in a real Redis."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from structlog.testing import capture_logs

from gql.admission import store as stores
from gql.admission.budget import HANDFULS, Budget, Payer, Purse
from gql.admission.problems import RateLimited
from gql.admission.store import Store, StoreProblem
from tests.admission.redis import Redis, start_redis

POINTS = 1_000


@pytest.fixture
def redis() -> Iterator[Redis]:
    with TemporaryDirectory() as directory, start_redis(Path(directory)) as redis:  # a short path
        yield redis


@pytest.fixture
async def purses(redis: Redis) -> AsyncIterator[tuple[Purse, Purse]]:
    """The purses of one client in two processes."""
    stores = [Store(redis.url) for _ in range(2)]
    budget = Budget(Payer.VIEWER, POINTS)
    yield Purse(budget, "1-1", stores[0]), Purse(budget, "1-1", stores[1])
    for store in stores:
        await store.close()


async def spend_all(purse: Purse, cost: int) -> int:
    """Count the operations of this cost that are paid for before one is refused."""
    count = 0
    try:
        while True:
            await purse.draw(cost)
            count += 1
    except RateLimited:
        return count


async def test_two_processes_spend_one_budget(purses: tuple[Purse, Purse]) -> None:
    here, there = purses
    await here.draw(1)
    handful = POINTS // HANDFULS
    elsewhere = await spend_all(there, 10)
    assert elsewhere == (POINTS - handful) // 10
    assert await spend_all(here, 10) == handful // 10 - 1
    assert await spend_all(there, 10) == 0


async def test_two_processes_at_once_never_spend_more_than_there_is(
    purses: tuple[Purse, Purse],
) -> None:
    counts = await asyncio.gather(*(spend_all(purse, 7) for purse in purses for _ in range(5)))
    assert POINTS - 2 * 7 - 2 * POINTS // HANDFULS <= sum(counts) * 7 <= POINTS


async def test_a_refusal_knows_when_points_come_back(purses: tuple[Purse, Purse]) -> None:
    here, there = purses
    await spend_all(here, 10)
    with pytest.raises(RateLimited) as refused:
        await there.draw(10)
    assert 1 <= refused.value.retry_after <= 2 * stores.WINDOW
    state = there.standing(10, 0)
    assert (state.limit, state.remaining) == (POINTS, 0)


async def test_while_redis_is_away_each_process_counts_for_itself(
    purses: tuple[Purse, Purse], redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = purses
    await here.draw(10)
    redis.stop()
    with capture_logs() as told:
        assert await spend_all(here, 10) >= POINTS // 10 - 1
        assert await spend_all(here, 10) == 0
    assert [line["event"] for line in told] == [
        "Redis is away: this process counts budgets for itself"
    ], "said once"
    monkeypatch.setattr(stores, "PAUSE", 0)
    here.store.asked_again_at = 0
    redis.start()
    with capture_logs() as told:
        assert await here.store.take(here.budget.item, "another", 10)
    assert [line["event"] for line in told] == ["Redis is back: budgets are shared again"]
    assert await there.store.tally(here.budget.item, "another")
    assert (await there.store.tally(here.budget.item, "another")).current == 10


async def test_a_redis_that_hangs_delays_one_operation_and_no_more(
    purses: tuple[Purse, Purse], redis: Redis
) -> None:
    here, _ = purses
    await here.draw(10)
    assert redis.process
    redis.process.send_signal(19)  # SIGSTOP
    asked = asyncio.get_running_loop().time()
    assert await spend_all(here, 10) >= POINTS // 10 - 1
    assert asyncio.get_running_loop().time() - asked < 10 * stores.PATIENCE
    redis.process.send_signal(18)  # SIGCONT


async def test_a_redis_that_refuses_us_is_reported_at_the_start(tmp_path: Path) -> None:
    with TemporaryDirectory() as directory, start_redis(Path(directory)) as redis:
        redis.stop()
        redis.start("--requirepass", "topsecret")
        store = Store(redis.url)
        with pytest.raises(StoreProblem) as refused:
            await store.check_connection()
        assert str(redis.socket) in str(refused.value)
        await store.close()
        wrong = Store(redis.url.replace("://", "://u:wrongsecret@"))
        with pytest.raises(StoreProblem) as refused:
            await wrong.check_connection()
        assert "secret" not in str(refused.value)
        await wrong.close()


async def test_a_redis_that_is_away_at_the_start_is_reported_in_the_log(
    redis: Redis,
) -> None:
    store = Store(redis.url)
    redis.stop()
    with capture_logs() as told:
        await store.check_connection()
    assert len(told) == 1
    await store.close()
