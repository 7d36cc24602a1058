"""Garbage collection in a process that runs thousands of tests and keeps what they import."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


def set_apart() -> None:
    """Freeze all objects. A full collection that is asked for later scans only newer ones; through
    all that a worker keeps, it would take seconds."""
    gc.collect(1)
    gc.freeze()


@contextmanager
def thresholds_kept() -> Iterator[None]:
    """Restore how the process collects. `gorod serve` turns full collections off, and the process
    would keep the garbage of all tests that follow."""
    thresholds = gc.get_threshold()
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        gc.enable()
