"""Lingering close: requests that are answered before their body was read to its end.

If a server closes a connection on which bytes still come, the client's system drops an unread
answer: the client sees a broken connection instead of the reason. So the server sends the answer,
and then reads and drops the rest of the body for a while (RFC 9112, 9.6).
"""

import asyncio

from starlette.types import Message, Receive, Send

from gql.transport.headers import CLOSING

LINGER_SECONDS = 30.0
"""How long the rest of a body is read: the time of an accepted body, and of nginx."""
SILENT_SECONDS = 1.0
"""The longest pause between two parts."""
MOST_DROPPED = 256 * 1_048_576
"""Bytes that are read and dropped."""


class LingeringClose:
    """A pair of ASGI `receive` and `send` to pass to an application.

    is_read: Whether the body was read to its end.
    """

    def __init__(self, receive: Receive, send: Send) -> None:
        self.receive_next, self.send_next = receive, send
        self.is_read = self.closes = False

    async def receive(self) -> Message:
        message = await self.receive_next()
        self.is_read = not message.get("more_body", False)
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.closes = CLOSING in message["headers"]
        is_last = message["type"] == "http.response.body" and not message.get("more_body", False)
        if not is_last or self.is_read or not self.closes:
            await self.send_next(message)
            return
        await self.send_next({**message, "more_body": True})
        await self.drop_body()
        await self.send_next({"type": "http.response.body", "body": b""})

    async def drop_body(self) -> None:
        """Read and drop the rest of the body, within the limits."""
        dropped = 0
        end = asyncio.get_running_loop().time() + LINGER_SECONDS
        while not self.is_read and dropped < MOST_DROPPED:
            silent = asyncio.get_running_loop().time() + SILENT_SECONDS
            try:
                async with asyncio.timeout_at(min(silent, end)):
                    dropped += len((await self.receive()).get("body", b""))
            except TimeoutError:
                return
