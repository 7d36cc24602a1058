"""Traces: a span of each operation, by OpenTelemetry. Imported where they are switched on only: the
library belongs to the extra `gorod[otel]`.

A span is made of what was recorded when the operation is over, so that operations wait for nothing
and the engine knows nothing of it. The header `traceparent` of the request says what it belongs to,
and whether it is to be sent at all.
"""

from dataclasses import asdict
from importlib.metadata import version

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.trace import SpanKind, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from gql.observe.record import STARTED, Finished

NANOSECONDS = 1_000_000_000
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
"""Fields of a record, and what OpenTelemetry calls them."""


class Traces:
    """Sends a span of each finished operation. It is a sink of `Observers`.

    exporter: Sends spans; by OTLP over HTTP if not told, to where the variables of OpenTelemetry
        say.
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

    def __call__(self, record: Finished) -> None:
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
        span.end(end)

    def close(self) -> None:
        """Send what has not been sent."""
        self.provider.shutdown()
