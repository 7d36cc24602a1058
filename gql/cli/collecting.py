"""Garbage collection in a server that keeps many objects.

A full collection of Python scans all objects: the schema, documents, plans. It took up to 0.3 s, in
which no request is answered, and clients could trigger it. Here objects that outlived some
collections are frozen (`gc.freeze`), and only newer ones are scanned. Caches hold no cycles, so a
frozen object is freed at once when it is dropped. Objects of the standard executor do form cycles:
once frozen they stay until everything is scanned, so a few objects alone are never frozen.
"""

import asyncio
import gc
import time

from gql.guard.lane import Lane

SECONDS = 0.1
"""Seconds between two checks. Making a plan leaves up to 70,000 objects in cycles; to free them all
at once takes 0.1 s and more."""
COLLECTIONS = 1
"""Collections of the middle generation after which the objects that are not frozen are scanned."""
MOST_NEW = 30_000
"""The most objects that stay unfrozen. To scan so many takes a millisecond."""
NEVER = 2**31 - 1
MOST_MISSED = 10
"""Times that a freeze is skipped because the lane is in use; then it waits for its turn."""
QUIET = 0.02
"""Share of the time in which the event loop works while no request comes."""
THOROUGH_SECONDS = 3600.0
"""Seconds after which everything is scanned once, at a quiet moment: connections and requests that
were open at a freeze may hold cycles, which would never be freed."""


async def collect_garbage(lane: Lane) -> None:
    """Freeze the existing objects, then collect garbage until cancelled.

    lane: While it is in use nothing is frozen, because the garbage of a plan that is being made
        would be frozen with it.
    """
    first, second, _ = gc.get_threshold()
    gc.set_threshold(first, second, NEVER)
    gc.freeze()
    gc.enable()
    missed, thorough_at = 0, time.monotonic() + THOROUGH_SECONDS
    while True:
        worked = time.thread_time()
        await asyncio.sleep(SECONDS)
        is_quiet = time.thread_time() - worked < QUIET * SECONDS
        if is_quiet and time.monotonic() > thorough_at:
            gc.unfreeze()
            thorough_at = time.monotonic() + THOROUGH_SECONDS
        elif gc.get_count()[2] < COLLECTIONS:
            continue
        gc.collect()
        if len(gc.get_objects(generation=2)) < MOST_NEW:
            continue
        if lane.turn.locked() and missed < MOST_MISSED:
            missed += 1
            continue
        async with lane.turn:
            if missed:
                gc.collect()
            gc.freeze()
        missed = 0
