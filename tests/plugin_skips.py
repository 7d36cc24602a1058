"""A test is skipped for a reason that `tests/needing.py` lists, and for no other: else it fails. So
nothing stops being tested without anybody noticing."""

from collections.abc import Generator
from typing import Any

import pytest

from tests.needing import MAY_BE_SKIPPED


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[Any]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    skipped = call.excinfo is not None and call.excinfo.errisinstance(pytest.skip.Exception)
    if skipped and not any(reason in str(report.longrepr) for reason in MAY_BE_SKIPPED):
        report.outcome = "failed"
        report.longrepr = f"skipped for a reason that is not listed: {report.longrepr}"
    return report
