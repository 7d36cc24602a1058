"""The PostgreSQL server of the benchmark, and its CPU time."""

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
"""Usual settings of a dedicated machine, the same for all peers; `fsync` stays on."""
WIRE = re.compile(rb"LOG:  (?:execute|statement)\b")
"""The line of the log for each statement of a client."""


class Cluster:
    """The server of one data directory, with the settings of the benchmark."""

    def __init__(self, data_dir: Path) -> None:
        data_dir.mkdir(parents=True, exist_ok=True)
        self.embedded = Embedded(data_dir)
        self.log = home.find(data_dir.resolve()).log

    def start(self) -> None:
        """Start the server; a new one starts twice, as its settings need a restart."""
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
        """Return the folder of the socket, which is the host in libpq."""
        return self.url().partition("host=")[2].partition("&")[0]

    async def session(self) -> "asyncpg.Connection[asyncpg.Record]":
        """Open a session of the superuser, without row-level security."""
        return await asyncpg.connect(dsn(self.url("postgres")))

    async def _settle(self) -> bool:
        """Set the settings; return whether one needs a restart."""
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
        """Return the CPU seconds of its processes, ended ones included."""
        pid = self.embedded.pid
        return cpu_seconds(tree(pid), ended=True) if pid else 0.0

    def forward(self) -> None:
        """Run a checkpoint, so that no measurement includes the writes of an earlier one."""
        asyncio.run(self._say("CHECKPOINT"))

    @contextmanager
    def counting(self) -> Iterator["Count"]:
        """Count the statements of clients in the block."""
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
        """Set `log_statement`, and return when sessions have reloaded it, which they do between two
        statements."""
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
