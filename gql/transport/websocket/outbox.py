"""Sending messages one after another, with a limit of those in memory.

uvicorn writes a message into the buffer of the connection, and the next one waits while the client
does not read. All further messages wait here.
"""

import asyncio
from collections.abc import Callable

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

LONGEST_WAIT = 60.0
"""Seconds in which the client must read enough for the next message. The kernel gives up earlier a
client that reads nothing (`gql.cli.server`). It gives up neither one that reads a byte now and
then, nor a proxy that still answers in place of its client."""


class ClientGone(Exception):
    """The connection is closed or was given up."""


class Outbox:
    """The messages to the client of one connection.

    most: Bytes that may wait; a single message may be longer.
    give_up: Called once if the client does not read.
    waiting: Bytes that wait.
    """

    def __init__(self, connection: WebSocket, most: int, give_up: Callable[[], None]) -> None:
        self.connection, self.most, self.give_up = connection, most, give_up
        self.waiting = 0
        self.is_lost = False
        self.turn = asyncio.Lock()

    async def send(self, message: bytes) -> None:
        """Send a message, and return when it was written. Raises ClientGone."""
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

    async def wait_until_sent(self) -> None:
        """Wait until all messages are written. Raises ClientGone."""
        if self.waiting:
            async with self.turn:
                pass
        self.check()

    async def close(self, code: int, reason: str) -> None:
        """Close the connection. Messages that wait are not sent."""
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
