"""Connections over HTTP/1.1: how long and how large what a client sends may be before there is a
request that anybody could answer, and what is said to bytes that are none."""

from asyncio import TimerHandle, Transport
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from gql.transport.headers import refusal
from gql.transport.parsing import ParsingProtocol, TooLong
from gql.transport.whole import WholeResponses

MOST_HEAD = 65_536
"""Bytes of a request line and its headers, and of the trailers after a body. A GET has its document
in the request line."""
HEAD_SECONDS = 15.0
"""For a head, from the first byte on; also until the first byte of a new connection."""
SILENT_SECONDS = 20.0
"""Without a byte of a body that is expected. `gql.transport.bodies` limits a whole body."""
KEPT_SECONDS = 60
"""For which a connection is kept after a response; proxies before a server keep theirs as long."""
LINGER_SECONDS = 2.0
"""For which what a client sends is dropped that has been refused."""
UNREAD_SECONDS, LEAST_READ = 60.0, 65_536
"""A client that leaves much of an answer unread must read at least so many bytes of it in each of
these periods. The kernel gives up on those who read nothing (`gql.cli.server`), but neither on
those who read a byte now and then, nor on a proxy that still answers for its client."""
MOST_PIPELINED = 16
"""Requests that wait on a connection. While more come, nothing is read, and so nobody sees that the
client leaves."""
LATE = "The rest of the request did not come in time."


class Connection(ParsingProtocol):
    """uvicorn's connection with limits. It answers in JSON what is no HTTP.

    Without the time limits a client that sends half a head, or announces a body and is silent, has
    a connection for ever, and a few thousand of them have all that the process may open.
    """

    timer: TimerHandle | None = None
    unread_timer: TimerHandle | None = None
    head_size = trailers_size = 0
    is_refused = False
    """Whether nothing more is answered; what comes is dropped."""
    late_refusal: tuple[int, str, str] | None = None
    """What is said when all requests before have their answers."""
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
        """Tell the application that nobody waits for its answer. Of several requests that were
        pipelined, uvicorn tells the last."""
        if (answering := self.answering) is not None and not answering.response_complete:
            answering.disconnected = True
            answering.message_event.set()

    # -- what comes -----------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        if self.is_refused:
            return
        if len(data) > MOST_HEAD:  # the parser takes a head of any length: look in between
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

    # -- how much and how long ------------------------------------------------------------

    def check_head(self) -> None:
        """Judge a head that has come in several parts. Raises TooLong."""
        size = sum(len(name) + len(value) + 4 for name, value in self.headers)
        if size + len(self.url) > MOST_HEAD:
            raise TooLong

    def count_head(self, size: int) -> None:
        """Limit the head that has begun, or whatever else comes after a response was sent."""
        self.head_size += size
        if self.transport.is_closing():
            return
        if self.head_size > MOST_HEAD:
            self.refuse_head()
        elif self.timer is None:
            self.wait(HEAD_SECONDS)

    def count_trailers(self, size: int) -> None:
        """Limit what comes instead of a body that has begun: the parser keeps each trailer."""
        self.trailers_size += size
        if self.trailers_size > MOST_HEAD and not self.transport.is_closing():
            self.refuse(431, f"Trailers have {MOST_HEAD} bytes at most.", "REQUEST_TOO_LARGE")

    def refuse_head(self) -> None:
        """Say which part of a head is too long: its address or its headers."""
        if len(self.url) > MOST_HEAD // 2:
            told = "The address is too long. Send the document in the body of a POST."
            self.refuse(414, told, "REQUEST_TOO_LARGE")
        else:
            told = f"The request line and the headers are longer than {MOST_HEAD} bytes together."
            self.refuse(431, told, "REQUEST_TOO_LARGE")

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

    def refuse(self, status: int, message: str, code: str) -> None:
        """Answer in place of the application, and close the connection. Nothing is said where no
        request has begun, or in the middle of a response.

        What the client still sends is dropped for a while: if the connection were closed at once,
        its system would drop the answer (RFC 9112, 9.6). Requests that came before are answered
        first: of a mutation, the client would never learn that it was done."""
        scope, cycle, answering = self.scope, self.cycle, self.answering
        if answering and not answering.response_complete and not answering.more_body:
            if self.pipeline and self.pipeline[0][0].more_body:
                self.pipeline.popleft()  # it is this one that is refused
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
            self.transport.write(refusal(STATUS_LINE[status], message, code, *more))
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
        """Wait until the client has read a part of what waits for it."""
        size = self.transport.get_write_buffer_size()
        self.unread_timer = self.loop.call_later(UNREAD_SECONDS, self.look_at_unread, size)

    def look_at_unread(self, size: int) -> None:
        """Give up a client that has read almost nothing: nobody else would ever free what waits."""
        if self.transport.get_write_buffer_size() > size - LEAST_READ:
            self.transport.abort()
        else:
            self.expect_reading()
