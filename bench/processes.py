"""What processes spend and where they run, as Linux tells it."""

import os
import signal
from collections.abc import Iterable
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
PROC = Path("/proc")
SERVER_CORE, LOADER_CORE = 0, 1


def fields_of(pid: int) -> list[str]:
    """`/proc/<pid>/stat` behind the name; nothing of a process that is gone."""
    try:
        return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def tree(root: int) -> list[int]:
    """A process and all that descend from it."""
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
    """User and system time of processes with all their threads; with `ended` also of their
    children that are no more."""
    last = 15 if ended else 13
    return sum(sum(map(int, fields_of(pid)[11:last])) for pid in pids) / TICKS


def machine_seconds() -> float:
    """What all processes of the machine have worked."""
    first = (PROC / "stat").read_text().partition("\n")[0].split()[1:]
    user, nice, system, _, _, irq, soft = map(int, first[:7])
    return (user + nice + system + irq + soft) / TICKS


def pin(core: int, pid: int = 0) -> None:
    """Keep a process, 0 for this one, with its threads, on one core."""
    threads = (PROC / str(pid or os.getpid()) / "task").iterdir()
    for thread in threads:
        os.sched_setaffinity(int(thread.name), {core})


def freeze(pids: Iterable[int]) -> None:
    """Stop processes where they are: warm, but without a share of the core."""
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)


def thaw(pids: Iterable[int]) -> None:
    for pid in pids:
        os.kill(pid, signal.SIGCONT)
