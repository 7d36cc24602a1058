"""Starting programs that must not outlive us, as whom they should run."""

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

# Runs between fork and exec, as a program of its own: code in a forked copy of a process with
# threads may hang. It starts with our rights and imports first: the other account may not be
# able to read this Python. The death signal is set last because a change of user clears it;
# whoever has lost the parent by then leaves at once.
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
    """A thread that stays as long as the programs it started.

    The kernel sends the death signal when the *thread* that forked ends, so a server must not be
    the child of a worker thread that comes and goes.
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
        """The program in a session of its own (Ctrl-C is for us), holding the lock, with a log."""
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
        """Runs it in this thread, where no event loop is running."""
        return self._thread.submit(function).result()

    def close(self) -> None:
        self._thread.shutdown(wait=True)


def run(command: Sequence[str | Path], account: Account | None) -> subprocess.CompletedProcess[str]:
    """A short program to its end, as the server's account."""
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
    """A client program beside a server, as ourselves. It ends with the thread that starts it, so
    that thread must wait for it.

    extra: What its environment holds besides.
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
    """Little of ours: no secrets, and no PG* or LC_* that would change the server."""
    return {name: os.environ[name] for name in _KEPT if name in os.environ} | {"LC_ALL": "C"}


def _private(path: str, flags: int) -> int:
    """A log quotes statements, and statements hold people's data."""
    return os.open(path, flags, 0o600)


def _launch(command: Sequence[str | Path], account: Account | None, death: Signals) -> list[str]:
    ids = (account.uid, account.gid) if account else (-1, -1)
    numbers = map(str, (os.getpid(), int(death), *ids))
    return [sys.executable, "-I", "-S", "-c", _LAUNCH, *numbers, *map(str, command)]
