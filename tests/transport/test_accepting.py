"""The number of turns in which a busy server accepts new connections."""

import asyncio
import socket
from contextlib import ExitStack
from typing import Any

import uvloop
from starlette.types import Receive, Scope, Send

from gql.cli.server import ACCEPTED_AT_ONCE, listen, serve
from gql.guard.limits_of_use import LimitsOfSockets

CLIENTS = 128  # if one is accepted in a turn, they take as many turns
REQUEST = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
WARM_TURNS = 20
"""The turns of the loop that reading and answering may take in addition."""


async def count_turns() -> int:
    """Return the turns of the loop in which a server reads the requests of clients that came at
    once."""
    stop, heard, turns = asyncio.Event(), 0, 0

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal heard
        if scope["type"] == "lifespan":
            for _ in range(2):
                kind = (await receive())["type"]
                await send({"type": f"{kind}.complete"})
            return
        heard += 1
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def connect_clients(port: int, clients: ExitStack) -> None:
        nonlocal heard, turns
        heard = 0
        for _ in range(CLIENTS):  # the loop does not run meanwhile: the kernel queues them
            client = clients.enter_context(socket.create_connection(("127.0.0.1", port)))
            client.sendall(REQUEST)
        while heard < CLIENTS:
            turns += 1
            await asyncio.sleep(0)
        stop.set()

    async def do_nothing() -> Any:
        return None

    with listen("127.0.0.1", 0) as listening, ExitStack() as clients:
        port = listening.getsockname()[1]
        await serve(
            app, listening, stop, patience=1, most_frame=1_000, sockets=LimitsOfSockets(),
            announce=lambda: connect_clients(port, clients), watch=do_nothing,
        )  # fmt: skip
    return turns


async def test_many_clients_are_accepted_within_a_few_turns() -> None:
    """If one were accepted in a turn, the last would wait for as long as all the others take."""
    turns = await asyncio.to_thread(uvloop.run, count_turns())
    assert turns <= CLIENTS / ACCEPTED_AT_ONCE + WARM_TURNS
