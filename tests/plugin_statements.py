"""The choice of the tests that run on a second PostgreSQL: enough to send it all kinds of SQL.

The run of all tests on the embedded server records the SQL that each of them sends. The run on the
system's server (`make test-oldest`) leaves out tests that would find nothing more: tests that use
the fixture `postgres` neither themselves nor through a fixture, tests marked `embedded_only`, and
tests whose SQL consists of constructs that other tests send.
"""

import re
from collections.abc import Generator, Sequence
from functools import cache
from heapq import heapify, heappop, heappush
from typing import Any
from zlib import crc32

import pytest
from sqlalchemy import Engine, event

from models.database.readers import Readers
from tests.plugin_postgres import asks_postgres
from tests.plugin_quick import runs_whole
from tests.postgres import chosen

_LEFT_OUT = "gorod/left_out"
"""A key of pytest's cache: names of tests whose constructs other tests send, too."""
_ASKED = "constructs"
_FIXTURES = 0.02
"""The seconds that the fixtures of a test take."""
_WORDS = re.compile(r"\b[a-z_]+(?=\()|\b[A-Z]+\b|[^\w\s$.'\",]+")
"""Functions, keywords and operators; names, numbers and strings are alike to every server."""


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "embedded_only: about the embedded server, or too long to be asked twice"
    )
    if chosen().kind == "embedded":
        config.pluginmanager.register(Record())


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if chosen().kind == "embedded":
        return
    left_out = frozenset(config.cache.get(_LEFT_OUT, ())) if config.cache else frozenset()
    kept = {item for item in items if depends_on_server(item) and item.nodeid not in left_out}
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = [item for item in items if item in kept]


def depends_on_server(item: pytest.Item) -> bool:
    """Return whether the outcome of a test may depend on the PostgreSQL server."""
    return asks_postgres(item) and not item.get_closest_marker("embedded_only")


class Record:
    """A record of the SQL that each test sends.

    now: Constructs that the running test of this process has sent so far.
    all: Constructs of every test, in the process that the others report to.
    seconds: Duration of every test, in the same process.
    """

    def __init__(self) -> None:
        self.now: set[int] = set()
        self.all: dict[str, set[int]] = {}
        self.seconds: dict[str, float] = {}
        event.listen(Engine, "before_cursor_execute", lambda *told: self.note(told[2]))
        setattr(Readers, "fetch", self.wrap_fetch(Readers.fetch))  # noqa: B010

    def wrap_fetch(self, fetch: Any) -> Any:
        async def fetch_and_note(
            readers: Readers, school_id: int, sql: str, values: Sequence[Any]
        ) -> Any:
            self.note(sql)
            return await fetch(readers, school_id, sql, values)

        return fetch_and_note

    def note(self, statement: str) -> None:
        self.now |= find_constructs(statement)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self) -> Generator[None, Any, Any]:
        self.now.clear()
        return (yield)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> None:
        if call.when == "teardown" and depends_on_server(item):
            item.user_properties.append((_ASKED, sorted(self.now)))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        told: dict[str, Any] = dict(report.user_properties)
        if report.when == "call":
            self.seconds[report.nodeid] = report.duration
        elif _ASKED in told:
            self.all[report.nodeid] = set(told[_ASKED])

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        config = session.config
        if runs_whole(config) and config.cache and not hasattr(config, "workerinput"):
            config.cache.set(_LEFT_OUT, sorted(find_spare_tests(self.all, self.seconds)))


@cache
def find_constructs(statement: str) -> frozenset[int]:
    """Return the hashes of each three successive words of a statement."""
    words = _WORDS.findall(statement)
    threes = (words[place : place + 3] for place in range(len(words)))
    return frozenset(crc32(" ".join(three).encode()) for three in threes)


def find_spare_tests(asked: dict[str, set[int]], seconds: dict[str, float]) -> set[str]:
    """Return the tests without which the others still send every construct.

    The test that sends the most new constructs in a second is chosen first. A test whose statements
    were not seen, as it opens its own connection, is left out only as a further case of the same
    test.
    """
    unseen = {name.partition("[")[0]: name for name in sorted(asked) if not asked[name]}
    kept, seen = set(unseen.values()), set[int]()

    def compute_cost(name: str) -> float:
        return -len(asked[name] - seen) / (seconds.get(name, 0) + _FIXTURES)

    queue = [(compute_cost(name), name) for name in asked]
    heapify(queue)
    while queue and queue[0][0] < 0:
        told, name = heappop(queue)
        now = compute_cost(name)  # constructs chosen since make it worth less, never more
        if now > told:
            heappush(queue, (now, name))
        else:
            kept.add(name)
            seen |= asked[name]
    return asked.keys() - kept
