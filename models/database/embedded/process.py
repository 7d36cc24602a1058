"""Starting programs that must not outlive us, under the account that they need."""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from signal import Signals
from typing import IO, TypeVar

from models.database.embedded.account import Account

T = TypeVar("T")

# Runs between fork and exec, as a program of its own, because code in a forked copy of a process
# with threads may hang. It starts with our rights and imports first, because the other account may
# not be able to read this Python. The death signal is set last, because a change of user clears it;
# if the parent has ended by then, the program ends at once.
_LAUNCH = """
import ctypes, os, signal, sys
parent, death, uid, gid = map(int, sys.argv[1:5])
libc = ctypes.CDLL(None)
if uid >= 0:
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)
os.umask(0o077)
signal.signal(signal.SIGPIPE, signal.SIG_DFL)
if sys.platform == "linux":
    libc.prctl(1, death, 0, 0, 0)  # PR_SET_PDEATHSIG
    if os.getppid() != parent:
        sys.exit(1)
os.execv(sys.argv[5], sys.argv[5:])
"""

_KEPT = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "TMPDIR")


class Parent:
    """A thread that lives as long as the programs that it started.

    The kernel sends the death signal when the *thread* that forked ends, so a server that is the
    child of a pool's worker thread would be killed when that thread ends.
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "postgres-parent")

    def spawn(
        self,
        command: Sequence[str | Path],
        account: Account | None,
        death: Signals,
        lock: int,
        log: Path,
    ) -> subprocess.Popen[bytes]:
        """Start a program that holds the lock and writes to a log. It gets a session of its own, so
        that Ctrl-C does not reach it."""
        launch = _launch(command, account, death)

        def start() -> subprocess.Popen[bytes]:
            with open(log, "ab", opener=_private) as output:
                return subprocess.Popen(  # noqa: S603
                    launch,
                    cwd="/",
                    env=environment(),
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    pass_fds=(lock,),
                    start_new_session=True,
                )

        return self.call(start)

    def call(self, function: Callable[[], T]) -> T:
        """Run a function in this thread, where no event loop is running."""
        return self._thread.submit(function).result()

    def close(self) -> None:
        self._thread.shutdown(wait=True)


def run(command: Sequence[str | Path], account: Account | None) -> subprocess.CompletedProcess[str]:
    """Run a short program to its end, under the server's account."""
    launch = _launch(command, account, Signals.SIGKILL)
    return subprocess.run(  # noqa: S603
        launch,
        cwd="/",
        env=environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def start(
    command: Sequence[str | Path],
    extra: Mapping[str, str],
    *,
    stdin: IO[bytes] | int = subprocess.DEVNULL,
    stdout: IO[bytes] | int,
    stderr: IO[bytes] | int,
) -> subprocess.Popen[bytes]:
    """Start a client program under our own account. It ends with the thread that starts it, so that
    thread must wait for it.

    extra: Additional variables of its environment.
    """
    return subprocess.Popen(  # noqa: S603
        _launch(command, None, Signals.SIGKILL),
        cwd="/",
        env={**environment(), **extra},
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
    )


def environment() -> dict[str, str]:
    """Return a small environment: no secrets, and no PG* or LC_* that would change the server."""
    return {name: os.environ[name] for name in _KEPT if name in os.environ} | {"LC_ALL": "C"}


def _private(path: str, flags: int) -> int:
    """Open a log for us alone: it quotes statements, which hold personal data."""
    return os.open(path, flags, 0o600)


def _launch(command: Sequence[str | Path], account: Account | None, death: Signals) -> list[str]:
    ids = (account.uid, account.gid) if account else (-1, -1)
    numbers = map(str, (os.getpid(), int(death), *ids))
    return [sys.executable, "-I", "-S", "-c", _LAUNCH, *numbers, *map(str, command)]
