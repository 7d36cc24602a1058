"""A PostgreSQL of the bench's own, and what it spends."""

import asyncio
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg

from bench.processes import cpu_seconds, tree
from models.database.address import dsn
from models.database.embedded import home
from models.database.embedded.server import Embedded

SETTINGS = {
    "max_connections": "300",
    "shared_buffers": "1GB",
    "effective_cache_size": "4GB",
    "max_wal_size": "4GB",
    "wal_compression": "on",
}
"""What one would set on a machine of one's own; `fsync` stays on. The same for all peers."""
WIRE = re.compile(rb"LOG:  (?:execute|statement)\b")
"""A line of the log for each statement that came over the wire."""


class Cluster:
    """The server over one data directory, with the settings of the bench."""

    def __init__(self, data_dir: Path) -> None:
        data_dir.mkdir(parents=True, exist_ok=True)
        self.embedded = Embedded(data_dir)
        self.log = home.find(data_dir.resolve()).log

    def start(self) -> None:
        """A cluster that was just made has other settings: it is started twice."""
        self.embedded.start()
        if asyncio.run(self._settle()):
            self.embedded.stop()
            self.embedded.start()

    def stop(self) -> None:
        self.embedded.stop()

    def url(self, user: str = "gorod_app") -> str:
        return self.embedded.url(user, "gorod")

    @property
    def folder(self) -> str:
        """Of the socket: what libpq calls the host."""
        return self.url().partition("host=")[2].partition("&")[0]

    async def session(self) -> "asyncpg.Connection[asyncpg.Record]":
        """One of who passes through all walls."""
        return await asyncpg.connect(dsn(self.url("postgres")))

    async def _settle(self) -> bool:
        """Whether a setting waits for a start."""
        connection = await asyncpg.connect(dsn(self.embedded.url("postgres", "postgres")))
        try:
            for name, value in SETTINGS.items():
                await connection.execute(f"ALTER SYSTEM SET {name} = '{value}'")
            await connection.execute("ALTER SYSTEM SET log_statement = 'none'")
            await connection.execute("SELECT pg_reload_conf()")
            waits: bool = await connection.fetchval(
                "SELECT EXISTS (SELECT FROM pg_file_settings f JOIN pg_settings s USING (name)"
                " WHERE f.applied IS FALSE OR s.pending_restart)"
            )
            return waits
        finally:
            await connection.close()

    def cpu(self) -> float:
        """Seconds its processes have worked so far, those that ended too."""
        pid = self.embedded.pid
        return cpu_seconds(tree(pid), ended=True) if pid else 0.0

    def forward(self) -> None:
        """Write down what is not yet on disk, so that no measurement pays for one before it."""
        asyncio.run(self._say("CHECKPOINT"))

    @contextmanager
    def counting(self) -> Iterator["Count"]:
        """Count what comes over the wire meanwhile."""
        count = Count(self.log)
        asyncio.run(self._log("all"))
        count.begin()
        try:
            yield count
        finally:
            count.end()
            asyncio.run(self._log("none"))

    async def _say(self, statement: str) -> None:
        connection = await self.session()
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    async def _log(self, what: str) -> None:
        """Returns when sessions have heard of it: each looks between two statements."""
        connection = await self.session()
        try:
            await connection.execute(f"ALTER SYSTEM SET log_statement = '{what}'")
            await connection.execute("SELECT pg_reload_conf()")
            while await connection.fetchval("SHOW log_statement") != what:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        finally:
            await connection.close()


class Count:
    """Statements in the log between two moments."""

    def __init__(self, log: Path) -> None:
        self.log, self.statements, self._from = log, 0, 0

    def begin(self) -> None:
        self._from = self.log.stat().st_size

    def end(self) -> None:
        with self.log.open("rb") as log:
            log.seek(self._from)
            self.statements = len(WIRE.findall(log.read()))
