"""Folders for processes to work in, and functions that watch and end processes."""

import asyncio
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from models.database.address import open_session
from models.database.embedded.server import Embedded
from tests.postgres import place

Start = Callable[[], subprocess.Popen[str]]


@contextmanager
def make_open_folder() -> Iterator[Path]:
    """Make a folder that others can pass through, as a checkout may be; pytest's own are closed."""
    made = Path(tempfile.mkdtemp(prefix="gorod-case-", dir=place()))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


def read_line(program: subprocess.Popen[str]) -> list[str]:
    assert program.stdout is not None
    return program.stdout.readline().split()


def kill(program: subprocess.Popen[str]) -> list[str]:
    """Send SIGKILL; return the whole lines that the program had still printed."""
    program.kill()
    said, _ = program.communicate()
    return [word for word in said.splitlines(keepends=True) if word.endswith("\n")]


def wait_until(is_true: Callable[[], Any], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.01)


def is_gone(pid: int) -> bool:
    """Return whether a process has ended; a zombie counts, as an orphan may remain one."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return True
    return status.rpartition(")")[2].split()[0] == "Z"


def ask(embedded: Embedded, query: str) -> Any:
    async def fetch() -> Any:
        connection = await open_session(embedded.url("postgres", "postgres"))
        try:
            return await connection.fetchval(query)
        finally:
            await connection.close()

    result: list[Any] = []
    thread = threading.Thread(target=lambda: result.append(asyncio.run(fetch())))
    thread.start()
    thread.join()
    return result[0]


@contextmanager
def keep_computing(embedded: Embedded) -> Iterator[int]:
    """Keep a session computing, so that its process does not notice the end of its server."""
    url = embedded.url("postgres", "postgres")
    with subprocess.Popen([sys.executable, "-c", COMPUTE, url], stdout=subprocess.PIPE) as program:
        assert program.stdout is not None
        pid = int(program.stdout.readline())
        state = f"SELECT state = 'active' FROM pg_stat_activity WHERE pid = {pid}"
        wait_until(lambda: ask(embedded, state))
        yield pid
        program.kill()


COMPUTE = """
import asyncio, sys
from models.database.address import open_session

async def compute():
    connection = await open_session(sys.argv[1])
    print(connection.get_server_pid(), flush=True)
    await connection.execute("DO 'BEGIN LOOP END LOOP; END'")

asyncio.run(compute())
"""
