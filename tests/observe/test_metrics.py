"""Metrics of Prometheus, and that nobody can make their number grow without end."""

import asyncio
import time

from httpx2 import AsyncClient
from prometheus_client.parser import text_string_to_metric_families

from gql.admission.problems import make_overloaded
from gql.engine.asker import Asker
from gql.observe.loop_lag import PERIOD, LoopLag
from gql.observe.metrics import MOST_NAMES, OTHER, OperationCounter
from gql.observe.record import OperationRecord, outcome_of
from gql.transport.exchange import Exchange
from gql.transport.responses import error_of
from tests.observe.conftest import Serve, Served

LABELS = ("transport", "operation", "kind", "plan", "code")


async def samples(http: AsyncClient, name: str) -> dict[tuple[str, ...], float]:
    """The samples of a metric by the values of their LABELS."""
    told = (await http.get("/metrics")).text
    found = [one for family in text_string_to_metric_families(told) for one in family.samples]
    return {
        tuple(one.labels.get(label, "") for label in LABELS): one.value
        for one in found
        if one.name == name
    }


async def test_operations_are_counted_by_kind_plan_and_code(server: Served) -> None:
    async with server.asks("zavuch") as http:
        for query in (
            "query A { viewer { fullName } }", "query B { viewer { fullName } }",
            "{ viewer { nothing } }", "{ viewer", "{ __schema { queryType { name } } }",
        ):  # fmt: skip
            await http.post("/graphql", json={"query": query})
        found = await samples(http, "gorod_operations_total")
        took = await samples(http, "gorod_operation_seconds_count")
    assert found == {
        ("http", "", "query", "compiled", ""): 2,
        ("http", "", "query", "standard", "GRAPHQL_VALIDATION_FAILED"): 1,
        ("http", "", "", "", "GRAPHQL_PARSE_FAILED"): 1,
        ("http", "", "query", "standard", ""): 1,
    }
    assert sum(took.values()) == 5


async def test_a_thousand_made_up_names_are_one_series(server: Served) -> None:
    async with server.asks("zavuch") as http:
        for number in range(1_000):
            query = f"query Made{number} {{ __typename }}"
            await http.post("/graphql", json={"query": query})
        found = await samples(http, "gorod_operations_total")
        assert sum(found.values()) == 1_000
        assert {operation for _, operation, *_ in found} == {""}
        assert len(found) <= 2, "some may be refused for their number"
        assert "Made" not in (await http.get("/metrics")).text


def test_registered_names_are_bounded_too() -> None:
    operations = OperationCounter()
    for number in range(1_000):
        made = ("operation", "http", f"Made{number}", True, "query", "compiled", 200, None, "", 1)
        operations(OperationRecord(outcome_of(*made), "1", 0, 1))
    names = {key[1] for key in operations.series}
    assert len(names) == MOST_NAMES + 1
    assert OTHER in names


LIMITED = {"most_points": 1_000, "most_school_points": 1_000}
PUPILS = "query A { classes(first: 10) { totalCount nodes { students { id } } } }"
"""Costs 321 points."""


async def test_admission_is_counted_by_what_came_of_it(serve: Serve) -> None:
    async with serve(**LIMITED) as server, server.asks("zavuch") as http:
        assert (await http.post("/graphql", json={"query": "{ viewer"})).json()["errors"]
        answers = [await http.post("/graphql", json={"query": PUPILS}) for _ in range(6)]
        codes = [one.status_code for one in answers]
        found = await admissions(http)
    admitted = codes.count(200)
    assert 0 < admitted < 6
    assert found == {
        ("admitted", ""): admitted,
        ("limited", ""): codes.count(429),
        ("shed", ""): 0,
    }


async def test_what_is_shed_in_an_overload_is_counted(server: Served) -> None:
    """Requests whose document was not read are counted, too."""
    exchange = Exchange(Asker(""))
    error_of(make_overloaded(), exchange, server.watching.services)
    server.watching.observe(exchange)
    async with server.asks() as http:
        assert (await admissions(http))["shed", ""] == 1


def test_admissions_have_the_names_of_registered_documents_only() -> None:
    operations = OperationCounter()
    for number, registered in enumerate([True, False] * MOST_NAMES * 2):
        made = ("operation", "http", f"Made{number}", registered, "query", "compiled", 200, None,
                "", 1, "admitted")  # fmt: skip
        operations(OperationRecord(outcome_of(*made), "1", 0, 1))
    [*_, family] = operations.collect_operations()
    counts = {sample.labels["operation"]: sample.value for sample in family.samples
              if sample.labels["admission"] == "admitted"}  # fmt: skip
    assert len(counts) == MOST_NAMES + 2, "the registered ones, `other` and the nameless"
    assert sum(counts.values()) == MOST_NAMES * 4
    assert counts[""] == MOST_NAMES * 2


async def admissions(http: AsyncClient) -> dict[tuple[str, str], float]:
    """How many operations asked to run, by what came of it and their names."""
    told = (await http.get("/metrics")).text
    return {
        (one.labels["admission"], one.labels["operation"]): one.value
        for family in text_string_to_metric_families(told)
        for one in family.samples
        if one.name == "gorod_admissions_total"
    }


async def test_a_loop_that_is_held_is_told() -> None:
    lag = LoopLag()
    lag.start()
    await asyncio.sleep(0)
    assert lag.longest() == 0
    time.sleep(PERIOD + 0.3)  # noqa: ASYNC251  # held, as by a bug
    while not lag.lags:  # noqa: ASYNC110  # it looks as soon as it may
        await asyncio.sleep(0.01)
    lag.stop()
    assert 0.3 <= lag.longest() < 60


async def test_buckets_are_cumulative_and_end_with_all(server: Served) -> None:
    async with server.asks("zavuch") as http:
        await http.post("/graphql", json={"query": "{ viewer { fullName } }"})
        told = (await http.get("/metrics")).text
    counts = [
        float(line.rpartition(" ")[2])
        for line in told.splitlines()
        if line.startswith("gorod_operation_seconds_bucket")
    ]
    assert counts == sorted(counts)
    assert counts[-1] == 1
    assert 'le="+Inf"' in told
