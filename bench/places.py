"""A database and its servers: started, compared, counted and warmed, then frozen."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from typing import Any

import uvloop

from bench import postgraphile
from bench.answers import answer_of, compare, request_of
from bench.asks import VERSIONS, Ask, draw
from bench.cluster import Cluster
from bench.data import KEPT, Made
from bench.loader import Failed, Request, load
from bench.servers import Peer, Server, open_role, start
from bench.settings import Settings
from gql.cli.console import say

COMPARED = 8
"""The number of answers per query that are compared."""
COUNTED = 8
"""The number of requests whose statements are counted."""


@dataclass
class Place:
    """A database and its servers.

    expected: The answers that all must give: those of the first server.
    failed: The reason why a server is not measured with a query.
    statements: The number per answer of a known viewer.
    """

    made: Made
    cluster: Cluster
    asks: dict[str, list[Ask]]
    servers: list[Server] = field(default_factory=list)
    requests: dict[tuple[str, str], list[Request]] = field(default_factory=dict)
    expected: dict[str, list[Any]] = field(default_factory=dict)
    failed: dict[tuple[str, str], str] = field(default_factory=dict)
    statements: dict[tuple[str, str], float] = field(default_factory=dict)

    @property
    def schools(self) -> int:
        return self.made.schools

    def add(self, settings: Settings, peer: Peer) -> None:
        queries = [q for q in settings.queries if settings.is_asked(peer, q, self.schools)]
        if not queries:
            return
        say(f"{peer.title}, {self.schools} school(s) …")
        try:
            server = start(peer, self.cluster, self.schools, KEPT / "logs")
        except Failed as problem:
            self.failed |= {(peer.name, query): str(problem) for query in queries}
            say(f"  {problem}")
            return
        self.servers.append(server)
        for query in queries:
            self.requests[server.name, query] = [
                request_of(server, query, ask) for ask in self.asks[query]
            ]
            with self.noting(server, query):
                uvloop.run(self.compare_answers(server, query))
                self.statements[server.name, query] = self.count_statements(server, query)
                uvloop.run(self.send(server, query, 16, settings.warm(peer)))
        server.freeze()

    @contextmanager
    def noting(self, server: Server, query: str) -> Iterator[None]:
        """Note the failure of a server, which then no longer gets the query."""
        try:
            yield
        except Failed as problem:
            self.failed[server.name, query] = str(problem)
            say(f"  {server.name} {query}: {problem}")

    def asks_for(self, server: Server, query: str) -> bool:
        key = (server.name, query)
        return key in self.requests and key not in self.failed

    async def send(self, server: Server, query: str, clients: int, times: int) -> None:
        await self.refresh(server, query)
        await load(server.port, self.requests[server.name, query], clients, 600.0, times)

    async def compare_answers(self, server: Server, query: str) -> None:
        await self.refresh(server, query)
        pairs = zip(self.asks[query], self.requests[server.name, query], strict=True)
        found = [await answer_of(server, query, *pair) for pair in islice(pairs, COMPARED)]
        if server.name != "open":  # without row-level security it sees more
            compare(query, found, self.expected.setdefault(query, found))

    def count_statements(self, server: Server, query: str) -> float:
        """Count the statements per answer of a viewer who is known from a request before."""
        request = self.requests[server.name, query][:1]
        uvloop.run(self.refresh(server, query))
        uvloop.run(load(server.port, request, 1, 60.0, COUNTED))
        with self.cluster.counting() as count:
            uvloop.run(load(server.port, request, 1, 60.0, COUNTED))
        return count.statements / COUNTED

    async def refresh(self, server: Server, query: str) -> None:
        """Set the current version of marks in the requests that change them."""
        if query != "M1":
            return
        known: dict[tuple[int, ...], int] = {}
        cells = [cell_of(ask) for ask in self.asks[query]]
        connection = await self.cluster.session()
        try:
            for school_id in {cell[0] for cell in cells}:
                keys = [cell[1] for cell in cells]
                for row in await connection.fetch(VERSIONS, school_id, keys):
                    known[school_id, row["assignment_id"], row["student_id"]] = row["version"]
        finally:
            await connection.close()
        for request, cell in zip(self.requests[server.name, query], cells, strict=True):
            request.version = known[cell]


def cell_of(ask: Ask) -> tuple[int, ...]:
    """Return the numbers of school, assignment and student."""
    school_id, _, assignment = ask.variables["assignment"].partition(":")[2].partition("-")
    student = ask.variables["student"].rpartition("-")[2]
    return int(school_id), int(assignment), int(student)


@contextmanager
def open_place(settings: Settings, cluster: Cluster, made: Made) -> Iterator[Place]:
    """Start all servers of one database."""

    async def drawn() -> dict[str, list[Ask]]:
        await open_role(cluster)
        connection = await cluster.session()
        try:
            await postgraphile.show(connection)
            day, needed = date.fromisoformat(made.day), settings.find_needed(made.schools)
            return await draw(connection, day, settings.many, needed)
        finally:
            await connection.close()

    place = Place(made, cluster, asyncio.run(drawn()))
    try:
        for peer in settings.peers:
            place.add(settings, peer)
        yield place
    finally:
        for server in place.servers:
            server.end()
