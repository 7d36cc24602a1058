"""One `postgres` over one cluster: our direct child, on a unix socket, which ends when we end."""

import asyncio
import os
import signal
import subprocess
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from urllib.parse import urlencode

from models.database import locks
from models.database.embedded import cluster, pidfile
from models.database.embedded.account import Account
from models.database.embedded.binaries import Binaries
from models.database.embedded.process import Parent
from models.database.problems import DatabaseProblem, NotStarted

PORT = 5432  # only a part of the socket's name
SOCKET_NAME = f".s.PGSQL.{PORT}"

SETTLED = {
    "sslmode": "disable",
    "sslnegotiation": "postgres",
    "target_session_attrs": "any",
    "gsslib": "gssapi",
    "password": "none",
}
"""Parameters of the address of our own server. One that is left out is taken from PG* variables of
the machine or from ~/.pgpass, which are about other servers: PGSSLMODE=verify-full alone would keep
us out of our own. The password is never used."""

OPTIONS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "port": str(PORT),
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",
    "logging_collector": "off",
    "log_destination": "stderr",
    # Otherwise a refused statement is logged with its text and its row, which hold personal data.
    # The client, which is our own, gets the error anyway.
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    # Plans made for a nearly empty table stay until it is analyzed. With the default of a minute,
    # a new school is read twenty times slower after its first few hundred notices.
    "autovacuum_naptime": "10s",
}


@dataclass
class Postmaster:
    """The server's first process. The caller owns the cluster: no other process starts or stops a
    server over it meanwhile.

    data: The cluster, made by `initdb` if it does not exist. lock: A file that every process of
    the server holds open, so the lock is free exactly when the last of them has ended.
    """

    binaries: Binaries
    account: Account | None
    data: Path
    socket: Path
    lock: Path
    log: Path
    options: Mapping[str, str] = field(default_factory=dict)
    patience: float = 120.0
    _parent: Parent | None = None
    _process: subprocess.Popen[bytes] | None = None
    _guard: threading.RLock = field(default_factory=threading.RLock)

    def start(self) -> None:
        """Start the server and wait, through a recovery too, until it has answered a SELECT."""
        with self._guard:
            if self.is_alive():
                return
            self._parent = self._parent or Parent()
            before = self.log.stat().st_size if self.log.exists() else 0
            lock = self._inherit()
            try:
                cluster.make(self.data, self.binaries, self.account, self._parent, lock, self.log)
                pidfile.remove_if_stale(self.data)
                command: list[str | Path] = [
                    self.binaries.program("postgres"),
                    "-D",
                    self.data,
                    *self._settings(),
                ]
                self._process = self._parent.spawn(
                    command, self.account, signal.SIGINT, lock, self.log
                )
            finally:
                os.close(lock)
            self._parent.call(partial(self._wait_until_ready, before))

    def stop(self) -> None:
        """Stop the server in fast mode (sessions end, everything is written) and wait for its
        end."""
        with self._guard:
            process, self._process = self._process, None
            if process:
                _end(process)
            if self._parent:
                self._parent.close()
                self._parent = None

    def is_alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def _settings(self) -> list[str]:
        own = {
            "unix_socket_directories": str(self.socket),
            "cluster_name": pidfile.label_of(self.data),
        }
        settings = {**OPTIONS, **own, **self.options}
        return [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]

    def _inherit(self) -> int:
        """Take the lock, if need be from the orphans of a killed owner, which get time to stop."""
        if (lock := locks.take(self.lock)) is not None:
            return lock
        for number, seconds in ((signal.SIGINT, 60.0), (signal.SIGQUIT, 10.0)):
            pid = pidfile.read_pid(self.data)
            served = pid is not None and pidfile.serves(pid, self.data)
            for orphan in [pid] if pid and served else pidfile.find_members(self.data):
                _signal(orphan, number if served else signal.SIGQUIT)
            if (lock := locks.wait(self.lock, seconds)) is not None:
                return lock
        left = ", ".join(map(str, pidfile.find_members(self.data))) or "unknown"
        raise DatabaseProblem(
            f"An earlier server over {self.data} does not end (processes: {left})."
        )

    def _wait_until_ready(self, before: int) -> None:
        """Wait for an answer. Raises NotStarted.

        before: The length of the log when the server was started.
        """
        deadline = time.monotonic() + self.patience
        while not asyncio.run(_answers(self.socket)):
            if not self.is_alive():
                said = cluster.tail(self.log, before)
                raise NotStarted(f"PostgreSQL ended while starting:\n{said}")
            if time.monotonic() > deadline:
                said = cluster.tail(self.log, before)
                raise NotStarted(f"PostgreSQL does not answer:\n{said}")
            time.sleep(0.02)


async def _answers(socket: Path) -> bool:
    import asyncpg

    try:
        session = await asyncpg.connect(
            f"postgresql://postgres@/postgres?{urlencode(SETTLED)}",
            host=str(socket),
            port=PORT,
            timeout=5,
        )
        try:
            return bool(await session.fetchval("SELECT 1") == 1)
        finally:
            await session.close(timeout=5)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return False


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a server in fast mode, then in immediate mode, which loses nothing but needs recovery."""
    for number, seconds in ((signal.SIGINT, 60.0), (signal.SIGQUIT, 10.0)):
        process.send_signal(number)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            continue
        return
    process.kill()
    process.wait()


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except (ProcessLookupError, PermissionError):
        return
