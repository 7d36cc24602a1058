"""A server that keeps much is not held up by looking through all of it for garbage."""

import asyncio
import gc
from collections.abc import AsyncIterator, Iterator

import pytest

from gql.cli import collecting
from gql.engine.cache import Cache, CompiledOperation
from gql.guard.document import Document
from gql.guard.documents import Documents
from gql.guard.lane import Lane
from gql.guard.limits import Limits
from gql.schema import schema
from tests.garbage import set_apart, thresholds_kept
from tests.storm import DEPUTY, cheap


@pytest.fixture
def garbage() -> Iterator[None]:
    """With the usual thresholds; afterwards as the process had it before."""
    set_apart()
    with thresholds_kept():
        gc.set_threshold(700, 10, 10)
        yield
    gc.freeze()  # what was set apart before; a test may have undone it


@pytest.mark.usefixtures("garbage")
def test_documents_that_are_dropped_go_without_a_collection() -> None:
    """With their plans. What was set apart is not looked through, so a cycle would stay."""
    kept = Documents(schema._schema, Limits(most_kept=1))  # noqa: SLF001  # graphql-core's
    cache = Cache(schema, kept)
    gc.collect()
    before = count_kept()
    gc.disable()
    for number in range(100):
        text, variables = cheap(number)
        document = kept.read(text)
        assert not document.errors
        compiled = cache.operation(document, None)
        assert compiled
        cache.make_and_keep(compiled, DEPUTY, variables)
    stored = len(kept.waiting.kept) + len(kept.known.kept)
    assert stored < 50, "the others were dropped"
    assert count_kept() - before <= 2 * stored + 2


def count_kept() -> int:
    return sum(isinstance(one, Document | CompiledOperation) for one in gc.get_objects())


@pytest.fixture
async def collected(garbage: None, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[asyncio.Event]:
    """Collect as a server does, in a hurry. Set after a collection that something was found in."""
    monkeypatch.setattr(collecting, "SECONDS", 0.001)
    found = asyncio.Event()

    def note(phase: str, told: dict[str, int]) -> None:
        if phase == "stop" and told["generation"] == 2 and told["collected"]:
            found.set()

    gc.callbacks.append(note)
    yield found
    gc.callbacks.remove(note)


async def test_what_lives_is_set_apart_and_garbage_goes(collected: asyncio.Event) -> None:
    gc.collect()
    gc.disable()
    task = asyncio.create_task(collecting.collect_garbage(Lane()))
    await asyncio.sleep(0)
    before = gc.get_freeze_count()
    collected.clear()
    lives = [[number] for number in range(200_000)]
    make_cycle()
    async with asyncio.timeout(30):
        await collected.wait()
    assert gc.get_freeze_count() > before + len(lives) // 2
    task.cancel()


async def test_now_and_then_everything_is_looked_through(
    collected: asyncio.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collecting, "THOROUGH_SECONDS", 0.0)
    monkeypatch.setattr(collecting, "QUIET", 1e9)
    gc.collect()
    gc.disable()
    cycle = make_cycle()
    task = asyncio.create_task(collecting.collect_garbage(Lane()))
    await asyncio.sleep(0)  # by now it is set apart
    collected.clear()
    del cycle
    async with asyncio.timeout(30):
        await collected.wait()
    task.cancel()


def make_cycle() -> list[object]:
    cycle: list[object] = []
    cycle.append(cycle)
    return cycle


async def test_a_few_new_objects_are_not_set_apart(collected: asyncio.Event) -> None:
    """With them would be what the standard executor has in hand, which then stayed for an hour."""
    gc.collect()
    gc.disable()
    task = asyncio.create_task(collecting.collect_garbage(Lane()))
    await asyncio.sleep(0)
    before = gc.get_freeze_count()
    lives = [[number] for number in range(collecting.MOST_NEW // 4)]
    for _ in range(3):
        collected.clear()
        gc.collect(1)
        make_cycle()
        async with asyncio.timeout(30):
            await collected.wait()
    assert gc.get_freeze_count() <= before
    assert lives
    task.cancel()
