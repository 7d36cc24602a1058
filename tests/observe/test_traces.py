"""Spans of operations, and that nobody pays for them who does not want them."""

import subprocess
import sys
from collections.abc import AsyncIterator
from typing import Any

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from gql.observe.traces import TraceObserver
from models.database.timings import MOST, TIMINGS, time_sending
from tests.observe.conftest import Serve, Served

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
UNSAMPLED = PARENT[:-1] + "0"


@pytest.fixture
def spans(server: Served) -> InMemorySpanExporter:
    """Collect the spans of the operations of the server."""
    exporter = InMemorySpanExporter()
    server.watching.trace(TraceObserver(exporter))
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


DIARY = """query Diary($id: ID!) { diary(studentId: $id) { days { date } } }"""
SECRET = "hunter2"
SIGN_IN = """mutation SignIn($input: SignInInput!) {
    signIn(input: $input) { userErrors { code } } }"""


@pytest.fixture
async def traced(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[Served, InMemorySpanExporter]]:
    """A server that traces, as GOROD_TRACES makes it, and what it sends."""
    exporter = InMemorySpanExporter()
    monkeypatch.setattr("gql.transport.observability.load_traces", lambda: TraceObserver(exporter))
    async with serve(traces=True) as server:
        yield server, exporter


@pytest.mark.parametrize(
    ("login", "query", "variables", "pool"),
    [
        ("parent.ivanova", DIARY, {"id": "Student:1-1"}, "readers"),
        ("parent.ivanova", "query Here { eventsCursor }", {}, "standard"),
        (None, SIGN_IN, {"input": {"login": SECRET, "password": SECRET}}, "standard"),
    ],
)
async def test_statements_are_spans_below_their_operation(
    traced: tuple[Served, InMemorySpanExporter], login: str | None, query: str,
    variables: dict[str, Any], pool: str,
) -> None:  # fmt: skip
    server, spans = traced
    body = {"query": query, "variables": variables}
    async with server.asks(login) as http:
        answers = [await http.post("/graphql", json=body) for _ in range(2)]
    server.watching.close()
    found = spans.get_finished_spans()
    operations = [span for span in found if span.kind is SpanKind.SERVER]
    statements = [span for span in found if span.kind is SpanKind.CLIENT]
    assert len(operations) == len(answers)
    for operation in operations:
        mine = [span for span in statements if span.parent == operation.context]
        assert {(span.attributes or {})["gorod.pool"] for span in mine} == {pool}
        for span in mine:
            assert operation.start_time <= span.start_time <= span.end_time  # type: ignore[operator]
            assert (span.attributes or {})["db.system.name"] == "postgresql"
    told = "".join(span.to_json() for span in found)
    assert SECRET not in told
    assert "Student:1-1" not in told


async def test_a_statement_that_fails_is_a_span_with_its_code(
    traced: tuple[Served, InMemorySpanExporter], sql: AsyncConnection
) -> None:
    server, spans = traced
    async with server.asks("parent.ivanova") as http:
        await http.post("/graphql", json={"query": "{ school { shortName } }"})
        await sql.execute(text("ALTER TABLE schools RENAME COLUMN short_name TO gone"))
        answer = await http.post("/graphql", json={"query": "{ school { shortName } }"})
        await sql.execute(text("ALTER TABLE schools RENAME COLUMN gone TO short_name"))
    assert answer.json()["errors"][0]["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
    server.watching.close()
    failed = [span for span in spans.get_finished_spans() if span.kind is SpanKind.CLIENT][-1]
    assert failed.status.status_code is StatusCode.ERROR
    assert (failed.attributes or {})["db.response.status_code"] == "42703"


async def test_a_thousand_statements_are_a_hundred_spans() -> None:
    token = TIMINGS.set([])

    async def send(*_: Any) -> None: ...

    for _ in range(1_000):
        await time_sending(send, "readers")(1, "SELECT 1", ())
    assert len(TIMINGS.get() or ()) == MOST
    TIMINGS.reset(token)
    await time_sending(send, "readers")(1, "SELECT 1", ())
    assert TIMINGS.get() is None


def test_without_traces_nothing_of_opentelemetry_is_loaded() -> None:
    asked = "import sys, gql.app; sys.exit(any(n.startswith('opentelemetry') for n in sys.modules))"
    assert subprocess.run([sys.executable, "-c", asked], check=False).returncode == 0
