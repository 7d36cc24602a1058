"""The results, as medians of all rounds."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from statistics import median

from bench.inside import Inside
from bench.rounds import Measure

FIGURES = ("per_second", "p50", "p99", "server_cpu", "postgres_cpu", "foreign")


@dataclass
class Results:
    """The results of a run.

    statements: By schools, peer and query.
    failed: By the same, the reason why there is no figure.
    """

    measures: Sequence[Measure]
    statements: dict[tuple[int, str, str], float]
    failed: dict[tuple[int, str, str], str]
    inside: Inside

    @cached_property
    def medians(self) -> dict[tuple[int, str, int, str], Measure]:
        """The medians by schools, query, clients and peer."""
        found = defaultdict(list)
        for one in self.measures:
            found[one.schools, one.query, one.clients, one.peer].append(one)
        return {key: middle(measures) for key, measures in found.items()}

    def find(self, query: str, peer: str, *, schools: int = 1, clients: int = 16) -> Measure | None:
        return self.medians.get((schools, query, clients, peer))

    def find_all(self, query: str, *, schools: int = 1, clients: int = 16) -> list[Measure]:
        """Return the medians of all peers, the fastest first."""
        asked = (schools, query, clients)
        found = [measure for key, measure in self.medians.items() if key[:3] == asked]
        return sorted(found, key=lambda one: -one.per_second)

    def find_ratio(
        self, query: str, peer: str, other: str, *, schools: int = 1, clients: int = 16
    ) -> float | None:
        """Return the throughput of a peer as a multiple of another's: the median of the rounds."""
        place = (schools, query, clients)
        ours, theirs = (
            [m.per_second for m in self.measures
             if (m.schools, m.query, m.clients, m.peer) == (*place, name)]
            for name in (peer, other)
        )  # fmt: skip
        ratios = [one / before for one, before in zip(ours, theirs, strict=False)]
        return median(ratios) if ratios else None


def middle(measures: Sequence[Measure]) -> Measure:
    medians = {name: median(getattr(one, name) for one in measures) for name in FIGURES}
    return replace(measures[0], answers=sum(one.answers for one in measures), **medians)
