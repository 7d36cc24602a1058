"""Which tests a second PostgreSQL is asked: so many that it meets all of SQL that the first did.

The run of all tests on the embedded server notes what SQL each of them is made of. The run on the
system's (`make test-oldest`) leaves out who could tell nothing more: tests that never ask for
`postgres`, nor have a fixture that does, those marked `embedded_only`, and those that are made of
what others are.
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
"""In pytest's cache: the names of tests that are made of what others are."""
_ASKED = "constructs"
_FIXTURES = 0.02
"""What a test takes besides itself, in seconds."""
_WORDS = re.compile(r"\b[a-z_]+(?=\()|\b[A-Z]+\b|[^\w\s$.'\",]+")
"""Functions, keywords and operators: names, numbers and texts are alike to every server."""


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "embedded_only: about the embedded server, or too long to be asked twice"
    )
    if chosen().kind == "embedded":
        config.pluginmanager.register(Notes())


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if chosen().kind == "embedded":
        return
    left_out = frozenset(config.cache.get(_LEFT_OUT, ())) if config.cache else frozenset()
    kept = {item for item in items if asks(item) and item.nodeid not in left_out}
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = [item for item in items if item in kept]


def asks(item: pytest.Item) -> bool:
    """Whether what a test says may depend on which PostgreSQL there is."""
    return asks_postgres(item) and not item.get_closest_marker("embedded_only")


class Notes:
    """Of what is asked, test by test.

    now: What the test that runs in this process has asked so far.
    all: In the process that the others report to, those of every test.
    seconds: There, how long a test took.
    """

    def __init__(self) -> None:
        self.now: set[int] = set()
        self.all: dict[str, set[int]] = {}
        self.seconds: dict[str, float] = {}
        event.listen(Engine, "before_cursor_execute", lambda *told: self.note(told[2]))
        setattr(Readers, "fetch", self.noting(Readers.fetch))  # noqa: B010

    def noting(self, fetch: Any) -> Any:
        async def noted(readers: Readers, school_id: int, sql: str, values: Sequence[Any]) -> Any:
            self.note(sql)
            return await fetch(readers, school_id, sql, values)

        return noted

    def note(self, statement: str) -> None:
        self.now |= constructs(statement)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self) -> Generator[None, Any, Any]:
        self.now.clear()
        return (yield)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> None:
        if call.when == "teardown" and asks(item):
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
            config.cache.set(_LEFT_OUT, sorted(spare(self.all, self.seconds)))


@cache
def constructs(statement: str) -> frozenset[int]:
    """What a statement is made of: its words, three by three as they follow each other."""
    words = _WORDS.findall(statement)
    threes = (words[place : place + 3] for place in range(len(words)))
    return frozenset(crc32(" ".join(three).encode()) for three in threes)


def spare(asked: dict[str, set[int]], seconds: dict[str, float]) -> set[str]:
    """The tests without which no less is asked.

    Who asks most that is new in a second comes first. One whose statements were not seen, as it has
    its own way to the database, is left out only as a further case of the same test.
    """
    unseen = {name.partition("[")[0]: name for name in sorted(asked) if not asked[name]}
    kept, seen = set(unseen.values()), set[int]()

    def worth(name: str) -> float:
        return -len(asked[name] - seen) / (seconds.get(name, 0) + _FIXTURES)

    queue = [(worth(name), name) for name in asked]
    heapify(queue)
    while queue and queue[0][0] < 0:
        told, name = heappop(queue)
        now = worth(name)  # what others have asked since makes it worth less, never more
        if now > told:
            heappush(queue, (now, name))
        else:
            kept.add(name)
            seen |= asked[name]
    return asked.keys() - kept
