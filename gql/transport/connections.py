"""Connections over HTTP/1.1: how long and how large what a client sends may be before there is a
request that anybody could answer, and what is said to bytes that are none."""

from asyncio import TimerHandle, Transport

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from gql.transport.headers import refusal

MOST_HEAD = 65_536
"""Bytes of a request line and its headers. A GET has its document there."""
HEAD_SECONDS = 15.0
"""For a head, from the first byte on; also until the first byte of a new connection."""
SILENT_SECONDS = 20.0
"""Without a byte of a body that is expected. `gql.transport.bodies` limits a whole body."""
KEPT_SECONDS = 60
"""For which a connection is kept after a response; proxies before a server keep theirs as long."""
LATE = "The rest of the request did not come in time."


class Connection(HttpToolsProtocol):
    """uvicorn's connection with limits. It answers in JSON what is no HTTP.

    Without the time limits a client that sends half a head, or announces a body and is silent, has
    a connection for ever, and a few thousand of them have all that the process may open.
    """

    timer: TimerHandle | None = None
    head_size = 0

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.wait(HEAD_SECONDS)

    def connection_lost(self, exc: Exception | None) -> None:
        self.stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if len(data) > MOST_HEAD:  # the parser takes a head of any length: look in between
            for begin in range(0, len(data), MOST_HEAD):
                if not self.transport.is_closing():
                    self.data_received(data[begin : begin + MOST_HEAD])
            return
        super().data_received(data)
        scope, cycle = self.scope, self.cycle
        if scope is None or "method" not in scope or (cycle and cycle.response_complete):
            self.count_head(len(data))
            return
        if self.timer is not None:
            self.stop_waiting()
        if cycle and cycle.more_body:
            self.wait(SILENT_SECONDS)

    def count_head(self, size: int) -> None:
        """Limit the head that has begun, or whatever else comes after a response was sent."""
        self.head_size += size
        if self.transport.is_closing():
            return
        if self.head_size > MOST_HEAD:
            told = f"The request line and the headers are longer than {MOST_HEAD} bytes together."
            self.refuse(431, told, "REQUEST_TOO_LARGE")
        elif self.timer is None:
            self.wait(HEAD_SECONDS)

    def wait(self, seconds: float) -> None:
        """Wait so long for more bytes."""
        self.timer = self.loop.call_later(seconds, self.give_up)

    def stop_waiting(self) -> None:
        self.head_size = 0
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None

    def give_up(self) -> None:
        """Close a connection from which nothing came in time."""
        self.timer = None
        if self.transport.is_closing():
            return
        cycle = self.cycle
        answering = cycle is not None and not cycle.response_complete
        if answering and (self.flow.read_paused or not cycle.more_body):
            self.wait(HEAD_SECONDS)  # it is the server that does not read, or has yet to answer
        else:
            self.refuse(408, LATE, "BAD_REQUEST")

    def send_400_response(self, msg: str) -> None:
        self.refuse(400, msg, "BAD_REQUEST")

    def refuse(self, status: int, message: str, code: str) -> None:
        """Answer in place of the application, and close the connection. Nothing is said where no
        request has begun, or in the middle of a response."""
        scope, cycle = self.scope, self.cycle
        in_head = scope is not None and "method" not in scope
        silent = cycle is None or cycle.response_complete or not cycle.response_started
        in_body = cycle is not None and cycle.more_body and not cycle.response_complete
        if silent and (in_head or in_body or status == 400):
            more = self.server_state.default_headers
            self.transport.write(refusal(STATUS_LINE[status], message, code, *more))
        self.transport.close()
