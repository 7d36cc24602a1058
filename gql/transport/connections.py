"""Connections over HTTP/1.1: limits of time and size before a request is complete, and answers to
bytes that are no request."""

from asyncio import TimerHandle, Transport
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from gql.transport.headers import closing_response
from gql.transport.parsing import HeadTooLong, ParsingProtocol
from gql.transport.whole import WholeResponses

MOST_HEAD = 65_536
"""Bytes of a request line with its headers, and of the trailers after a body. The request line of
a GET contains its document."""
HEAD_SECONDS = 15.0
"""The time for a head, from its first byte, and for the first byte of a new connection. Without it,
clients that send half a head would keep all connections."""
SILENT_SECONDS = 20.0
"""The longest pause within a body. `gql.transport.bodies` limits the time of a whole body."""
KEPT_SECONDS = 60
"""How long a connection is kept after a response; proxies in front of servers keep theirs as
long."""
LINGER_SECONDS = 2.0
"""How long the bytes of a refused client are read and dropped, so that it can read the answer."""
UNREAD_SECONDS, LEAST_READ = 60.0, 65_536
"""A client with much of an answer unread must read at least so many bytes in each of these periods.
The kernel gives up a client that reads nothing (`gql.cli.server`). It gives up neither one that
reads a byte now and then, nor a proxy that still answers in place of its client."""
MOST_PIPELINED = 16
"""Requests that wait on a connection. If there are more, reading stops, and then the server cannot
see that the client leaves."""
LATE = "The rest of the request did not come in time."


class Connection(ParsingProtocol):
    """uvicorn's connection with limits. It answers in JSON to bytes that are no HTTP.

    Without the time limits, a client that sends half a head, or announces a body and sends none,
    keeps a connection for ever. A few thousand of them take all that the process may open.
    """

    timer: TimerHandle | None = None
    unread_timer: TimerHandle | None = None
    head_size = trailers_size = 0
    is_refused = False
    """Whether the connection was refused: it answers nothing more and drops what comes."""
    late_refusal: tuple[int, str, str] | None = None
    """The refusal to send after the answers to all requests before it."""
    answering: Any = None
    """The request that the application answers now; `cycle` is the last that came."""

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.wait(HEAD_SECONDS)

    def connection_lost(self, exc: Exception | None) -> None:
        self.stop_waiting()
        if self.unread_timer is not None:
            self.unread_timer.cancel()
        self.end_request()
        super().connection_lost(exc)

    def _start_asgi_task(self, cycle: Any, app: Any) -> None:
        self.answering = cycle
        whole: Any = WholeResponses(app, cycle)
        super()._start_asgi_task(cycle, whole)

    def end_request(self) -> None:
        """Tell the application that its client has disconnected. Of several pipelined requests,
        uvicorn tells the last one only."""
        if (answering := self.answering) is not None and not answering.response_complete:
            answering.disconnected = True
            answering.message_event.set()

    # -- reading --------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        if self.is_refused:
            return
        if len(data) > MOST_HEAD:  # in parts, as the parser itself takes a head of any length
            for begin in range(0, len(data), MOST_HEAD):
                if not self.transport.is_closing():
                    self.data_received(data[begin : begin + MOST_HEAD])
            return
        cycle = self.cycle
        if cycle is not None and cycle.more_body and not cycle.response_complete:
            size = len(cycle.body)
            self.feed(data)
            if cycle.more_body and len(cycle.body) == size:
                self.count_trailers(len(data))
            else:
                self.trailers_size = 0
        else:
            self.feed(data)
        if self.is_refused:
            return
        scope, cycle = self.scope, self.cycle
        if scope is None or "method" not in scope or (cycle and cycle.response_complete):
            self.count_head(len(data))
            return
        if self.timer is not None:
            self.stop_waiting()
        if cycle and cycle.more_body:
            self.wait(SILENT_SECONDS)

    def on_headers_complete(self) -> None:
        if self.head_size:
            self.check_head()
        super().on_headers_complete()
        if self.pipeline and len(self.pipeline) < MOST_PIPELINED:
            self.flow.resume_reading()

    # -- limits of size and time ----------------------------------------------------------

    def check_head(self) -> None:
        """Check the size of a head that came in several parts. Raises HeadTooLong."""
        size = sum(len(name) + len(value) + 4 for name, value in self.headers)
        if size + len(self.url) > MOST_HEAD:
            raise HeadTooLong

    def count_head(self, size: int) -> None:
        """Limit a head that has begun, and any bytes after a response."""
        self.head_size += size
        if self.transport.is_closing():
            return
        if self.head_size > MOST_HEAD:
            self.refuse_head()
        elif self.timer is None:
            self.wait(HEAD_SECONDS)

    def count_trailers(self, size: int) -> None:
        """Limit the trailers after a body: the parser keeps each in memory."""
        self.trailers_size += size
        if self.trailers_size > MOST_HEAD and not self.transport.is_closing():
            self.refuse(431, f"Trailers have {MOST_HEAD} bytes at most.", "REQUEST_TOO_LARGE")

    def refuse_head(self) -> None:
        """Refuse a head, and say which part is too long: the address or the headers."""
        if len(self.url) > MOST_HEAD // 2:
            told = "The address is too long. Send the document in the body of a POST."
            self.refuse(414, told, "REQUEST_TOO_LARGE")
        else:
            told = f"The request line and the headers are longer than {MOST_HEAD} bytes together."
            self.refuse(431, told, "REQUEST_TOO_LARGE")

    def wait(self, seconds: float) -> None:
        """Give up the connection unless more bytes come in so many seconds."""
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
            self.wait(HEAD_SECONDS)  # the server has stopped reading, or has yet to answer
        else:
            self.refuse(408, LATE, "BAD_REQUEST")

    def refuse(self, status: int, message: str, code: str) -> None:
        """Answer in place of the application, and close the connection. If no request has begun, or
        a response is half sent, close it without an answer.

        Bytes that the client still sends are dropped for a while: if the connection were closed at
        once, the client's system would drop the answer (RFC 9112, 9.6). Earlier requests are
        answered first: the client of a mutation would never learn that it was done."""
        scope, cycle, answering = self.scope, self.cycle, self.answering
        if answering and not answering.response_complete and not answering.more_body:
            if self.pipeline and self.pipeline[0][0].more_body:
                self.pipeline.popleft()  # the request that is refused
            self.is_refused, self.late_refusal = True, (status, message, code)
            self.stop_waiting()
            self.flow.resume_reading()
            return
        in_head = scope is not None and "method" not in scope
        silent = answering is None or answering.response_complete or not answering.response_started
        in_body = cycle is not None and cycle.more_body and not cycle.response_complete
        if silent and (in_head or in_body or status == 400):
            more = self.server_state.default_headers
            self.is_refused = True
            self.stop_waiting()
            self.end_request()
            self.transport.write(closing_response(STATUS_LINE[status], message, code, *more))
            self.transport.write_eof()
            self.flow.resume_reading()
            self.timer = self.loop.call_later(LINGER_SECONDS, self.transport.close)
        else:
            self.transport.close()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.late_refusal and self.answering.response_complete:
            self._unset_keepalive_if_required()
            if not self.transport.is_closing():
                self.refuse(*self.late_refusal)

    # -- clients that do not read ---------------------------------------------------------

    def pause_writing(self) -> None:
        super().pause_writing()
        if self.unread_timer is None:
            self.expect_reading()

    def resume_writing(self) -> None:
        super().resume_writing()
        if self.unread_timer is not None:
            self.unread_timer.cancel()
            self.unread_timer = None

    def expect_reading(self) -> None:
        """Start the time in which the client must read a part of the answer."""
        size = self.transport.get_write_buffer_size()
        self.unread_timer = self.loop.call_later(UNREAD_SECONDS, self.look_at_unread, size)

    def look_at_unread(self, size: int) -> None:
        """Abort the connection of a client that has read almost nothing. Otherwise its answer would
        stay in memory for ever."""
        if self.transport.get_write_buffer_size() > size - LEAST_READ:
            self.transport.abort()
        else:
            self.expect_reading()
