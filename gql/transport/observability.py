"""Observability of a server, by its settings: metrics, access log, traces and probes."""

import asyncio
import re
from contextlib import AbstractAsyncContextManager
from time import perf_counter, time
from typing import Any, Protocol

from gql.guard.documents import Documents
from gql.observe.access_log import AccessLog
from gql.observe.loop_lag import LAG, LoopLag
from gql.observe.metrics import Gauges, Metrics
from gql.observe.readiness import Readiness
from gql.observe.record import (
    OPERATION,
    STARTED,
    STRANGER,
    WEBSOCKET,
    Observers,
    OperationRecord,
    Sink,
    outcome_of,
)
from gql.settings import Settings
from gql.transport.exchange import Admission, Exchange
from gql.transport.probes import Probes
from models.database.timings import TIMINGS, time_engine, time_sending
from models.operator import OperatorProblem
from resolvers.core.context import Services

PAUSE = 0.1
"""Seconds that a finished operation may wait before observers get it with others. Calling them for
each one took a twentieth of the time of a short operation (measured)."""
FULL, MOST_HELD = 256, 1_000_000
"""The most finished operations that wait, and the most bytes of their requests: both stay in memory
until then."""
TRACEPARENT = re.compile(rb"[0-9a-f]{2}(-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2})")
"""The form of W3C Trace Context. Without the check, strangers could write any text into the log."""


class Tracer(Protocol):
    """The interface of `gql.observe.traces`, whose library may not be installed."""

    def __call__(self, record: OperationRecord, /) -> None:
        """Send the spans of a finished operation."""

    def close(self) -> None:
        """Send the spans that wait."""


class Observability:
    """The observers and probes of a server.

    observers: Called with the record of each operation.
    gauges: Functions that return a metric, by name and description. Other modules add theirs.
    """

    def __init__(
        self, settings: Settings, services: Services, documents: Documents, url: str
    ) -> None:
        self.services, self.lag = services, LoopLag()
        self.ended: list[Exchange] = []
        self.held = 0
        self.telling: asyncio.TimerHandle | None = None
        self.gauges: dict[tuple[str, str], Any] = dict(gauges_of(documents))
        self.gauges[LAG] = self.lag.longest
        metrics = Metrics(services, self.gauges, self.tell)
        self.log = access_log_of(settings)
        self.traces: Tracer | None = None
        sinks: list[Sink] = [metrics.operations, *([self.log] if self.log else [])]
        self.observers = Observers(*sinks)
        if settings.traces:
            self.trace(load_traces())
        token = settings.metrics_token
        self.probes = Probes(
            Readiness(services, url),
            metrics,
            token=token.get_secret_value() if token else "",
            is_open=settings.demo,
        )

    def trace(self, traces: Tracer) -> None:
        """Send operations and their SQL statements to a tracer, too."""
        self.traces = traces
        self.observers.sinks = (*self.observers.sinks, traces)
        services = self.services
        time_engine(services.engine)
        if services.readers and services.writers:
            services.readers.fetch = time_sending(services.readers.fetch, "readers")  # type: ignore[assignment, method-assign]
            services.writers.write = time_sending(services.writers.write, "writers")  # type: ignore[assignment, method-assign]

    def note_statements(self, admission: Admission) -> Admission:
        """Wrap the admission so that the SQL statements after it are noted, if traces are on."""
        if self.traces is None:
            return admission

        def admit(exchange: Exchange) -> AbstractAsyncContextManager[None]:
            exchange.statements = []
            TIMINGS.set(exchange.statements)
            return admission(exchange)

        return admit

    def observe(self, exchange: Exchange) -> None:
        """Queue a finished operation of HTTP or a socket for the observers."""
        exchange.ended = perf_counter()
        self.ended.append(exchange)
        self.held += exchange.received
        if exchange.transport == WEBSOCKET or self.held > MOST_HELD or len(self.ended) >= FULL:
            self.tell()  # at once: a subscription goes on, and its exchange changes
        elif self.telling is None:
            self.telling = asyncio.get_running_loop().call_later(PAUSE, self.tell)

    def tell(self) -> None:
        """Call the observers with the operations that wait."""
        if self.telling is not None:
            self.telling.cancel()
            self.telling = None
        ended, self.ended, self.held = self.ended, [], 0
        for exchange in ended:
            self.observers.notify(record_of(exchange, traced=self.traces is not None))

    def close(self) -> None:
        """Write and send the records that wait."""
        self.lag.stop()
        self.tell()
        if self.log:
            self.log.flush()
        if self.traces:
            self.traces.close()


def record_of(exchange: Exchange, *, traced: bool = False) -> OperationRecord:
    """Return the record of an operation. It has the viewer's role and school, never the person."""
    asker, document, request = exchange.asker, exchange.document, exchange.request
    label = document.label(request.name) if document and request else None
    registered = document.registered_name if document else None
    known = asker.known
    if known is None:
        viewer, school = STRANGER, None
    else:
        viewer, school = known.actor.role.name, known.actor.school_id
    outcome = outcome_of(
        OPERATION if exchange.status or exchange.plan is None else STARTED,
        exchange.transport,
        registered or (label.name if label else None),
        registered is not None,
        label.kind if label else None,
        exchange.plan,
        exchange.status or None,
        exchange.code,
        viewer,
        school,
        exchange.admission,
    )
    return OperationRecord(
        outcome,
        asker.request_id,
        time() - (perf_counter() - (exchange.ended or perf_counter())),
        exchange.seconds * 1000,
        exchange.cost,
        exchange.received,
        exchange.sent,
        exchange.events if exchange.transport == WEBSOCKET else None,
        traceparent_of(exchange) if traced else None,
        exchange.statements,
    )


def traceparent_of(exchange: Exchange) -> str | None:
    sent = exchange.traceparent
    return sent.decode() if sent and TRACEPARENT.fullmatch(sent) else None


def gauges_of(documents: Documents) -> Gauges:
    return {
        ("gorod_documents_bytes", "Weight of the documents and plans that are kept."): (
            lambda: documents.known.weight + documents.waiting.weight
        ),
        ("gorod_documents", "Documents that are kept."): (
            lambda: len(documents.known.kept) + len(documents.waiting.kept)
        ),
    }


def access_log_of(settings: Settings) -> AccessLog | None:
    """Return the access log; None if it is off or only warnings are logged."""
    if settings.access_log == "off" or settings.log_level not in ("debug", "info"):
        return None
    return AccessLog(settings.access_log, as_json=not settings.demo)


def load_traces() -> Tracer:
    """Load the sender of traces. Raises OperatorProblem without its library."""
    try:
        from gql.observe.traces import TraceObserver

        return TraceObserver()
    except ImportError as problem:
        raise OperatorProblem(
            "GOROD_TRACES is on, and OpenTelemetry is not installed. Install gorod[otel], or unset "
            "GOROD_TRACES."
        ) from problem
