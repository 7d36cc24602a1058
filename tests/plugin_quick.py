"""What makes a whole test run quick.

Tests marked `lengthy` come first, so that no worker is left with one when the others have ended.
"""

import gc

import pytest


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "lengthy: takes many seconds, so it starts before the rest")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.get_closest_marker("lengthy") is None)


def pytest_collection_finish(session: pytest.Session) -> None:
    """All that was imported stays: the collector need not look through it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
