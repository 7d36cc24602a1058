"""Records of finished operations, and those who are told of them."""

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
    """What finished operations can have in common. Get it by `outcome_of`: then those alike are one
    object, and observers keep by it what they would else make anew for each operation.

    event: `operation`, or `subscription started`.
    transport: `http`, `websocket` or `files`.
    operation: Its name; None where it has none or the name is too long.
    registered: Whether its document is a registered one.
    kind: `query`, `mutation` or `subscription`; for files the method of HTTP.
    plan: `compiled`, `command`, `mixed` or `standard`; None where it was refused before.
    status: The status of HTTP, or what it would be on a socket; 499 where the client left before
        it was answered; None of what has only begun.
    code: The code of its first error, or of the first user error of a mutation; None if it has
        none.
    viewer: The code of the role, or `stranger`.
    school: The number of the school.
    admission: `admitted`, `limited` where its budget was spent, `shed` where there was no room for
        it; None where it was refused before, and for files.
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
"""Those that are kept. Clients choose names of operations, so there is no end of them."""
outcomes: dict[tuple[Any, ...], Outcome] = {}


def outcome_of(*fields: Any) -> Outcome:
    """The outcome with these fields, in the order of Outcome's."""
    if (found := outcomes.get(fields)) is None:
        if len(outcomes) >= MOST_OUTCOMES:
            outcomes.clear()
        found = outcomes[fields] = Outcome(*fields)
    return found


class Finished(NamedTuple):
    """An operation, or a request that never became one, when its answer has been sent.

    It holds no variable, no literal and no text of a document.

    at: When it was finished, in seconds since 1970.
    ms: Milliseconds from the head of the request until the answer was handed to the network.
    cost: Its static cost, where that was computed.
    received: Bytes of the body.
    sent: Bytes of the answer before it is compressed, or of all answers on a socket.
    events: How many answers a socket sent; None elsewhere.
    traceparent: The header of that name, if it is well formed and traces are on.
    statements: What it sent to the database; None if traces are off.
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


Sink = Callable[[Finished], None]


class Observers:
    """Those who are told of finished operations.

    sinks: Called in turn. They must not wait for anything.
    """

    def __init__(self, *sinks: Sink) -> None:
        self.sinks: Sequence[Sink] = sinks

    def finished(self, record: Finished) -> None:
        """Tell everyone. A sink that fails must not fail the answer, which is already sent."""
        try:
            for sink in self.sinks:
                sink(record)
        except Exception as failure:  # a bug of ours, or of a library
            log.error("an operation could not be observed", exc_info=failure)
