"""Garbage collection does not stop a server that keeps many objects."""

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
from tests.storm import DEPUTY, make_cheap


@pytest.fixture
def usual_thresholds() -> Iterator[None]:
    """Set the usual thresholds, and afterwards those that the process had before."""
    set_apart()
    with thresholds_kept():
        gc.set_threshold(700, 10, 10)
        yield
    gc.freeze()  # objects that were frozen before; a test may have thawed them


@pytest.mark.usefixtures("usual_thresholds")
def test_documents_that_are_dropped_go_without_a_collection() -> None:
    """Neither documents nor their plans form cycles: frozen objects are not collected."""
    kept = Documents(schema._schema, Limits(most_kept=1))  # noqa: SLF001  # graphql-core's
    cache = Cache(schema, kept)
    gc.collect()
    before = count_kept()
    gc.disable()
    for number in range(100):
        text, variables = make_cheap(number)
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
async def collection(
    usual_thresholds: None, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[asyncio.Event]:
    """Collect as a server does, in a hurry. The event is set when a collection has found
    something."""
    monkeypatch.setattr(collecting, "SECONDS", 0.001)
    found = asyncio.Event()

    def note(phase: str, told: dict[str, int]) -> None:
        if phase == "stop" and told["generation"] == 2 and told["collected"]:
            found.set()

    gc.callbacks.append(note)
    yield found
    gc.callbacks.remove(note)


async def test_living_objects_are_frozen_and_garbage_is_freed(collection: asyncio.Event) -> None:
    gc.collect()
    gc.disable()
    task = asyncio.create_task(collecting.collect_garbage(Lane()))
    await asyncio.sleep(0)
    before = gc.get_freeze_count()
    collection.clear()
    lives = [[number] for number in range(200_000)]
    make_cycle()
    async with asyncio.timeout(30):
        await collection.wait()
    assert gc.get_freeze_count() > before + len(lives) // 2
    task.cancel()


async def test_now_and_then_all_objects_are_collected(
    collection: asyncio.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collecting, "THOROUGH_SECONDS", 0.0)
    monkeypatch.setattr(collecting, "QUIET", 1e9)
    gc.collect()
    gc.disable()
    cycle = make_cycle()
    task = asyncio.create_task(collecting.collect_garbage(Lane()))
    await asyncio.sleep(0)  # by now it is frozen
    collection.clear()
    del cycle
    async with asyncio.timeout(30):
        await collection.wait()
    task.cancel()


def make_cycle() -> list[object]:
    cycle: list[object] = []
    cycle.append(cycle)
    return cycle


async def test_a_few_new_objects_are_not_frozen(collection: asyncio.Event) -> None:
    """Objects that the standard executor uses would be frozen with them, and stay for an hour."""
    gc.collect()
    gc.disable()
    task = asyncio.create_task(collecting.collect_garbage(Lane()))
    await asyncio.sleep(0)
    before = gc.get_freeze_count()
    lives = [[number] for number in range(collecting.MOST_NEW // 4)]
    for _ in range(3):
        collection.clear()
        gc.collect(1)
        make_cycle()
        async with asyncio.timeout(30):
            await collection.wait()
    assert gc.get_freeze_count() <= before
    assert lives
    task.cancel()
