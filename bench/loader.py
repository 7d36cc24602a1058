"""The load generator. Requests are bytes that are made in advance; of an answer it reads only the
length and whether it is an error."""

import asyncio
import gc
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import cycle
from time import perf_counter

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
CHUNKED = re.compile(rb"\r\ntransfer-encoding: *chunked", re.IGNORECASE)
WRITTEN = re.compile(rb'"userErrors" ?: ?\[\]')
VERSION = b"777777777"
"""The placeholder in a request for the version of a mark, which each answer increments."""
PATIENCE = 120.0
"""Seconds after which a server is given up. Without it, a hanging one would stop the benchmark."""


class Failed(Exception):
    """A server gives a wrong answer or none, and is not measured."""


@dataclass(slots=True)
class Request:
    """A request in bytes.

    writes: Whether its answer must say that nothing was refused.
    version: Of the mark that it changes; None for other requests.
    """

    raw: bytes
    writes: bool = False
    version: int | None = None

    def to_bytes(self) -> bytes:
        if self.version is None:
            return self.raw
        # JSON allows blanks before a number, so the length stays the same.
        return self.raw.replace(VERSION, b"%9d" % self.version)


@dataclass(slots=True)
class Load:
    """The result of a load.

    latencies: Of each answer, in seconds, in ascending order.
    """

    seconds: float
    latencies: list[float]

    @property
    def per_second(self) -> float:
        return len(self.latencies) / self.seconds

    def quantile(self, share: float) -> float:
        return self.latencies[min(int(len(self.latencies) * share), len(self.latencies) - 1)]


@dataclass
class Client(asyncio.Protocol):
    """One connection that sends the next request after each answer, until the end."""

    requests: Iterator[Request]
    until: float
    left: int
    """The number of further requests, at most."""
    latencies: list[float] = field(default_factory=list)
    parts: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.done: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self.missing: int | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: asyncio.WriteTransport = transport  # type: ignore[assignment]
        self.ask()

    def ask(self) -> None:
        request = next(self.requests, None)
        if request is None:
            self.finish(b"")
            return
        self.request = request
        self.parts.clear()
        self.missing = None
        self.transport.write(self.request.to_bytes())
        self.asked = perf_counter()

    def data_received(self, data: bytes) -> None:
        self.parts.append(data)
        if self.missing is None:
            self.begin()
        elif self.missing >= 0:
            self.missing -= len(data)
        if self.missing == 0 or (self.missing == -1 and self.parts[-1].endswith(b"0\r\n\r\n")):
            self.take_answer()

    def begin(self) -> None:
        """Parse the head, once it is complete; `missing` is -1 for a chunked answer."""
        so_far = b"".join(self.parts)
        self.parts = [so_far]
        end = so_far.find(b"\r\n\r\n") + 4
        if end < 4:
            return
        head = so_far[:end]
        if length := LENGTH.search(head):
            self.missing = int(length[1]) - (len(so_far) - end)
        elif CHUNKED.search(head):
            self.missing = -1
        else:
            self.fail(f"an answer without a length: {head!r}")

    def take_answer(self) -> None:
        now = perf_counter()
        self.latencies.append(now - self.asked)
        answer = b"".join(self.parts)
        if is_wrong(answer, writes=self.request.writes):
            self.fail(answer[:2000].decode(errors="replace"))
            return
        if self.request.version is not None:
            self.request.version += 1
        self.left -= 1
        if now < self.until and self.left > 0:
            self.ask()
        else:
            self.finish(answer)

    def finish(self, answer: bytes) -> None:
        if not self.done.done():
            self.done.set_result(answer)
            self.transport.close()

    def connection_lost(self, reason: Exception | None) -> None:
        self.fail(f"the connection was closed: {reason}")

    def fail(self, reason: str) -> None:
        if not self.done.done():
            self.done.set_exception(Failed(reason))
            self.transport.close()


def is_wrong(answer: bytes, *, writes: bool) -> bool:
    """Whether the answer has an error, or refuses a write."""
    good = answer.startswith(b"HTTP/1.1 200") and b'"errors"' not in answer
    return not good or (writes and not WRITTEN.search(answer))


async def load(
    port: int,
    requests: Sequence[Request],
    clients: int,
    seconds: float,
    most: int = 10**9,
    *,
    once: bool = False,
) -> Load:
    """Send requests for some time, or `most` times. Each client has requests of its own if there
    are enough, so that no two change the same mark.

    once: Whether each request serves once, whoever of the clients sends it; the load ends with the
        last one.

    Raises Failed.
    """
    loop = asyncio.get_running_loop()
    gc.collect()
    gc.disable()
    try:
        began = perf_counter()
        fresh = iter(requests)

        def client(number: int) -> Client:
            own = fresh if once else cycle(requests[number::clients] or requests)
            return Client(own, began + seconds, -(-most // clients))

        asked = [
            loop.create_connection(partial(client, number), "127.0.0.1", port)
            for number in range(clients)
        ]
        open_ones = [protocol for _, protocol in await asyncio.gather(*asked)]
        async with asyncio.timeout(seconds + PATIENCE):
            await asyncio.gather(*(one.done for one in open_ones))
        spent = perf_counter() - began
    except (OSError, TimeoutError) as problem:
        raise Failed(f"no answer: {problem!r}") from problem
    finally:
        gc.enable()
    return Load(spent, sorted(latency for one in open_ones for latency in one.latencies))


async def load_one(port: int, request: Request) -> bytes:
    """Send one request, and return the body of its answer."""
    loop = asyncio.get_running_loop()
    try:
        _, client = await loop.create_connection(
            lambda: Client(cycle([request]), 0.0, 1), "127.0.0.1", port
        )
    except OSError as problem:  # the server has ended
        raise Failed(f"no connection: {problem!r}") from problem
    async with asyncio.timeout(PATIENCE):
        head, _, body = (await client.done).partition(b"\r\n\r\n")
    return join_chunks(body) if CHUNKED.search(head) else body


def join_chunks(body: bytes) -> bytes:
    parts = []
    while body:
        size, _, body = body.partition(b"\r\n")
        length = int(size, 16)
        parts.append(body[:length])
        body = body[length + 2 :]
    return b"".join(parts)
