"""Metrics for Prometheus.

Operations are counted here, without the counters of `prometheus_client`, whose locks and labels
take five times as long (4 µs per operation instead of 0.8, measured). The library writes the
answer, and collects the figures of the process.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any

from prometheus_client import (
    CollectorRegistry,
    GCCollector,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
)
from prometheus_client.registry import Collector

from gql.observe.record import MOST_OUTCOMES, STARTED, OperationRecord, Outcome
from models.database.availability import Trouble
from resolvers.core.context import Services

BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Seconds: upper bounds of the buckets of durations."""
MOST_NAMES = 200
"""Operation names with a label of their own. Prometheus keeps a series for each for ever."""
MOST_CODES = 500
"""Codes with a label of their own. The schema has fewer, and clients cannot invent any."""
OTHER = "other"
ADMISSIONS = ("admitted", "limited", "shed")

Key = tuple[str, str, str, str, str, str]
"""Transport, operation, kind, plan, code, admission."""


@dataclass(slots=True)
class Series:
    """The count and durations of operations with the same labels."""

    count: int = 0
    seconds: float = 0.0
    buckets: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS) + 1))


class OperationCounter:
    """The observer that counts finished operations."""

    def __init__(self) -> None:
        self.series: dict[Key, Series] = {}
        self.names: set[str] = set()
        self.codes: set[str] = set()
        self.found: dict[Outcome, Series] = {}
        """The series by outcome."""

    def __call__(self, record: OperationRecord) -> None:
        if (series := self.found.get(record.outcome)) is None:
            if len(self.found) >= MOST_OUTCOMES:
                self.found.clear()
            series = self.found[record.outcome] = self.series_of(record.outcome)
        seconds = record.ms / 1000
        series.count += 1
        series.seconds += seconds
        series.buckets[bisect_left(BOUNDS, seconds)] += 1

    def series_of(self, outcome: Outcome) -> Series:
        """Return the series of an operation. A subscription is counted when it ends."""
        if outcome.event == STARTED:
            return Series()
        name = outcome.operation if outcome.registered else None
        key = (
            outcome.transport,
            limit_label(name, self.names, MOST_NAMES) if name else "",
            outcome.kind or "",
            outcome.plan or "",
            limit_label(outcome.code, self.codes, MOST_CODES) if outcome.code else "",
            outcome.admission or "",
        )
        return self.series.setdefault(key, Series())

    def collect_operations(self) -> Iterator[Any]:
        labels = ("transport", "operation", "kind", "plan", "code")
        counted = CounterMetricFamily(
            "gorod_operations",
            "Operations that were answered or refused. `operation` is the name of a registered "
            "document; `code` that of the first error, empty if there was none.",
            labels=labels,
        )
        took = HistogramMetricFamily(
            "gorod_operation_seconds",
            "Time from the head of a request to its answer; of a subscription, until its end.",
            labels=labels[:-1],
        )
        admissions = CounterMetricFamily(
            "gorod_admissions",
            "Operations that asked to run, by what came of it: `admitted`, `limited` where the "
            "budget was spent, `shed` where there was no room. `operation` is the name of a "
            "registered document.",
            labels=("admission", "operation"),
        )
        together: dict[tuple[str, ...], Series] = {}
        counts: Counter[tuple[str, ...]] = Counter()
        asked: Counter[tuple[str, str]] = Counter({(one, ""): 0 for one in ADMISSIONS})
        for key, series in list(self.series.items()):
            *labelled, admission = key
            counts[*labelled] += series.count
            if admission:
                asked[admission, key[1]] += series.count
            whole = together.setdefault(key[:4], Series())
            whole.seconds += series.seconds
            whole.buckets = [a + b for a, b in zip(whole.buckets, series.buckets, strict=True)]
        for labels_of, count in counts.items():
            counted.add_metric(labels_of, count)
        for short, series in together.items():
            took.add_metric(short, list(cumulate(series.buckets)), series.seconds)
        for admitted, count in asked.items():
            admissions.add_metric(admitted, count)
        yield from (counted, took, admissions)


def limit_label(name: str, known: set[str], most: int) -> str:
    """Return the name, or `other` once so many names are known."""
    if name not in known:
        if len(known) >= most:
            return OTHER
        known.add(name)
    return name


def cumulate(buckets: Iterable[int]) -> Iterator[tuple[str, float]]:
    """Yield the cumulative buckets that Prometheus expects: each counts all shorter operations."""
    total = 0
    for bound, count in zip((*map(str, BOUNDS), "+Inf"), buckets, strict=True):
        total += count
        yield bound, total


Gauge = Callable[[], float]
Gauges = Mapping[tuple[str, str], Gauge]
"""Functions that return a figure when the metrics are read, by name and description."""


class ServerCollector(Collector):
    """The collector of gauges: operations, the database and its sessions."""

    def __init__(self, operations: OperationCounter, services: Services, gauges: Gauges) -> None:
        self.operations, self.services, self.gauges = operations, services, gauges

    def collect(self) -> Iterator[Any]:
        yield InfoMetricFamily("gorod", "Which Gorod this is.", value={"version": VERSION})
        yield from self.operations.collect_operations()
        yield from (GaugeMetricFamily(*named, value=of()) for named, of in self.gauges.items())
        yield from self.collect_database()

    def collect_database(self) -> Iterator[Any]:
        services = self.services
        troubles = GaugeMetricFamily(
            "gorod_database_trouble",
            "1 while the database is `away`, `unwritable` or `busy`.",
            labels=("trouble",),
        )
        for trouble in Trouble:
            is_there = trouble in services.availability.outages
            troubles.add_metric((trouble.name.lower(),), int(is_there))
        yield troubles
        yield CounterMetricFamily(
            "gorod_database_outages",
            "Outages of the database that are over.",
            value=services.availability.recoveries,
        )
        yield from self.collect_sessions()
        yield GaugeMetricFamily(
            "gorod_subscriptions", "Running subscriptions.", value=services.tails.listeners
        )
        yield GaugeMetricFamily(
            "gorod_events_silence_seconds",
            "Time since the log of events was read last, of the school where that is longest ago; "
            "0 while nobody listens.",
            value=services.tails.silence,
        )

    def collect_sessions(self) -> Iterator[Any]:
        """Yield the database sessions of the three pools."""
        open_ = GaugeMetricFamily(
            "gorod_database_sessions", "Open sessions.", labels=("pool", "state")
        )
        most = GaugeMetricFamily(
            "gorod_database_sessions_most", "How many there may be.", labels=("pool",)
        )
        waiting = GaugeMetricFamily(
            "gorod_database_waiting", "Who waits for a session.", labels=("pool",)
        )
        pool: Any = self.services.engine.pool
        if hasattr(pool, "checkedout"):
            open_.add_metric(("standard", "used"), pool.checkedout())
            open_.add_metric(("standard", "idle"), pool.checkedin())
            most.add_metric(("standard",), pool.size())
        for name, one in (("readers", self.services.readers), ("writers", self.services.writers)):
            if one is not None:
                idle = sum(map(len, one.idle.values()))
                open_.add_metric((name, "used"), one.open - idle)
                open_.add_metric((name, "idle"), idle)
                most.add_metric((name,), one.size)
                waiting.add_metric((name,), len(one.waiting))
        yield from (open_, most, waiting)


VERSION = version("gorod")
TEXT = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """All metrics of a server.

    count: Called before reading, so that operations that wait for observers are counted.
    """

    def __init__(
        self, services: Services, gauges: Gauges, count: Callable[[], None] = lambda: None
    ) -> None:
        self.operations, self.count = OperationCounter(), count
        self.registry = CollectorRegistry(auto_describe=False)
        self.registry.register(ServerCollector(self.operations, services, gauges))
        for make in (ProcessCollector, PlatformCollector, GCCollector):
            make(registry=self.registry)

    def render(self, names: Collection[str] = ()) -> bytes:
        """Return the metrics in the format of Prometheus; only those of the names, if given."""
        self.count()
        registry = self.registry.restricted_registry(names) if names else self.registry
        return generate_latest(registry)
