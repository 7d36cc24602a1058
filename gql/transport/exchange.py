"""The state of one operation from request to answer, on every transport."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any, TypeAlias

import orjson

from gql.engine.asker import Asker
from gql.guard.document import Document
from gql.transport.negotiation import JSON, MediaType
from gql.transport.requests import Request
from models.database.timings import Timing


@dataclass(slots=True)
class Exchange:
    """The state of one operation. Admission reads it and adds headers; observers get it after the
    answer was sent or the operation was refused.

    asker: The client; `asker.known` is None for a stranger.
    transport: `http` or `websocket`.
    request, document: None until they are read.
    plan: How the answer was made: compiled, mixed or standard; None if it was refused.
    status: Of the HTTP response; 499 if the client left before. On a socket 200 if the operation
        ran to its end, else the status that HTTP would have.
    code: Of the first error, or of the first user error of a mutation; None if there is none.
    cost: Its static cost, where admission knows it.
    admission: `admitted`, `limited` or `shed`; None if it was refused before.
    received, sent: Bytes of the body, and of the answer before compression or all answers on a
        socket.
    events: The number of answers that a socket sent.
    traceparent: The header of that name.
    statements: The SQL statements since admission; None if traces are off.
    headers: Of the response, besides those of every response.
    extensions: Of the response.
    media_type: Of the response.
    encodings: The header `Accept-Encoding`.
    is_read: Whether the body was read to its end.
    is_simple: Whether any web page could have sent the request without a CORS preflight. Such a
        request may run registered documents only.
    began, ended: By `time.perf_counter`; `ended` is 0 until it is over.
    """

    asker: Asker
    transport: str = "http"
    request: Request | None = None
    document: Document | None = None
    plan: str | None = None
    status: int = 0
    code: str | None = None
    cost: int | None = None
    admission: str | None = None
    received: int = 0
    sent: int = 0
    events: int = 0
    traceparent: bytes | None = None
    statements: list[Timing] | None = None
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    extensions: dict[str, Any] | None = None
    media_type: MediaType = JSON
    encodings: bytes = b""
    is_read: bool = False
    is_simple: bool = False
    began: float = field(default_factory=perf_counter)
    ended: float = 0.0

    def with_extensions(self, body: bytes) -> bytes:
        """Return a JSON object with the extensions of the response added."""
        if not self.extensions:
            return body
        return b'%b,"extensions":%b}' % (body[:-1], orjson.dumps(self.extensions))

    @property
    def seconds(self) -> float:
        """The duration from the first read of the request to its end, or until now."""
        return (self.ended or perf_counter()) - self.began


Admission: TypeAlias = Callable[[Exchange], AbstractAsyncContextManager[None]]
"""Entered before an operation is executed and left after. It may raise a Problem, which refuses the
operation, and may add headers to the exchange. On a socket it lasts as long as the operation, so a
subscription must not hold a place of queries."""
Observer: TypeAlias = Callable[[Exchange], None]
"""Called once for each operation, refused ones too, and also when a subscription begins, with
`status` 0. It must not raise and must not wait."""


def admit_all(_: Exchange) -> AbstractAsyncContextManager[None]:
    """Admit every operation."""
    return ADMITTED


class Admitted(AbstractAsyncContextManager[None]):
    """A context manager that does nothing."""

    async def __aexit__(self, *_: object) -> None:
        return None


ADMITTED = Admitted()
