"""Records of finished operations, and those who are told of them."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from gql.logs import log
from resolvers.access.known import Known

HTTP, WEBSOCKET, FILES = "http", "websocket", "files"
LONGEST_NAME = 64
"""Characters of the name of an operation in the log. Clients choose names."""
STRANGER = "stranger"
OPERATION, STARTED = "operation", "subscription started"
REQUEST_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}")
"""Ids of requests that are taken from clients: they get into logs and headers."""


@dataclass(slots=True, kw_only=True)
class Finished:
    """An operation, or a request that never became one, when its answer has been sent.

    It holds no variable, no literal and no text of a document. The access log prints all fields
    under these names, in this order.

    timestamp: When it was finished.
    event: `operation`, or `subscription started`.
    request_id: The id of the request, as in its answer and in the audit log.
    transport: `http`, `websocket` or `files`.
    operation: Its name; null where it has none or the name is too long.
    registered: Whether its document is a registered one.
    kind: `query`, `mutation` or `subscription`; for files the method of HTTP.
    plan: `compiled`, `mixed` or `standard`; null where it was refused before.
    cost: Its static cost, where that was computed.
    ms: Milliseconds from the head of the request until the answer was handed to the network.
    status: The status of HTTP; null on a socket.
    code: The code of its first error, or of the first user error of a mutation; null if it has
        none.
    viewer: The code of the role, or `stranger`.
    school: The number of the school.
    received: Bytes of the body.
    sent: Bytes of the answer, or of all messages of a subscription.
    events: How many messages a subscription sent.
    traceparent: The header of that name, if it is well formed and traces are on.
    """

    timestamp: datetime = field(default_factory=lambda: datetime.now(UTC))
    level: str = "info"
    event: str = OPERATION
    request_id: str
    transport: str = HTTP
    operation: str | None = None
    registered: bool = False
    kind: str | None = None
    plan: str | None = None
    cost: int | None = None
    ms: float = 0.0
    status: int | None = None
    code: str | None = None
    viewer: str = STRANGER
    school: int | None = None
    received: int = 0
    sent: int = 0
    events: int | None = None
    traceparent: str | None = None

    def name(self, operation: str | None) -> None:
        """Take the name of the operation, if it is short enough."""
        if operation is not None and len(operation) <= LONGEST_NAME:
            self.operation = operation

    def by(self, known: Known | None) -> None:
        """Say who asked: the role and the school, never the person."""
        if known is not None:
            self.viewer, self.school = known.actor.role.value, known.actor.school_id


Sink = Callable[[Finished], None]


class Observers:
    """Those who are told of finished operations, and what is under way.

    sinks: Called in turn. They must not wait for anything.
    traces: Whether somebody wants to know of `traceparent`.
    """

    def __init__(self, *sinks: Sink, traces: bool = False) -> None:
        self.sinks: Sequence[Sink] = sinks
        self.traces = traces
        self.in_flight = self.sockets = self.subscriptions = 0

    def finished(self, record: Finished) -> None:
        """Tell everyone. A sink that fails must not fail the answer, which is already sent."""
        try:
            for sink in self.sinks:
                sink(record)
        except Exception as failure:  # a bug of ours, or of a library
            log.error("an operation could not be observed", exc_info=failure)


def taken_id(sent: bytes | None) -> str | None:
    """The id of a request that its client chose; None where it may not stand in a log."""
    if sent is None:
        return None
    text = sent.decode("latin-1")
    return text if REQUEST_ID.fullmatch(text) else None
