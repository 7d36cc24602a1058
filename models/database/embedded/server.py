"""The embedded PostgreSQL of one data directory, from `start` to `stop`."""

import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from errno import EACCES, ENOENT, ENOTDIR, EPERM, EROFS
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote, urlencode

from models.database import locks
from models.database.embedded import binaries, home
from models.database.embedded.postmaster import PORT, SETTLED, Postmaster
from models.database.problems import DatabaseProblem, InUse, NoDatabase, NotStarted

NO_FOLDER = frozenset({EACCES, ENOENT, ENOTDIR, EPERM, EROFS})
"""Errors by which a folder cannot be made or written to although the disk has room."""

_LONGEST_LOG = 10 * 1024 * 1024


class Embedded:
    """An embedded server. Every method blocks and may be called from any thread, inside or outside
    of an event loop.

    If our process is killed, the server stops by itself; committed transactions are on disk.
    """

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir.resolve()
        self._guard = threading.RLock()
        self._home: home.Home | None = None
        self._owned: list[int] = []
        self._postmaster: Postmaster | None = None

    def start(self) -> None:
        """Make the cluster if there is none, start the server, and return when it answers."""
        with self._guard:
            if self.is_alive():
                return
            try:
                self._take_ownership()
                self._postmaster = self._postmaster or self._prepare()
                self._postmaster.start()
            except OSError as problem:
                self.stop()
                if problem.errno in NO_FOLDER and self._holds(problem.filename):
                    raise DatabaseProblem(
                        f"No database can be kept in {self.data_dir}: {problem}. Set "
                        "GOROD_DATA_DIR to a folder that this account may write to."
                    ) from problem
                raise NotStarted(f"PostgreSQL could not be started: {problem}") from problem
            except BaseException:
                self.stop()
                raise

    def _holds(self, file: str | None) -> bool:
        """Whether the file is the data directory, or lies in it."""
        return file is not None and Path(file).resolve().is_relative_to(self.data_dir.resolve())

    def stop(self) -> None:
        """Stop the server and wait for its end. Does nothing if none runs."""
        with self._guard:
            if self._postmaster:
                self._postmaster.stop()
                self._postmaster = None
            if self._home and self._owned:
                home.close_socket_folder(self._home)
            while self._owned:
                os.close(self._owned.pop())

    def is_alive(self) -> bool:
        """Whether the server's first process runs; its sessions may still be recovering."""
        return self._postmaster is not None and self._postmaster.is_alive()

    def ensure_running(self) -> bool:
        """Start the server again if its first process was killed. Returns whether it was.

        PostgreSQL itself replaces its other processes. Does nothing after `stop`.
        """
        with self._guard:
            if self._postmaster is None or self.is_alive():
                return False
            try:
                self._postmaster.start()
            except OSError as problem:
                raise NotStarted(f"PostgreSQL could not be started: {problem}") from problem
            return True

    def url(self, user: str, database: str) -> str:
        """Return an address for `models.database.engine.connect`."""
        if self._postmaster is None:
            raise DatabaseProblem("The embedded database is not started.")
        return socket_url(self._postmaster.socket, user, database)

    @property
    def pid(self) -> int | None:
        """The server's first process."""
        return self._postmaster.pid if self._postmaster else None

    @property
    def base(self) -> Path:
        """The folder of the cluster: the data directory, or the place that is recorded in it."""
        return self._home.base if self._home else home.find(self.data_dir).base

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _take_ownership(self) -> None:
        """Lock the data directory, and then the other place of the cluster, which a copy of the
        data directory may name, too."""
        if self._owned:
            return
        if not self.data_dir.exists():
            # Root's server passes through to its cluster; the other files here have closed modes.
            self.data_dir.mkdir(parents=True, exist_ok=True)
            self.data_dir.chmod(0o711)
        self._take(self.data_dir / "owner")
        self._home = home.find(self.data_dir)
        if self._home.base != self.data_dir:
            self._take(self._home.owner)

    def _take(self, file: Path) -> None:
        lock = locks.take(file)
        if lock is None:
            said = file.read_text(encoding="utf-8").strip() or "another process"
            raise InUse(f"{file.parent} is in use by {said}. Stop it first, or set GOROD_DATA_DIR.")
        self._owned.append(lock)
        name = " ".join([Path(sys.argv[0]).name, *sys.argv[1:2]])
        os.ftruncate(lock, 0)
        os.pwrite(lock, f"process {os.getpid()} ({name})\n".encode(), 0)

    def _prepare(self) -> Postmaster:
        assert self._home is not None  # noqa: S101
        here = self._home
        programs = binaries.find_for_account(here.account, home.SHARED)
        if here.log.exists() and here.log.stat().st_size > _LONGEST_LOG:
            here.log.replace(here.log.with_suffix(".log.1"))
        return Postmaster(
            binaries=programs,
            account=here.account,
            data=here.cluster,
            socket=home.make_socket_folder(here),
            lock=here.lock,
            log=here.log,
        )


@contextmanager
def open_database(
    data_dir: Path, *, make: bool = False, alone: bool = False
) -> Iterator[Callable[[str, str], str]]:
    """Yield `Embedded.url` of the server that already runs over this data directory in another
    process, or else of one that runs as long as the context.

    make: Whether to make a database where there is none. Otherwise NoDatabase is raised, because a
        misspelt GOROD_DATA_DIR would have every command work with a second, empty database.
    alone: Whether to raise InUse where a server runs already.
    """
    if not make and not home.holds_database(data_dir):
        raise NoDatabase(
            f"There is no database in {data_dir.absolute()}. Set GOROD_DATA_DIR to the data "
            "directory of the server, or make a database there: `gorod db upgrade` an empty one, "
            "`gorod dev` one with a made-up school."
        )
    embedded = Embedded(data_dir)
    try:
        embedded.start()
    except InUse:
        socket = home.find_running_socket(embedded.data_dir)
        if socket is None or alone:
            raise
        yield partial(socket_url, socket)
        return
    with embedded:
        yield embedded.url


def socket_url(socket: Path, user: str, database: str) -> str:
    where = urlencode({"host": str(socket), "port": PORT} | SETTLED, safe="/")
    return f"postgresql+asyncpg://{quote(user)}@/{quote(database)}?{where}"
