"""Live servers for the clients of `examples/clients`: `python -m tests.live_servers COMMAND …`.

The command finds them in its environment:

SCHOOL_SERVER, SCHOOL_DATA: Address and data directory of a made-up school in `gorod dev`.
OWN_SERVER: Address of a school of one's own in `gorod serve`.
DIRECTOR, DIRECTOR_PASSWORD: Login and one-time password of its director.
PAGE_PORT: A free port. Pages from there, on 127.0.0.1, may use the made-up school.

All of it is gone when the command has ended, also when this process is killed.
"""

import ctypes
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from tests.database.processes import make_open_folder

GOROD = Path(sys.executable).with_name("gorod")
LONGEST = 900
"""Seconds after which the command is ended, so that one that hangs does not hold up CI."""
DIRECTOR = "borovaya"
SCHOOL = ("--name", "Боровая Анна Львовна", "--new-school", "МКОУ «Боровская ООШ»")
PLACE = ("--time-zone", "Asia/Barnaul")
PARENT_DIED = 1
"""PR_SET_PDEATHSIG: the kernel's signal to a process whose parent was killed."""


def main(command: list[str]) -> int:
    with make_open_folder() as folder, ThreadPoolExecutor(2) as starting:
        page = find_free_port()
        settings = {
            "GOROD_TRUSTED_ORIGINS": f"http://127.0.0.1:{page}",
            "GOROD_SOCKET_RECHECK_SECONDS": "1",
        }
        with (
            serve_made_up_school(folder / "dev", settings) as dev,
            serve_own_school(folder / "own") as (serve, password),
        ):
            addresses = list(starting.map(read_address, (dev, serve)))
            given = {
                "SCHOOL_SERVER": addresses[0],
                "SCHOOL_DATA": str(folder / "dev"),
                "OWN_SERVER": addresses[1],
                "DIRECTOR": DIRECTOR,
                "DIRECTOR_PASSWORD": password,
                "PAGE_PORT": str(page),
            }
            with run_program(command, given, death=signal.SIGKILL) as running:
                try:
                    return running.wait(LONGEST)
                except subprocess.TimeoutExpired:
                    sys.stderr.write(f"It has not ended after {LONGEST} seconds.\n")
                    return 1


@contextmanager
def serve_made_up_school(
    place: Path, settings: Mapping[str, str]
) -> Iterator[subprocess.Popen[str]]:
    with run_program([str(GOROD), "dev"], make_environment(place, settings), heard=True) as server:
        yield server


@contextmanager
def serve_own_school(place: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Serve a new school; yield the server and the one-time password of the director."""
    given = make_environment(place, {})
    for words in (("db", "upgrade"), ("user", "create-director", DIRECTOR, *SCHOOL, *PLACE)):
        done = subprocess.run(
            [GOROD, *words], env={**os.environ, **given}, capture_output=True, text=True, check=True
        )
    with run_program([str(GOROD), "serve"], given, heard=True) as server:
        yield server, done.stdout.split()[-1]


def make_environment(place: Path, settings: Mapping[str, str]) -> dict[str, str]:
    return {"GOROD_DATA_DIR": str(place), "PORT": "0", "GOROD_LOG_LEVEL": "warning", **settings}


@contextmanager
def run_program(
    command: list[str],
    given: Mapping[str, str],
    *,
    heard: bool = False,
    death: signal.Signals = signal.SIGTERM,
) -> Iterator[subprocess.Popen[str]]:
    """Run a program that gets `death` at the end of the block, or when this process is killed."""
    libc, parent = ctypes.CDLL(None), os.getpid()

    def bind_to_parent() -> None:
        if sys.platform == "linux":
            libc.prctl(PARENT_DIED, int(death), 0, 0, 0)
            if os.getppid() != parent:  # it died before we could say so
                os.kill(os.getpid(), death)

    output = subprocess.PIPE if heard else None
    program = subprocess.Popen(
        command,
        env={**os.environ, **given},
        stdin=subprocess.DEVNULL,
        stdout=output,
        text=True,
        preexec_fn=bind_to_parent,
    )
    try:
        yield program
    finally:
        program.send_signal(death)
        program.communicate(timeout=60)


def read_address(server: subprocess.Popen[str]) -> str:
    """Read the address from the output of a server that has answered once."""
    assert server.stdout is not None
    for line in server.stdout:
        if "/graphql" in line:
            return line.split()[2].removesuffix("/graphql")
    raise RuntimeError("a server ended without an address; above is what it said")


def find_free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that all is ended in order
    sys.exit(main(sys.argv[1:]))
