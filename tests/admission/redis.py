"""A temporary Redis, started from the system's package if there is one."""

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.needing import REDIS


class Redis:
    """A Redis on a socket in a directory; it writes nothing to the disk."""

    def __init__(self, directory: Path) -> None:
        self.socket = directory / "redis"
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis+unix://{self.socket}"

    def start(self, *words: str) -> None:
        """Start the server. Raises TimeoutError if it does not listen within ten seconds."""
        program = shutil.which("redis-server")
        assert program
        options = ["--port", "0", "--unixsocket", str(self.socket), "--save", "", *words]
        self.process = subprocess.Popen([program, *options], stdout=subprocess.DEVNULL)
        late = time.monotonic() + 10
        while not self.socket.exists():
            if time.monotonic() > late:
                raise TimeoutError
            time.sleep(0.01)

    def stop(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None
        self.socket.unlink(missing_ok=True)


@contextmanager
def start_redis(directory: Path) -> Iterator[Redis]:
    if not shutil.which("redis-server"):
        pytest.skip(REDIS)
    redis = Redis(directory)
    redis.start()
    try:
        yield redis
    finally:
        redis.stop()
