"""The order of tests, which makes a whole run quick.

Tests marked `lengthy` come first, so that no worker is left with one when the others have ended.
Those that need no database stand in the middle, where the second worker begins: it has something to
do while the first makes the database they will share.

`pyproject.toml` loads this plugin before any `conftest.py`: what they import is what takes longest.
"""

import gc

import pytest

gc.disable()  # while tests are imported: nearly all that is made then stays


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "lengthy: takes many seconds, so it starts before the rest")
    config.addinivalue_line("markers", "endurance: `make endurance` runs it, `make test` does not")


def runs_whole(config: pytest.Config) -> bool:
    """Whether this is the run of all tests, from which others learn; not that of some files, nor
    that of `make endurance`."""
    is_named = config.args_source is pytest.Config.ArgsSource.ARGS
    return not is_named and config.option.markexpr in ("", "not endurance")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    from tests.plugin_postgres import asks_postgres

    items.sort(key=lambda item: item.get_closest_marker("lengthy") is None)
    asking = [item for item in items if asks_postgres(item)]
    apart = [item for item in items if not asks_postgres(item)]
    middle = len(items) // 2
    items[:] = asking[:middle] + apart + asking[middle:]


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop() -> None:
    """All that was imported stays: the collector need not look through it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    gc.enable()
