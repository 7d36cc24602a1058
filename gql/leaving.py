"""Clients that leave before they are answered: their operation ends, and so does its SQL."""

import asyncio

from starlette.types import Receive

PATIENCE = 0.5
"""Seconds an operation may take before anybody looks whether its client is still there: to look
costs a task, and most are answered long before."""


class Leaving:
    """Watches whether the client of a request leaves, whose body has been read to the end; then
    cancels the task it was made in.

    has_left: Whether that happened.
    """

    __slots__ = ("handle", "has_left", "receive", "task", "watching")

    def __init__(self, receive: Receive) -> None:
        self.receive, self.task = receive, asyncio.current_task()
        self.has_left = False
        self.watching: asyncio.Task[None] | None = None
        self.handle = asyncio.get_running_loop().call_later(PATIENCE, self.begin)

    def begin(self) -> None:
        self.watching = asyncio.create_task(self.wait())

    async def wait(self) -> None:
        message = await self.receive()
        if message["type"] == "http.disconnect" and self.task:
            self.has_left = True
            self.task.cancel()

    def forget(self) -> None:
        """Look no more: there is an answer."""
        self.handle.cancel()
        if self.watching:
            self.watching.cancel()
