"""The measurements: one server at a time, all in turn, several times."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import uvloop

from bench.loader import load
from bench.places import SERVES_ONCE, Place
from bench.processes import machine_seconds
from bench.servers import Server
from bench.settings import Settings
from gql.cli.console import say


@dataclass(frozen=True)
class Measure:
    """The measurement of one server with one query for some seconds. Times are in milliseconds; CPU
    is per answer.

    foreign: The number of cores that were busy with other processes.
    """

    schools: int
    query: str
    clients: int
    peer: str
    answers: int
    per_second: float
    p50: float
    p99: float
    server_cpu: float
    postgres_cpu: float
    foreign: float

    def __str__(self) -> str:
        return (
            f"{self.schools:>2} {self.query} c={self.clients:<2} {self.peer:<12}"
            f" {self.per_second:>7.0f}/s, p50 {self.p50:>7.1f} p99 {self.p99:>7.1f} ms,"
            f" cpu {self.server_cpu:.3f} + {self.postgres_cpu:.3f} ms, foreign {self.foreign:.2f}"
        )


def all_rounds(settings: Settings, places: Sequence[Place]) -> list[Measure]:
    """Measure all in turn, so that other work of the machine affects all alike."""
    found = []
    for turn in range(settings.rounds):
        say(f"Round {turn + 1} of {settings.rounds} …")
        for query in settings.queries:
            for clients in settings.clients:
                for place in places:
                    found += in_turn(settings, place, query, clients, turn)
    return found


def in_turn(settings: Settings, place: Place, query: str, clients: int, turn: int) -> list[Measure]:
    """Measure all servers with a query, in every second turn in reverse order, so that none always
    comes first."""
    found = []
    place.cluster.forward()
    for server in place.servers[:: -1 if turn % 2 else 1]:
        if place.asks_for(server, query):
            with server.awake(), place.noting(server, query):
                found.append(measure(settings, place, server, query, clients))
                say(f"  {found[-1]}")
    return found


def measure(settings: Settings, place: Place, server: Server, query: str, clients: int) -> Measure:
    def read_times() -> tuple[float, ...]:
        return (
            time.monotonic(), server.cpu(), place.cluster.cpu(), time.process_time(),
            machine_seconds(),
        )  # fmt: skip

    uvloop.run(place.refresh(server, query))
    before = read_times()
    requests = place.requests[server.name, query]
    once = query in SERVES_ONCE
    found = uvloop.run(load(server.port, requests, clients, settings.seconds, once=once))
    passed, cpu, postgres, own, machine = (b - a for a, b in zip(before, read_times(), strict=True))
    uvloop.run(place.clear(query))
    answers = len(found.latencies)
    return Measure(
        schools=place.schools,
        query=query,
        clients=clients,
        peer=server.name,
        answers=answers,
        per_second=answers / found.seconds,
        p50=found.quantile(0.5) * 1000,
        p99=found.quantile(0.99) * 1000,
        server_cpu=cpu / answers * 1000,
        postgres_cpu=postgres / answers * 1000,
        foreign=max(0.0, (machine - cpu - postgres - own) / passed),
    )
