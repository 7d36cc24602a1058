"""Records of finished operations, and the observers that receive them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from gql.logs import log
from models.database.timings import Timing

WEBSOCKET, FILES = "websocket", "files"
STRANGER = "stranger"
OPERATION, STARTED = "operation", "subscription started"


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """The fields that finished operations can have in common. `outcome_of` returns one object for
    equal fields, so that observers can cache by it.

    event: `operation`, or `subscription started`.
    transport: `http`, `websocket` or `files`.
    operation: Its name; None if it has none or the name is too long.
    registered: Whether its document is registered.
    kind: `query`, `mutation` or `subscription`; for files the HTTP method.
    plan: `compiled`, `command`, `mixed` or `standard`; None if it was refused before.
    status: The HTTP status, or its equivalent on a socket; 499 if the client left before the
        answer; None if it has only begun.
    code: The code of its first error, or of the first user error of a mutation; None if it has
        none.
    viewer: The code of the role, or `stranger`.
    school: The number of the school.
    admission: `admitted`, `limited` if its budget was spent, `shed` if there was no room; None if
        it was refused before, and for files.
    """

    event: str
    transport: str
    operation: str | None
    registered: bool
    kind: str | None
    plan: str | None
    status: int | None
    code: str | None
    viewer: str
    school: int | None
    admission: str | None = None


MOST_OUTCOMES = 2_000
"""Cached outcomes. Clients choose operation names; without a limit they could fill the memory."""
outcomes: dict[tuple[Any, ...], Outcome] = {}


def outcome_of(*fields: Any) -> Outcome:
    """Return the outcome with these fields, in the order of Outcome."""
    if (found := outcomes.get(fields)) is None:
        if len(outcomes) >= MOST_OUTCOMES:
            outcomes.clear()
        found = outcomes[fields] = Outcome(*fields)
    return found


class OperationRecord(NamedTuple):
    """The record of an operation, or of a refused request, after its answer was sent.

    It contains no variable, no literal and no text of a document.

    at: The time of its end, in seconds since 1970.
    ms: Milliseconds from the head of the request to the write of the answer.
    cost: Its static cost, if that was computed.
    received: Bytes of the body.
    sent: Bytes of the answer before compression, or of all answers on a socket.
    events: The number of answers on a socket; None elsewhere.
    traceparent: The header of that name, if it is well-formed and traces are on.
    statements: Its SQL statements; None if traces are off.
    """

    outcome: Outcome
    request_id: str
    at: float
    ms: float
    cost: int | None = None
    received: int = 0
    sent: int = 0
    events: int | None = None
    traceparent: str | None = None
    statements: Sequence[Timing] | None = None


Sink = Callable[[OperationRecord], None]


class Observers:
    """The observers of finished operations.

    sinks: Called in turn. They must not wait.
    """

    def __init__(self, *sinks: Sink) -> None:
        self.sinks: Sequence[Sink] = sinks

    def notify(self, record: OperationRecord) -> None:
        """Call all sinks. The failure of one is logged, as the answer was already sent."""
        try:
            for sink in self.sinks:
                sink(record)
        except Exception as failure:  # a bug of ours, or of a library
            log.error("an operation could not be observed", exc_info=failure)
