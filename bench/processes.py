"""CPU time and cores of processes, by Linux's `/proc`."""

import os
import signal
from collections.abc import Iterable
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
PROC = Path("/proc")
SERVER_CORE, LOADER_CORE = 0, 1


def fields_of(pid: int) -> list[str]:
    """Return the fields of `/proc/<pid>/stat` after the name; none if the process has ended."""
    try:
        return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def tree(root: int) -> list[int]:
    """Return a process and all its descendants."""
    parents = {
        int(entry.name): int(fields[1])
        for entry in PROC.iterdir()
        if entry.name.isdigit() and (fields := fields_of(int(entry.name)))
    }
    found = [root]
    for pid in found:
        found += [child for child, parent in parents.items() if parent == pid]
    return found


def cpu_seconds(pids: Iterable[int], *, ended: bool = False) -> float:
    """Return the user and system time of processes with their threads; with `ended` also of their
    ended children."""
    last = 15 if ended else 13
    return sum(sum(map(int, fields_of(pid)[11:last])) for pid in pids) / TICKS


def machine_seconds() -> float:
    """Return the CPU seconds of all processes of the machine."""
    first = (PROC / "stat").read_text().partition("\n")[0].split()[1:]
    user, nice, system, _, _, irq, soft = map(int, first[:7])
    return (user + nice + system + irq + soft) / TICKS


def pin(core: int, pid: int = 0) -> None:
    """Pin a process, 0 for this one, with its threads, to one core."""
    threads = (PROC / str(pid or os.getpid()) / "task").iterdir()
    for thread in threads:
        os.sched_setaffinity(int(thread.name), {core})


def freeze(pids: Iterable[int]) -> None:
    """Stop processes by SIGSTOP, so that they stay warm and use no CPU."""
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)


def thaw(pids: Iterable[int]) -> None:
    for pid in pids:
        os.kill(pid, signal.SIGCONT)
