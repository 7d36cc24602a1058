"""The order in which gates let callers in, let them wait, or turn them away."""

import asyncio
from types import SimpleNamespace

import pytest

from gql.admission import gate as gates
from gql.admission.gate import BRIEFLY, INTERVAL, Gate
from gql.admission.problems import Overloaded

LONG = 30.0


async def let_tasks_run() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def get_time() -> float:
    """Return the time of the gate's clock, which some tests stop."""
    return float(vars(gates)["time"].monotonic())


def start_waiting(gate: Gate, weight: int = 1, seconds: float = LONG) -> asyncio.Task[None]:
    return asyncio.create_task(gate.wait(weight, get_time() + seconds))


async def cancel(*tasks: asyncio.Task[None]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The time as gates see it; the event loop has its own clock."""
    clock = SimpleNamespace(now=1000.0)
    monkeypatch.setattr(gates, "time", SimpleNamespace(monotonic=lambda: clock.now))
    return clock


async def test_a_gate_lets_in_as_much_as_it_may() -> None:
    gate = Gate(3, 5)
    assert [gate.enter(1) for _ in range(4)] == [True, True, True, False]
    gate.leave(1)
    assert gate.enter(1)


async def test_a_heavy_caller_takes_the_place_of_several() -> None:
    gate = Gate(4, 5)
    assert gate.enter(3)
    assert not gate.enter(2)
    assert gate.enter(1)


async def test_a_caller_heavier_than_the_gate_gets_in_alone() -> None:
    gate = Gate(4, 5)
    assert gate.enter(9)
    assert not gate.enter(1)
    gate.leave(9)
    assert gate.enter(1)
    assert not gate.enter(9)


async def test_the_first_to_come_is_the_first_to_go_in() -> None:
    gate, order = Gate(1, 5), list[int]()
    gate.enter(1)

    async def visit(number: int) -> None:
        await gate.wait(1, get_time() + LONG)
        order.append(number)
        gate.leave(1)

    visits = [asyncio.create_task(visit(number)) for number in range(4)]
    await let_tasks_run()
    gate.leave(1)
    await asyncio.gather(*visits)
    assert order == [0, 1, 2, 3]
    assert (gate.inside, gate.waiting) == (0, [])


async def test_nobody_slips_in_before_those_who_wait() -> None:
    gate = Gate(2, 5)
    gate.enter(1)
    heavy = start_waiting(gate, 2)
    await let_tasks_run()
    assert not gate.enter(1)
    gate.leave(1)
    await heavy
    assert gate.inside == 2


async def test_the_queue_is_short() -> None:
    gate = Gate(1, 2)
    gate.enter(1)
    queue = [start_waiting(gate) for _ in range(2)]
    await let_tasks_run()
    with pytest.raises(Overloaded) as refused:
        await gate.wait(1, get_time() + LONG)
    assert refused.value.extensions["code"] == "SERVICE_UNAVAILABLE"
    assert 1 <= refused.value.retry_after <= 4
    await cancel(*queue)


async def test_a_full_queue_that_sheds_turns_away_the_caller_who_waited_longest() -> None:
    gate = Gate(1, 2, sheds=True)
    gate.enter(1)
    queue = [start_waiting(gate) for _ in range(3)]
    await let_tasks_run()
    with pytest.raises(Overloaded):
        await queue[0]
    assert not queue[1].done()
    assert not queue[2].done()
    await cancel(*queue)


async def test_nobody_waits_longer_than_their_deadline() -> None:
    gate = Gate(1, 5)
    gate.enter(1)
    with pytest.raises(Overloaded):
        await gate.wait(1, get_time() + 0.01)
    assert gate.waiting == []
    gate.leave(1)
    assert gate.inside == 0


async def test_a_caller_who_leaves_the_queue_makes_room_for_those_behind() -> None:
    gate = Gate(2, 5)
    gate.enter(1)
    heavy, light = start_waiting(gate, 2), start_waiting(gate, 1)
    await let_tasks_run()
    await cancel(heavy)
    await light
    assert gate.inside == 2


async def test_a_caller_let_in_and_cancelled_at_the_same_moment_leaves_the_place() -> None:
    gate = Gate(1, 5)
    gate.enter(1)
    task = start_waiting(gate)
    await let_tasks_run()
    gate.leave(1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert gate.inside == 0


async def test_in_an_overload_the_last_to_come_goes_in_and_nobody_waits_long(
    time: SimpleNamespace,
) -> None:
    gate = Gate(1, 9, sheds=True)
    gate.enter(1)
    first = start_waiting(gate)
    await let_tasks_run()
    time.now += INTERVAL + 0.1
    last = start_waiting(gate)
    await let_tasks_run()
    gate.leave(1)
    await last
    late = start_waiting(gate)
    async with asyncio.timeout(BRIEFLY * 50):
        with pytest.raises(Overloaded):
            await late
    assert not first.done()
    await cancel(first)


async def test_when_the_queue_was_empty_again_the_overload_is_over(time: SimpleNamespace) -> None:
    gate = Gate(1, 9, sheds=True)
    gate.enter(1)
    first = start_waiting(gate)
    await let_tasks_run()
    time.now += INTERVAL + 0.1
    assert gate.is_overloaded
    gate.leave(1)
    await first
    queue = [start_waiting(gate), start_waiting(gate)]
    await let_tasks_run()
    assert not gate.is_overloaded
    gate.leave(1)
    await queue[0]
    await cancel(*queue)


async def test_a_gate_of_one_client_never_sheds(time: SimpleNamespace) -> None:
    gate = Gate(1, 9)
    gate.enter(1)
    first = start_waiting(gate)
    await let_tasks_run()
    time.now += INTERVAL * 10
    last = start_waiting(gate)
    await let_tasks_run()
    gate.leave(1)
    await first
    assert not last.done()
    await cancel(last)


async def test_time_in_the_first_queue_counts_in_the_second() -> None:
    """An operation has one deadline, however many queues it waits in."""
    own, common = Gate(1, 5), Gate(1, 5)
    assert own.enter(1)
    assert common.enter(1)
    end = get_time() + 0.05
    asyncio.get_running_loop().call_later(0.03, own.leave, 1)
    await own.wait(1, end)
    with pytest.raises(Overloaded):
        await common.wait(1, end)
    assert get_time() < end + 0.04
