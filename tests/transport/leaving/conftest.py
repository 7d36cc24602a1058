"""A server on which clients leave."""

import gc
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from gql.settings import Settings
from tests.conftest import SignIn
from tests.garbage import set_apart
from tests.postgres import Server
from tests.serving import settings_in
from tests.transport.leaving.asking import Database


@pytest.fixture
def given(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Settings that differ from the usual ones."""
    return dict(getattr(request, "param", {}))


@pytest.fixture(params=["auto", pytest.param("standard", marks=pytest.mark.endurance)])
def settings(request: pytest.FixtureRequest, tmp_path: Path, given: dict[str, Any]) -> Settings:
    return settings_in(tmp_path, executor=request.param, **given)


@pytest.fixture
async def watched(postgres: Server, database: str) -> AsyncIterator[Database]:
    opened = await Database(postgres.url("postgres", database)).open()
    yield opened
    await opened.close()


@pytest.fixture
def token(api: SignIn) -> str:
    return str(api("zavuch").caller.token)


@pytest.fixture
def no_faults(caplog: pytest.LogCaptureFixture) -> Any:
    """Check that no fault is logged, nor any exception of a task that is collected."""
    set_apart()
    yield
    gc.collect()
    assert not [one for one in caplog.records if one.levelno >= logging.WARNING]
