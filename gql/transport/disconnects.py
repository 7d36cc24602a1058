"""Clients that leave before they are answered: their operation ends, and so does its SQL."""

import asyncio
from typing import Any

from starlette.types import Receive

PATIENCE = 0.5
"""Seconds an operation may take before anybody looks whether its client is still there: to look
costs a task, and most are answered long before."""


class Leaving:
    """Watches whether a client leaves whose body has been read to the end, and then cancels the
    task of its request.

    has_left: Whether that happened.
    """

    def __init__(self, task: asyncio.Task[Any], receive: Receive) -> None:
        self.task, self.receive = task, receive
        self.has_left = False
        self.watching = asyncio.create_task(self.wait())

    async def wait(self) -> None:
        message = await self.receive()
        if message["type"] == "http.disconnect":
            self.has_left = True
            self.task.cancel()

    def forget(self) -> None:
        """Look no more: there is an answer."""
        self.watching.cancel()


def look(task: asyncio.Task[Any], receive: Receive, watching: list[Leaving]) -> None:
    """Begin to watch, for whoever holds the list. The door calls it PATIENCE after a query."""
    watching.append(Leaving(task, receive))
