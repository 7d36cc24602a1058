"""One PostgreSQL for a whole test run: the first process starts it, xdist's workers share it.

Use it by `pytest_plugins = ["tests.plugin_postgres"]` in the top `conftest.py` and the fixture
`postgres`.
"""

from contextlib import ExitStack
from dataclasses import asdict
from typing import Any

import pytest

from tests.postgres import Server, chosen, server

_KEY = pytest.StashKey["Shared"]()
_INPUT = "postgres"


class Shared:
    """Started when the first asks, so that a run without a database costs none."""

    def __init__(self) -> None:
        self._open = ExitStack()
        self._server: Server | None = None

    def server(self) -> Server:
        if self._server is None:
            self._server = self._open.enter_context(server())
        return self._server

    def close(self) -> None:
        self._server = None
        self._open.close()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_KEY] = Shared()


def pytest_unconfigure(config: pytest.Config) -> None:
    config.stash[_KEY].close()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """xdist's, in the first process: tells a worker where the server is."""
    node.workerinput[_INPUT] = asdict(node.config.stash[_KEY].server())


def pytest_report_header(config: pytest.Config) -> str:
    programs = chosen()
    which = "all tests" if programs.kind == "embedded" else "tests that ask it all there is of SQL"
    return f"PostgreSQL: {programs.kind} {programs.version}, {which}"


def asks_postgres(item: pytest.Item) -> bool:
    """Whether a test, or a fixture that it has, asks for the server."""
    return "postgres" in getattr(item, "fixturenames", ())


@pytest.fixture(scope="session")
def postgres(request: pytest.FixtureRequest) -> Server:
    """The run's server; databases in it are the tests' own affair."""
    given: dict[str, Any] = getattr(request.config, "workerinput", {})
    if _INPUT in given:
        return Server(**given[_INPUT])
    return request.config.stash[_KEY].server()
