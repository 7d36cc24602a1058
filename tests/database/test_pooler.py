"""A pooler that mixes sessions is detected before it can mix schools."""

import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import NullPool

from models.database import fitness, pooler, roles
from models.database.embedded.server import socket_url
from models.database.engine import connect
from models.database.problems import Unfit
from tests.database.pooler import transaction_pooler
from tests.postgres import Server


@pytest.fixture
async def pooled(postgres: Server) -> AsyncIterator[str]:
    await roles.prepare(postgres.url("postgres", "postgres"), "behind_pooler")
    with tempfile.TemporaryDirectory(prefix="gorod-pooler-", dir="/tmp") as folder:
        async with transaction_pooler(Path(postgres.socket), Path(folder)) as there:
            yield socket_url(there, "gorod_app", "behind_pooler")


def engine_at(url: str, *, caches: bool = True) -> AsyncEngine:
    return connect(url, poolclass=NullPool, caches=caches)


async def test_sessions_of_the_server_itself_are_our_own(postgres: Server, pooled: str) -> None:
    assert not await pooler.mixes_sessions(engine_at(postgres.url("gorod_app", "behind_pooler")))


async def test_a_transaction_pooler_is_detected(pooled: str) -> None:
    assert await pooler.mixes_sessions(engine_at(pooled, caches=False))


async def test_behind_a_pooler_we_start_only_without_caches(pooled: str) -> None:
    with pytest.raises(Unfit, match="GOROD_STATEMENT_CACHES"):
        await fitness.check(engine_at(pooled))
    faults = await fitness.find_faults(engine_at(pooled, caches=False), caches=False)
    assert not any("pooler" in fault for fault in faults)
