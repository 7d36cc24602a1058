"""Responses whose head and body are written at once.

uvicorn writes the head by itself, so each answer would cost two system calls and wake its client
twice.
"""

from collections.abc import Awaitable
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from gql.transport.headers import CLOSING

WHOLE = "whole"
"""A key of the message `http.response.start`: the body comes at once and in one message. Servers
that do not know the key send the response as any other."""


class WholeResponses:
    """ASGI middleware for one request. It joins a head that has the key WHOLE with its body, and
    passes on all others.

    cycle: uvicorn's state of the request and its response.
    """

    __slots__ = ("app", "cycle", "send_part", "start")

    def __init__(self, app: ASGIApp, cycle: Any) -> None:
        self.app, self.cycle = app, cycle
        self.start: Message | None = None

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        self.send_part = send
        return self.app(scope, receive, self.send)

    async def send(self, message: Message) -> None:
        start = self.start
        if start is None:
            if WHOLE in message and self.is_joined():
                self.start = message
            else:
                await self.send_part(message)
        else:
            self.start = None
            if not self.write(start, message):
                await self.send_part(start)
                await self.send_part(message)

    def is_joined(self) -> bool:
        """Whether the response needs nothing that uvicorn adds to heads and bodies."""
        cycle = self.cycle
        return bool(cycle.keep_alive and cycle.scope["method"] != "HEAD")

    def write(self, start: Message, message: Message) -> bool:
        """Write a whole response, and end its request as uvicorn does; False if it cannot."""
        cycle = self.cycle
        body = message["body"]
        headers = [*cycle.default_headers, *start["headers"]]
        if (
            message.get("more_body")
            or cycle.disconnected
            or cycle.flow.write_paused
            or CLOSING in headers
            or (b"content-length", b"%d" % len(body)) not in headers
        ):
            return False
        head = STATUS_LINE[start["status"]] + b"".join([b"%b: %b\r\n" % one for one in headers])
        lines = len(headers) + 1
        if head.count(b"\n") != lines or head.count(b"\r") != lines or b"\0" in head:
            raise RuntimeError("A header has a control character.")  # it could forge a header
        cycle.response_started = True
        cycle.waiting_for_100_continue = False
        cycle.transport.write(b"%b\r\n%b" % (head, body))
        cycle.response_complete = True
        cycle.message_event.set()
        cycle.on_response()
        return True
