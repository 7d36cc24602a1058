"""Garbage collection in a server that keeps much.

A full collection of Python looks through all that is kept: the schema, documents, plans. It took
up to 0.3 s, in which nobody is answered, and clients could bring it on. Here what outlived some
collections is set apart, and only what is newer is looked through. Nothing that is kept by us is
part of a cycle, so it goes at once when it is dropped. What the standard executor has in hand is:
where it is set apart it stays until all is looked through, so that is not done for a few objects.
"""

import asyncio
import gc
import time

from gql.guard.lane import Lane

SECONDS = 0.1
"""Between two looks at how much there is to do. To make a plan leaves up to 70,000 objects in
cycles; to free them all at once takes 0.1 s and more."""
COLLECTIONS = 1
"""Of the middle generation, after which what is newer than what was set apart is looked through."""
MOST_NEW = 30_000
"""Objects that are newer than what was set apart. To look through so many takes a millisecond."""
NEVER = 2**31 - 1
MOST_MISSED = 10
"""Times that nothing is set apart because the lane is in use; then its turn is waited for."""
QUIET = 0.02
"""Part of the time that the event loop works in when nobody asks for anything."""
THOROUGH_SECONDS = 3600.0
"""After so long everything is looked through once, at a quiet moment: connections and requests that
were there when something was set apart are not all free of cycles."""


async def collect_garbage(lane: Lane) -> None:
    """Collect garbage until cancelled; at first, set apart what is there.

    lane: While it is in use nothing is set apart: garbage of half a plan would stay with it.
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
