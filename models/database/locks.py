"""File locks, which end with the last process that holds the file open."""

import fcntl
import os
import time
from pathlib import Path

from models.database.problems import DatabaseProblem


def take(path: Path) -> int | None:
    """Take the lock and return the open descriptor that holds it; None if another process has
    it."""
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as problem:
        raise DatabaseProblem(f"{path} cannot be opened: {problem.strerror}.") from problem
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    except OSError as problem:
        os.close(handle)
        raise DatabaseProblem(f"{path} cannot be locked: {problem.strerror}.") from problem
    return handle


def wait(path: Path, seconds: float) -> int | None:
    """Try to take the lock until the time is over."""
    deadline = time.monotonic() + seconds
    while (handle := take(path)) is None and time.monotonic() < deadline:
        time.sleep(0.02)
    return handle
