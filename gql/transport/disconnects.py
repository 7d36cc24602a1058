"""Clients that disconnect before they are answered: their operation and its SQL are cancelled."""

import asyncio
from time import monotonic

from starlette.types import Receive

PATIENCE = 0.3
"""Seconds after which the server begins to watch for the disconnect of a client. Watching costs a
task, and most operations end long before. SQL must be cancelled within a second."""


class DisconnectWatch:
    """The watch over one request whose body was read: on a disconnect it cancels the task.

    has_left: Whether the client disconnected.
    """

    __slots__ = ("departures", "has_left", "receive", "since", "task", "watching")

    def __init__(self, departures: "DisconnectWatches", receive: Receive) -> None:
        self.departures, self.receive = departures, receive
        self.task, self.since = asyncio.current_task(), monotonic()
        self.has_left = False
        self.watching: asyncio.Task[None] | None = None

    async def wait(self) -> None:
        while (await self.receive())["type"] != "http.disconnect":
            pass  # the rest of an ignored body
        self.has_left = True
        if self.task:
            self.task.cancel()

    def forget(self) -> None:
        """Stop watching: there is an answer, or a mutation runs that must not be cancelled."""
        if self.watching is not None:
            self.watching.cancel()
        else:
            self.departures.waiting.pop(self, None)


class DisconnectWatches:
    """All watches of a process, started by one timer for all requests.

    waiting: Watches that are not started yet, the oldest first.
    """

    def __init__(self) -> None:
        self.waiting: dict[DisconnectWatch, None] = {}
        self.timer: asyncio.TimerHandle | None = None

    def watch(self, receive: Receive) -> DisconnectWatch:
        """Watch the client of the current task, beginning after PATIENCE."""
        found = DisconnectWatch(self, receive)
        self.waiting[found] = None
        if self.timer is None:
            self.timer = asyncio.get_running_loop().call_later(PATIENCE, self.look)
        return found

    def look(self) -> None:
        """Start the watches that have waited for PATIENCE."""
        self.timer = None
        for one in list(self.waiting):
            left = one.since + PATIENCE - monotonic()
            if left > 0:
                self.timer = asyncio.get_running_loop().call_later(left, self.look)
                return
            del self.waiting[one]
            one.watching = asyncio.create_task(one.wait())
