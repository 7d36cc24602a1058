"""Clients that leave before they are answered: their operation ends, and so does its SQL."""

import asyncio
from time import monotonic

from starlette.types import Receive

PATIENCE = 0.3
"""Seconds an operation may take before anybody looks whether its client is still there: to look
costs a task, and most are answered long before. SQL must be gone within a second."""


class Leaving:
    """Watches whether the client of a request leaves, once its body was read, and then cancels the
    task of the request.

    has_left: Whether that happened.
    """

    __slots__ = ("departures", "has_left", "receive", "since", "task", "watching")

    def __init__(self, departures: "Departures", receive: Receive) -> None:
        self.departures, self.receive = departures, receive
        self.task, self.since = asyncio.current_task(), monotonic()
        self.has_left = False
        self.watching: asyncio.Task[None] | None = None

    async def wait(self) -> None:
        while (await self.receive())["type"] != "http.disconnect":
            pass  # the rest of a body that nobody looks at
        self.has_left = True
        if self.task:
            self.task.cancel()

    def forget(self) -> None:
        """Look no more: there is an answer, or something happens that must not be broken off."""
        if self.watching is not None:
            self.watching.cancel()
        else:
            self.departures.waiting.pop(self, None)


class Departures:
    """Begins to watch the clients of requests that take long, with one timer for all requests.

    waiting: Those that are not watched yet, the oldest first.
    """

    def __init__(self) -> None:
        self.waiting: dict[Leaving, None] = {}
        self.timer: asyncio.TimerHandle | None = None

    def watch(self, receive: Receive) -> Leaving:
        """Watch the client of the present task from PATIENCE on."""
        found = Leaving(self, receive)
        self.waiting[found] = None
        if self.timer is None:
            self.timer = asyncio.get_running_loop().call_later(PATIENCE, self.look)
        return found

    def look(self) -> None:
        """Begin to watch those that have waited long enough."""
        self.timer = None
        for one in list(self.waiting):
            left = one.since + PATIENCE - monotonic()
            if left > 0:
                self.timer = asyncio.get_running_loop().call_later(left, self.look)
                return
            del self.waiting[one]
            one.watching = asyncio.create_task(one.wait())
