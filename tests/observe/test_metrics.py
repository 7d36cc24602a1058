"""What Prometheus counts, and that nobody can make it count for ever."""

from httpx2 import AsyncClient
from prometheus_client.parser import text_string_to_metric_families

from gql.observe.metrics import MOST_NAMES, OTHER, Operations
from gql.observe.record import Finished, outcome_of
from tests.observe.conftest import Served

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
    operations = Operations()
    for number in range(1_000):
        made = ("operation", "http", f"Made{number}", True, "query", "compiled", 200, None, "", 1)
        operations(Finished(outcome_of(*made), "1", 0, 1))
    names = {key[1] for key in operations.series}
    assert len(names) == MOST_NAMES + 1
    assert OTHER in names


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
