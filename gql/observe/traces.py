"""Traces by OpenTelemetry: a span per operation, with a child span per SQL statement.

This module is imported only if traces are on: the library belongs to the extra `gorod[otel]`. Spans
are made from the record of a finished operation, so that operations do not wait and the engine does
not depend on them. The header `traceparent` names the parent span, and says whether to send any.
"""

from dataclasses import asdict
from importlib.metadata import version

from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.trace import SpanKind, StatusCode, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from gql.observe.record import STARTED, OperationRecord
from models.database.timings import Timing

NANOSECONDS = 1_000_000_000
MOST_TEXT = 2_000
"""Characters of a statement in its span: a compiled one may have 200,000."""
ATTRIBUTES = {
    "request_id": "gorod.request_id",
    "transport": "network.protocol.name",
    "operation": "graphql.operation.name",
    "kind": "graphql.operation.type",
    "plan": "gorod.plan",
    "cost": "gorod.cost",
    "status": "http.response.status_code",
    "code": "error.type",
    "viewer": "gorod.viewer",
    "school": "gorod.school",
    "received": "http.request.body.size",
    "sent": "http.response.body.size",
    "events": "gorod.events",
}
"""Fields of a record, and the names of OpenTelemetry."""


class TraceObserver:
    """The observer that sends the spans of each finished operation.

    exporter: Sends spans; by default OTLP over HTTP, to the address in OpenTelemetry's variables.
    """

    def __init__(self, exporter: SpanExporter | None = None) -> None:
        if exporter is None:
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

            exporter = OTLPSpanExporter()
        known = {"service.name": "gorod", "service.version": version("gorod")}
        self.provider = TracerProvider(resource=Resource.create(known))
        self.provider.add_span_processor(BatchSpanProcessor(exporter))
        self.tracer = self.provider.get_tracer("gorod")
        self.propagator = TraceContextTextMapPropagator()

    def __call__(self, record: OperationRecord) -> None:
        outcome = record.outcome
        if outcome.event == STARTED:
            return
        sent = {"traceparent": record.traceparent} if record.traceparent else {}
        end = int(record.at * NANOSECONDS)
        named = (part for part in (outcome.kind, outcome.operation) if part)
        span = self.tracer.start_span(
            " ".join(named) or outcome.transport,
            context=self.propagator.extract(sent),
            kind=SpanKind.SERVER,
            start_time=end - int(record.ms * NANOSECONDS / 1000),
        )
        told = asdict(outcome) | record._asdict()
        for field, name in ATTRIBUTES.items():
            if (value := told[field]) is not None:
                span.set_attribute(name, value)
        if outcome.code is not None:
            span.set_status(StatusCode.ERROR, outcome.code)
        if span.is_recording():
            for timing in record.statements or ():
                self.add(timing, set_span_in_context(span))
        span.end(end)

    def add(self, timing: Timing, operation: Context) -> None:
        """Send the span of a statement, whose text has placeholders instead of values."""
        verb = timing.sql.split(None, 1)[0] if timing.sql else "statement"
        span = self.tracer.start_span(
            f"{verb} {timing.pool}",
            context=operation,
            kind=SpanKind.CLIENT,
            start_time=int(timing.began * NANOSECONDS),
            attributes={
                "db.system.name": "postgresql",
                "db.operation.name": verb,
                "db.query.text": timing.sql[:MOST_TEXT],
                "gorod.pool": timing.pool,
            },
        )
        if timing.failure is not None:
            span.set_attribute("db.response.status_code", timing.failure)
            span.set_status(StatusCode.ERROR, timing.failure)
        span.end(int(timing.ended * NANOSECONDS))

    def close(self) -> None:
        """Send the spans that wait."""
        self.provider.shutdown()
