"""uvicorn in this process, and the signals that end it."""

import asyncio
import resource
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from http.client import HTTPConnection
from typing import Any, TypeVar

import uvicorn
import uvloop
from starlette.types import ASGIApp

from gql.cli.console import fail
from gql.guard.limits_of_use import LimitsOfSockets
from gql.transport.connections import KEPT_SECONDS, Connection

T = TypeVar("T")

SWITCH_SECONDS = 0.001
"""Seconds that a thread runs while another waits (Python's switch interval). With the default, five
times as much, each answer waits for the thread of the lane (`gql.guard.lane`) at every poll of the
network."""
UNREAD_MS = 60_000
"""Milliseconds that a client may leave sent data unread before the kernel ends the connection."""
MOST_FILES = 65_536
ACCEPTED_AT_ONCE = 32
"""Connections accepted in a turn of the event loop. libuv accepts one per listening socket, so it
gets this many copies of it. With one socket, turns of 40 ms let in 25 clients a second, and in an
overload others wait for ten seconds before they can be told to come back later."""


def allow_many_files() -> None:
    """Let this process open MOST_FILES files and sockets, if the system allows it. The default is
    often 1,024: a thousand clients would keep out all others, and the sessions of the database."""
    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_FILES if most == resource.RLIM_INFINITY else min(most, MOST_FILES)
    if now != resource.RLIM_INFINITY and now < wanted:
        with suppress(OSError, ValueError):  # macOS allows less than the limit it reports
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


class Stopped(Exception):
    """A signal asked the process to stop before it had started."""


class _Server(uvicorn.Server):
    """A server that leaves signals to us, because more than the server must be stopped, and a stop
    by a signal is no failure."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listens = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listens.set()

    def capture_signals(self) -> AbstractContextManager[None]:  # type: ignore[override]
        return nullcontext()


@contextmanager
def listen(host: str, port: int) -> Iterator[socket.socket]:
    """Yield a listening socket. It is opened first, so that a port in use is reported before a
    database is started."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listening = socket.create_server((host, port), family=family, backlog=2048)
    except OSError as problem:
        fail(
            f"cannot listen on {host}:{port}: {reason_of(problem)}. Set PORT to a free port from "
            "1024 to 65535 and GOROD_HOST to an address of this machine."
        )
    # Only TCP can end a connection to a client that reads no more: even a close frame would wait
    # for it without end. Accepted sockets inherit the option.
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNREAD_MS)
    with listening:
        yield listening


def reason_of(problem: OSError) -> str:
    """Return the reason without what asyncio adds to it. An unknown host has no errno and so no
    `strerror`."""
    return (problem.strerror or str(problem)).partition(" (while")[0]


def run_until_stopped(main: Callable[[asyncio.Event], Coroutine[Any, Any, None]]) -> None:
    """Run `main`; Ctrl-C, SIGTERM and a closed terminal set its event."""

    async def stoppable() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        try:
            await main(stop)
        except Stopped:
            return

    sys.setswitchinterval(SWITCH_SECONDS)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(stoppable())


async def run_unless(stop: asyncio.Event, work: Coroutine[Any, Any, T]) -> T:
    """Return the result of the work. If the event is set first, cancel the work and raise
    Stopped."""
    task = asyncio.create_task(work)
    asked = asyncio.create_task(stop.wait())
    await asyncio.wait({task, asked}, return_when=asyncio.FIRST_COMPLETED)
    asked.cancel()
    if task.done():
        return task.result()
    task.cancel()
    await asyncio.wait({task})
    raise Stopped


async def serve(
    app: ASGIApp,
    listening: socket.socket,
    stop: asyncio.Event,
    *,
    patience: int,
    most_frame: int,
    sockets: LimitsOfSockets,
    announce: Callable[[], Awaitable[None]],
    watch: Callable[[], Awaitable[Any]],
) -> None:
    """Serve until `stop` is set or `watch` fails. `announce` is called after a first answer.

    patience: Seconds that open requests and sockets get to finish.
    most_frame: The most bytes of a message on a socket; a longer one is refused.
    sockets: Limits of frames that the application does not see.
    """
    server = _Server(_config(app, patience, most_frame, sockets))
    running = asyncio.create_task(_run(server, listening))
    beside = asyncio.create_task(_tell(server, listening, announce, watch))
    asked = asyncio.create_task(stop.wait())
    try:
        done, _ = await asyncio.wait({running, beside, asked}, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        server.should_exit = True
        beside.cancel()
        asked.cancel()
        if not server.started:
            running.cancel()
        await asyncio.wait({running, beside})


async def _tell(
    server: _Server,
    listening: socket.socket,
    announce: Callable[[], Awaitable[None]],
    watch: Callable[[], Awaitable[Any]],
) -> None:
    await server.listens.wait()
    await asyncio.to_thread(_ask, listening)
    await announce()
    await watch()


def _config(
    app: ASGIApp, patience: int, most_frame: int, sockets: LimitsOfSockets
) -> uvicorn.Config:
    from gql.transport.websocket.server import protocol_of  # late: it imports as much as the app

    return uvicorn.Config(
        app,
        http=Connection,
        interface="asgi3",
        ws=protocol_of(sockets),
        ws_per_message_deflate=False,
        ws_max_size=most_frame,
        proxy_headers=False,  # done by `gql.transport.proxies`, with our own setting
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=patience,
        timeout_keep_alive=KEPT_SECONDS,
    )


async def _run(server: uvicorn.Server, listening: socket.socket) -> None:
    copies = [listening.dup() for _ in range(ACCEPTED_AT_ONCE - 1)]
    try:
        await server.serve(sockets=[listening, *copies])
    except SystemExit as problem:
        raise RuntimeError("The API did not start; the log says why.") from problem
    finally:
        for copy in copies:
            copy.close()


def _ask(listening: socket.socket) -> None:
    """Send one request over the network, so that the server has answered before it is announced. It
    is no operation, because operations are counted and logged as those of clients."""
    host, port = listening.getsockname()[:2]
    near = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    connection = HTTPConnection(near, port, timeout=30)
    try:
        connection.request("GET", "/healthz")
        connection.getresponse().read()
    finally:
        connection.close()
