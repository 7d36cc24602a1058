"""uvicorn's WebSocket protocol with fair turns of the event loop.

uvicorn reads up to 256 KB at once and parses all their frames, up to 40,000 empty ones, before any
other connection is served. It answers every ping frame, even if the client does not read the
answers, and closes connections by itself when it stops. This class parses a small part at a time,
and none while messages wait for the application. Frames that the application never sees count for
the budget of messages.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import CloseCode, Frame
from websockets.http11 import Request

from gql.guard.limits_of_use import LimitsOfSockets
from gql.transport.headers import closing_response
from gql.transport.http import ENDPOINT
from gql.transport.origins import UNTRUSTED
from gql.transport.requests import language_in
from gql.transport.websocket.budget import Budget
from gql.transport.websocket.messages import RESTART, Code

NO_SUCH_ADDRESS = {
    "ru": f"По этому адресу нет сокетов: они по адресу `{ENDPOINT}`.",
    "en": f"This address has no sockets: they are at `{ENDPOINT}`.",
}
PART = 4_096
"""Bytes that are parsed in one turn: up to 700 of the smallest frames."""
MOST_AFTER_CLOSING = 1_048_576
"""Bytes that are still read from a client until it answers a close frame."""
CLOSING_SECONDS = 2.0
"""The time in which clients must answer a close frame when the server stops."""


def protocol_of(limits: LimitsOfSockets) -> type[WebSocketsSansIOProtocol]:
    """Return the protocol for uvicorn's setting `ws`."""

    class SocketProtocol(WebSocketsSansIOProtocol):
        """A connection.

        unread: Received bytes that are not parsed yet.
        next_turn: The handle of the next turn; None while the application has messages to read.
        """

        def __init__(self, *given: Any, **named: Any) -> None:
            super().__init__(*given, **named)
            self.unread = bytearray()
            self.next_turn: asyncio.Handle | None = None
            self.budget = Budget(limits)
            self.read_after_closing = 0

        def data_received(self, data: bytes) -> None:
            self.unread += data
            if self.next_turn is None and not self.read_paused:
                self.take_turn()

        def take_turn(self) -> None:
            """Parse the next part."""
            self.next_turn = None
            if self.disconnected or self.transport.is_closing():
                self.unread.clear()
                return
            part = bytes(self.unread[:PART])
            del self.unread[:PART]
            if self.close_sent:
                self.read_after_closing += len(part)
                if self.read_after_closing > MOST_AFTER_CLOSING:
                    self.transport.abort()
                    return
            super().data_received(part)
            if self.conn.handshake_exc is not None and not self.handshake_initiated:
                told = f"This is no WebSocket handshake: {self.conn.handshake_exc}."
                self.refuse(400, told, "BAD_REQUEST")
                return
            self.read_on()

        def handle_connect(self, event: Request) -> None:
            """Handle a handshake as uvicorn does, with refusals in JSON."""
            response = self.conn.accept(event)
            if response.status_code == 101:
                super().handle_connect(event)
                return
            names = ("allow", "upgrade", "sec-websocket-version")
            told = [(name, response.headers.get(name)) for name in names]
            more = [(name.encode(), value.encode()) for name, value in told if value]
            message = response.body.decode().strip()
            self.refuse(response.status_code, message, "BAD_REQUEST", *more)

        def refuse(self, status: int, message: str, code: str, *more: tuple[bytes, bytes]) -> None:
            """Refuse a handshake, and close the connection. Otherwise the client could keep it
            open, and no limit would count it."""
            self.handshake_initiated = self.handshake_complete = self.close_sent = True
            self.transport.write(closing_response(STATUS_LINE[status], message, code, *more))
            self.transport.close()

        def read_on(self) -> None:
            """Schedule the next turn, unless the application has messages to read."""
            if self.read_paused or self.disconnected or self.transport.is_closing():
                return
            if self.unread:
                self.transport.pause_reading()
                if self.next_turn is None:
                    self.next_turn = self.loop.call_soon(self.take_turn)
            else:
                self.transport.resume_reading()

        async def receive(self) -> Any:
            message = await self.queue.get()
            if self.read_paused and self.queue.empty():
                self.read_paused = False
                self.read_on()
            return message

        async def send(self, message: Any) -> None:
            if message["type"] == "websocket.close" and not self.handshake_complete:
                language = language_in(dict(self.scope["headers"]))
                if self.scope["path"] == ENDPOINT:
                    self.refuse(403, UNTRUSTED[language], "FORBIDDEN")
                else:
                    self.refuse(404, NO_SUCH_ADDRESS[language], "NOT_FOUND")
                return
            await super().send(message)
            if self.close_sent:  # the client's close frame comes after the unread bytes
                self.read_on()

        def send_receive_event_to_app(self) -> None:
            """Pass on a message as uvicorn does, without a traceback for invalid UTF-8."""
            data, self.frames = b"".join(self.frames), []
            if self.close_sent:
                return
            message: Any = {"type": "websocket.receive", "bytes": data}
            if self.curr_msg_data_type == "text":
                try:
                    message = {"type": "websocket.receive", "text": data.decode()}
                except UnicodeDecodeError:
                    self.close(CloseCode.INVALID_DATA, "A text is UTF-8")
                    return
            self.queue.put_nowait(message)
            if not self.read_paused:
                self.read_paused = True
                self.transport.pause_reading()

        def handle_ping(self) -> None:
            if self.close_sent:
                self.conn.data_to_send()  # drop the pong: nothing may follow a close frame
                return
            super().handle_ping()
            self.count(0)

        def handle_pong(self, event: Frame) -> None:
            super().handle_pong(event)
            self.count(0)

        def handle_cont(self, event: Frame) -> None:
            super().handle_cont(event)
            self.count(len(event.data))

        def count(self, size: int) -> None:
            """Count a frame that the application does not get as a message."""
            if not self.close_sent and not self.budget.take(size):
                self.close(Code.TOO_MANY_REQUESTS, "Too many frames")

        def close(self, code: int, reason: str) -> None:
            """Close the connection, and send the application `websocket.disconnect`."""
            self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
            self.conn.send_close(code, reason)
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.close_sent, self.read_paused = True, False
            self.close_timer = self.loop.call_later(self.close_timeout, self.transport.close)

        def shutdown(self) -> None:
            """Tell the application that the server stops. It closes the connection when queries and
            mutations have ended."""
            self.close_timeout = CLOSING_SECONDS
            if self.close_sent or not self.handshake_complete:
                super().shutdown()
                return
            self.stop_keepalive()
            restart: Any = {"type": "websocket.disconnect", RESTART: True}
            self.queue.put_nowait(restart)

    return SocketProtocol
