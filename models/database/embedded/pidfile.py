"""The file `postmaster.pid`, and whether its process is still the server."""

import hashlib
import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

from models.database.problems import InUse


def remove_if_stale(data: Path) -> None:
    """Remove the file if its pid now belongs to another program, which would keep PostgreSQL from
    starting for ever. Raises InUse if a server runs that we did not start.

    Call it with the cluster's lock held: then no server that we started is alive. A pid without a
    process is left to PostgreSQL, which also looks for orphans in shared memory.
    """
    file = data / "postmaster.pid"
    if not file.exists():
        return
    pid = read_pid(data)
    if pid is None:
        file.unlink()
    elif serves(pid, data):
        raise InUse(
            f"Process {pid} is a PostgreSQL over {data} that Gorod did not start. Stop it first "
            f"(pg_ctl stop -D {data})."
        )
    elif _exists(pid):
        file.unlink()


def read_pid(data: Path) -> int | None:
    """Read the postmaster's pid; None if there is no file, or only a part of one."""
    try:
        first = (data / "postmaster.pid").read_text(encoding="utf-8").splitlines()[0]
        return abs(int(first))  # negative for a single-user session
    except (FileNotFoundError, IndexError, ValueError):
        return None


def serves(pid: int, data: Path) -> bool:
    """Whether this process is the postmaster of this cluster. In doubt it is taken for it."""
    arguments = _arguments(pid)
    if not arguments or arguments[0].startswith("postgres:") or not _is_postgres(arguments[0]):
        return False
    folder = _folder(pid)
    if folder is None:  # we may not look into the process; its arguments name the folder
        told = dict(pairwise(arguments)).get("-D", "")
        folder = Path(told) if told.startswith("/") else data
    try:
        return folder.samefile(data)
    except FileNotFoundError:
        return False


def label_of(data: Path) -> str:
    """Return the cluster's name in the titles of its processes, which every user can read."""
    return f"gorod-{hashlib.sha256(os.fsencode(data)).hexdigest()[:12]}"


def find_members(data: Path) -> list[int]:
    """Find the processes that are left of a server (Linux only), by their working directory or,
    where we may not look into processes of others, by their title."""
    title = f"postgres: {label_of(data)}:"
    numbers = [int(place.name) for place in Path("/proc").glob("[0-9]*")]
    programs = {pid: next(iter(_arguments(pid)), "") for pid in numbers}
    return [
        pid
        for pid, program in programs.items()
        if program.startswith(title) or (_is_postgres(program) and _folder(pid) == data)
    ]


def _is_postgres(program: str) -> bool:
    """Whether a process is one of PostgreSQL. Sessions and helpers are titled "postgres: …"."""
    return Path(program.split(":")[0]).name in {"postgres", "postmaster"}


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _folder(pid: int) -> Path | None:
    try:
        return Path(f"/proc/{pid}/cwd").readlink()
    except OSError:
        return None


def _arguments(pid: int) -> list[str]:
    """Return the arguments of a process; empty if it is gone or a zombie."""
    if sys.platform == "linux":
        try:
            line = Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return []
        return line.rstrip("\0").split("\0") if line else []
    asked = subprocess.run(  # noqa: S603
        ["/bin/ps", "-o", "args=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return asked.stdout.split()
