"""After a run of all tests: which files took longest, all workers taken together.

A file that takes a part of the whole that its subject is not worth is found here first.
"""

from collections import Counter, defaultdict

import pytest

from tests.plugin_quick import runs_whole

FILES = 20
KEPT = "gorod/seconds"
"""In pytest's cache: by test, the seconds that it took."""


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):  # xdist's workers report to the first process
        config.pluginmanager.register(Seconds(), "slowest")


class Seconds:
    """of: By file and test, the seconds that it took with its fixtures."""

    def __init__(self) -> None:
        self.of: defaultdict[str, Counter[str]] = defaultdict(Counter)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        file, _, test = report.nodeid.partition("::")
        self.of[file][test] += report.duration  # type: ignore[assignment]  # Counter of seconds

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """`tests/quick.py` plans by what each test took when it last ran here."""
        if cache := getattr(session.config, "cache", None):  # unless -p no:cacheprovider
            whole = runs_whole(session.config)
            known = {} if whole else cache.get(KEPT, {})
            for file, tests in self.of.items():
                known |= {f"{file}::{test}": round(took, 3) for test, took in tests.items()}
            cache.set(KEPT, known)

    def pytest_terminal_summary(
        self, terminalreporter: pytest.TerminalReporter, config: pytest.Config
    ) -> None:
        if config.args_source is pytest.Config.ArgsSource.ARGS or not self.of:
            return
        terminalreporter.section(f"the slowest {FILES} files")
        for line in self.lines():
            terminalreporter.write_line(line)

    def lines(self) -> list[str]:
        """The files that took longest, the sum of all, and what else there is to know of them."""
        took = Counter({file: sum(tests.values()) for file, tests in self.of.items()})
        found = []
        for file, seconds in took.most_common(FILES):
            tests = self.of[file]
            [(slowest, longest)] = tests.most_common(1)
            found.append(
                f"{seconds:7.1f} s  {len(tests):4} tests  {file}  "
                f"(longest: {longest:.1f} s, {slowest})"
            )
        number = sum(map(len, self.of.values()))
        return [*found, f"{took.total():7.1f} s  {number:4} tests in {len(self.of)} files"]
