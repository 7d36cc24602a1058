"""Sending: one message after another, and no more of them in memory than a limit.

A server writes a message into a buffer of the connection, and makes the next one wait while the
client does not read that. All further messages wait here.
"""

import asyncio
from collections.abc import Callable

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

LONGEST_WAIT = 60.0
"""Seconds in which a client must read so much that the next message can be written. The kernel
gives up earlier on those who read nothing at all (`gql.cli.server`), but neither on those who read
a byte now and then, nor on a proxy that still answers for its client."""


class ClientGone(Exception):
    """There is nobody to send to: the connection is closed, or was given up."""


class Outbox:
    """The messages to the client of one connection.

    most: Bytes that may wait, unless it is one message alone.
    give_up: Called once if the client does not read what is sent.
    waiting: Bytes that wait.
    """

    def __init__(self, connection: WebSocket, most: int, give_up: Callable[[], None]) -> None:
        self.connection, self.most, self.give_up = connection, most, give_up
        self.waiting = 0
        self.is_lost = False
        self.turn = asyncio.Lock()

    async def send(self, message: bytes) -> None:
        """Returns when the message was written. Raises ClientGone."""
        if self.waiting and self.waiting + len(message) > self.most:
            self.lose()
        self.check()
        self.waiting += len(message)
        try:
            async with asyncio.timeout(LONGEST_WAIT), self.turn:
                self.check()
                await self.connection.send({"type": "websocket.send", "text": message.decode()})
        except (WebSocketDisconnect, RuntimeError):
            raise ClientGone from None
        except TimeoutError:
            self.lose()
            raise ClientGone from None
        finally:
            self.waiting -= len(message)

    async def drained(self) -> None:
        """Wait until all messages are written. Raises ClientGone."""
        if self.waiting:
            async with self.turn:
                pass
        self.check()

    async def close(self, code: int, reason: str) -> None:
        """Close the connection. What still waits is not sent."""
        try:
            async with asyncio.timeout(LONGEST_WAIT):
                if self.connection.application_state is WebSocketState.CONNECTED:
                    await self.connection.close(code, reason)
        except (WebSocketDisconnect, RuntimeError):
            return
        except TimeoutError:
            self.lose()

    def check(self) -> None:
        if self.is_lost or self.connection.application_state is not WebSocketState.CONNECTED:
            raise ClientGone

    def lose(self) -> None:
        if not self.is_lost:
            self.is_lost = True
            self.give_up()
