"""Spans of operations, and that nobody pays for them who does not want them."""

import subprocess
import sys

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from gql.observe.traces import Traces
from tests.observe.conftest import Served

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
UNSAMPLED = PARENT[:-1] + "0"


@pytest.fixture
def spans(server: Served) -> InMemorySpanExporter:
    """What is sent of the operations of the server."""
    exporter = InMemorySpanExporter()
    server.watching.trace(Traces(exporter))
    return exporter


async def test_an_operation_is_a_span_of_the_trace_it_belongs_to(
    server: Served, spans: InMemorySpanExporter
) -> None:
    async with server.asks("parent.ivanova") as http:
        for sent in ({"traceparent": PARENT}, {}, {"traceparent": "hunter2"}):
            query = "query Who { viewer { fullName } }"
            answer = await http.post("/graphql", json={"query": query}, headers=sent)
    server.watching.close()
    first, *others = spans.get_finished_spans()
    assert first.context
    assert first.parent
    assert f"{first.context.trace_id:x}" == PARENT.split("-")[1].lstrip("0")
    assert f"{first.parent.span_id:x}" == PARENT.split("-")[2]
    assert (first.name, first.kind) == ("query Who", SpanKind.SERVER)
    assert [one.parent for one in others] == [None, None]
    told = dict(others[-1].attributes or {})
    assert told == told | {
        "graphql.operation.name": "Who", "graphql.operation.type": "query",
        "gorod.plan": "compiled", "gorod.viewer": "PARENT", "gorod.school": 1,
        "gorod.request_id": answer.headers["x-request-id"], "http.response.status_code": 200,
    }  # fmt: skip
    assert first.start_time
    assert first.end_time
    assert 0 < first.end_time - first.start_time < 60 * 1_000_000_000


async def test_a_trace_that_is_not_wanted_is_not_sent(
    server: Served, spans: InMemorySpanExporter
) -> None:
    async with server.asks("parent.ivanova") as http:
        query = {"query": "{ viewer { fullName } }"}
        await http.post("/graphql", json=query, headers={"traceparent": UNSAMPLED})
    server.watching.close()
    assert spans.get_finished_spans() == ()


async def test_a_refused_operation_is_a_span_with_its_code(
    server: Served, spans: InMemorySpanExporter
) -> None:
    async with server.asks("parent.ivanova") as http:
        await http.post("/graphql", json={"query": '{ viewer(a: "hunter2") { fullName } }'})
    server.watching.close()
    [span] = spans.get_finished_spans()
    assert span.status.status_code is StatusCode.ERROR
    assert (span.attributes or {})["error.type"] == "GRAPHQL_VALIDATION_FAILED"
    assert "hunter2" not in span.to_json()


def test_without_traces_nothing_of_opentelemetry_is_loaded() -> None:
    asked = "import sys, gql.app; sys.exit(any(n.startswith('opentelemetry') for n in sys.modules))"
    assert subprocess.run([sys.executable, "-c", asked], check=False).returncode == 0
