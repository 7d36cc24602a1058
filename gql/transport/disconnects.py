"""Clients that leave before they are answered: their operation ends, and so does its SQL."""

import asyncio

from starlette.types import Receive

PATIENCE = 0.3
"""Seconds an operation may take before anybody looks whether its client is still there: to look
costs a task, and most are answered long before. SQL must be gone within a second."""


class Leaving:
    """Watches whether the client of a request leaves, once its body was read, and then cancels the
    task of the request.

    has_left: Whether that happened.
    """

    def __init__(self, receive: Receive) -> None:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        self.task, self.receive = task, receive
        self.has_left = False
        self.watching: asyncio.Task[None] | None = None
        self.looking: asyncio.TimerHandle | None = loop.call_later(PATIENCE, self.look)

    def look(self) -> None:
        """Begin to watch."""
        self.looking = None
        self.watching = asyncio.create_task(self.wait())

    async def wait(self) -> None:
        while (await self.receive())["type"] != "http.disconnect":
            pass  # the rest of a body that nobody looks at
        self.has_left = True
        if self.task:
            self.task.cancel()

    def forget(self) -> None:
        """Look no more: there is an answer, or something happens that must not be broken off."""
        if self.looking is not None:
            self.looking.cancel()
        elif self.watching is not None:
            self.watching.cancel()
