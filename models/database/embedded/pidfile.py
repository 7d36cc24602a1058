"""What `postmaster.pid` says, and whether it is still true."""

import hashlib
import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

from models.database.problems import InUse


def remove_if_stale(data: Path) -> None:
    """Call it holding the cluster's lock: then no server that we started is alive.

    A pid that belongs to nobody is left to PostgreSQL, which also looks for orphans in shared
    memory. A number that now belongs to a stranger would stop it for ever: that file goes.
    """
    file = data / "postmaster.pid"
    if not file.exists():
        return
    pid = written(data)
    if pid is None:
        file.unlink()
    elif serves(pid, data):
        raise InUse(
            f"Process {pid} is a PostgreSQL over {data} that Gorod did not start. Stop it first "
            f"(pg_ctl stop -D {data})."
        )
    elif _exists(pid):
        file.unlink()


def written(data: Path) -> int | None:
    """The postmaster's pid; None if there is no file, or a torn one."""
    try:
        first = (data / "postmaster.pid").read_text(encoding="utf-8").splitlines()[0]
        return abs(int(first))  # negative: somebody's single-user session
    except (FileNotFoundError, IndexError, ValueError):
        return None


def serves(pid: int, data: Path) -> bool:
    """Whether this process is the postmaster of this cluster; in doubt, it is."""
    arguments = _arguments(pid)
    if not arguments or arguments[0].startswith("postgres:") or not _is_postgres(arguments[0]):
        return False
    folder = _folder(pid)
    if folder is None:  # not ours to look into: what was it told?
        told = dict(pairwise(arguments)).get("-D", "")
        folder = Path(told) if told.startswith("/") else data
    try:
        return folder.samefile(data)
    except FileNotFoundError:
        return False


def label(data: Path) -> str:
    """The cluster's name in the titles of its processes, which every user can read."""
    return f"gorod-{hashlib.sha256(os.fsencode(data)).hexdigest()[:12]}"


def members(data: Path) -> list[int]:
    """The server's processes that are left (Linux only): known by the folder they work in or,
    where we may not look into the processes of others, by their title."""
    title = f"postgres: {label(data)}:"
    numbers = [int(place.name) for place in Path("/proc").glob("[0-9]*")]
    programs = {pid: next(iter(_arguments(pid)), "") for pid in numbers}
    return [
        pid
        for pid, program in programs.items()
        if program.startswith(title) or (_is_postgres(program) and _folder(pid) == data)
    ]


def _is_postgres(program: str) -> bool:
    """Sessions and helpers call themselves "postgres: …"."""
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
    """Empty for a process that is gone, and for a zombie, which nobody has buried yet."""
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
