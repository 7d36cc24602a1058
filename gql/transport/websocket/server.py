"""uvicorn's end of a socket, in turns with everybody else.

uvicorn reads up to 256 KB at once and takes all frames out of them before anybody else has a turn:
that is 40,000 empty ones. It answers each ping frame, however many there are and whether or not the
client reads the answers; and it closes connections by itself when it stops. Here frames are taken
out of a small part at a time, none while messages wait for the application, and those that the
application never sees are counted by the budget of messages.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import CloseCode, Frame
from websockets.http11 import Request

from gql.guard.limits_of_use import LimitsOfSockets
from gql.transport.headers import refusal
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
"""Bytes out of which frames are taken in one turn: 700 of the smallest."""
MOST_AFTER_CLOSING = 1_048_576
"""Bytes that are still read of a client that is to answer a closing frame."""
CLOSING_SECONDS = 2.0
"""How long clients have to answer a closing frame when the server stops."""


def protocol_of(limits: LimitsOfSockets) -> type[WebSocketsSansIOProtocol]:
    """The protocol for uvicorn's setting `ws`."""

    class SocketProtocol(WebSocketsSansIOProtocol):
        """A connection.

        unread: Bytes out of which no frames have been taken.
        next_turn: When it goes on with them; None while the application has messages to look at.
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
            """Take frames out of the next part."""
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
            """As uvicorn does it; what is refused is answered in JSON."""
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
            """Answer a handshake, and close the connection. Without an answer it would stay open
            for as long as the client likes, and count for no limit."""
            self.handshake_initiated = self.handshake_complete = self.close_sent = True
            self.transport.write(refusal(STATUS_LINE[status], message, code, *more))
            self.transport.close()

        def read_on(self) -> None:
            """Go on in the next turn, unless the application has messages to look at."""
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
            if self.close_sent:  # what is still unread has the answer of the client at its end
                self.read_on()

        def send_receive_event_to_app(self) -> None:
            """As uvicorn does it, without a traceback in the log for what a client has sent."""
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
                self.conn.data_to_send()  # the pong: nothing follows a closing frame
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
            """Count a frame that the application does not see, or not as one."""
            if not self.close_sent and not self.budget.take(size):
                self.close(Code.TOO_MANY_REQUESTS, "Too many frames")

        def close(self, code: int, reason: str) -> None:
            """Close, as if the application did, and tell it."""
            self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
            self.conn.send_close(code, reason)
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.close_sent, self.read_paused = True, False
            self.close_timer = self.loop.call_later(self.close_timeout, self.transport.close)

        def shutdown(self) -> None:
            """The server stops. The application is told, and closes the connection when those
            operations that have an end have come to it."""
            self.close_timeout = CLOSING_SECONDS
            if self.close_sent or not self.handshake_complete:
                super().shutdown()
                return
            self.stop_keepalive()
            restart: Any = {"type": "websocket.disconnect", RESTART: True}
            self.queue.put_nowait(restart)

    return SocketProtocol
