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
"""How long a thread may go on while another wants to. With five times as much, the usual, each
answer waits for the lane (`gql.guard.lane`) as often as it looks for news from the network."""
UNREAD_MS = 60_000
"""How long a client may leave what it is sent unread before the connection is given up."""
MOST_FILES = 65_536
ACCEPTED_AT_ONCE = 32
"""Connections taken in a turn of the event loop. libuv takes one for each listening socket that it
watches, so it watches so many copies. With one, a turn of 40 ms lets in 25 clients a second, and in
an overload the next ones wait for ten seconds before anybody can tell them to come back later."""


def allow_many_files() -> None:
    """Let this process hold MOST_FILES files and sockets, if the system allows it. Without that it
    is often 1,024, and a thousand clients would keep out all others, and the database."""
    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_FILES if most == resource.RLIM_INFINITY else min(most, MOST_FILES)
    if now != resource.RLIM_INFINITY and now < wanted:
        with suppress(OSError, ValueError):  # macOS allows less than it says
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


class Stopped(Exception):
    """Somebody asked us to stop before there was anything to wait for."""


class _Server(uvicorn.Server):
    """Signals are ours: there is more to stop than this, and stopping is no failure."""

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
    """Taken first of all: a port in use should be told before a database is started."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listening = socket.create_server((host, port), family=family, backlog=2048)
    except OSError as problem:
        fail(
            f"cannot listen on {host}:{port}: {reason_of(problem)}. Set PORT to a free port from "
            "1024 to 65535 and GOROD_HOST to an address of this machine."
        )
    # Nothing above TCP can end a connection to somebody who reads no more: to say goodbye, too, one
    # would have to wait for them. What is accepted takes this over.
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNREAD_MS)
    with listening:
        yield listening


def reason_of(problem: OSError) -> str:
    """Without what the library adds: a name that nobody knows has no number of the kernel's."""
    return (problem.strerror or str(problem)).partition(" (while")[0]


def until_stopped(main: Callable[[asyncio.Event], Coroutine[Any, Any, None]]) -> None:
    """Runs it; Ctrl-C, SIGTERM and a closed terminal set the event."""

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


async def unless(stop: asyncio.Event, work: Coroutine[Any, Any, T]) -> T:
    """Its result; Stopped, with the work cancelled, if somebody would not wait for it."""
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
    """Until asked to stop, or until `watch` fails. `announce` comes when it has answered.

    patience: seconds that open requests and sockets get to finish.
    most_frame: bytes of a message on a socket; a longer one is not taken in.
    sockets: limits of frames that the application does not see.
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
    from gql.transport.websocket.server import protocol_of  # late: it takes what the app takes

    return uvicorn.Config(
        app,
        http=Connection,
        interface="asgi3",
        ws=protocol_of(sockets),
        ws_per_message_deflate=False,
        ws_max_size=most_frame,
        proxy_headers=False,  # see `gql.transport.proxies`; its setting is the machine's
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
    """One real question over the network: what is announced has answered once. It is no operation,
    for those are counted and logged as what clients ask."""
    host, port = listening.getsockname()[:2]
    near = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    connection = HTTPConnection(near, port, timeout=30)
    try:
        connection.request("GET", "/healthz")
        connection.getresponse().read()
    finally:
        connection.close()
