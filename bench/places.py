"""A database and its servers: started, compared, counted and warmed, then frozen."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import islice
from typing import Any

import uvloop

from bench import postgraphile
from bench.answers import answer_of, code_of_refusal, compare, request_of
from bench.asks import GROUP_WRITES, Ask
from bench.cluster import Cluster
from bench.data import KEPT, Made
from bench.loader import Failed, Request, load
from bench.servers import Peer, Server, open_role, start
from bench.settings import Settings
from bench.write_asks import VERSIONS, draw
from bench.writes import look_before, undo
from gql.cli.console import say

COMPARED = 8
"""The number of answers per query that are compared."""
COUNTED = 8
"""The number of requests whose statements are counted."""
SERVES_ONCE = ("M2",)
"""The queries of which a repeated request writes nothing."""


@dataclass
class Place:
    """A database and its servers.

    expected: The answers that all must give: those of the first server, with the rows they wrote.
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
                if query in GROUP_WRITES:
                    uvloop.run(self.compare_refusals(server, query))
                self.statements[server.name, query] = self.count_statements(server, query)
                uvloop.run(self.warm(server, query, settings.warm(peer)))
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

    async def warm(self, server: Server, query: str, times: int) -> None:
        await self.refresh(server, query)
        requests, once = self.requests[server.name, query], query in SERVES_ONCE
        await load(server.port, requests, 16, 600.0, times, once=once)
        await self.clear(query)

    async def compare_answers(self, server: Server, query: str) -> None:
        await self.refresh(server, query)
        pairs = zip(self.asks[query], self.requests[server.name, query], strict=True)
        asking = self.answer_and_rows if query in GROUP_WRITES else answer_of
        found = [await asking(server, query, *pair) for pair in islice(pairs, COMPARED)]
        await self.clear(query)
        if server.name != "open":  # without row-level security it sees more
            compare(query, found, self.expected.setdefault(query, found))

    async def compare_refusals(self, server: Server, query: str) -> None:
        """Compare how each write is refused to the person who sends another of them, most of whom
        may not send it."""
        mine = self.asks[query][:COMPARED]
        theirs = [
            replace(ask, person_id=other.person_id, token=other.token)
            for ask, other in zip(mine, (*mine[1:], mine[0]), strict=True)
        ]
        found = [await code_of_refusal(server, query, ask) for ask in theirs]
        await self.clear(query)
        name = f"{query} refused"
        compare(name, found, self.expected.setdefault(name, found))
        if not any(found):
            raise Failed(f"{query} is refused to nobody")

    async def answer_and_rows(self, server: Server, query: str, ask: Ask, request: Request) -> Any:
        """Return an answer with the rows that the request wrote."""
        connection = await self.cluster.session()
        try:
            before = await look_before(connection, query, ask)
            data = await answer_of(server, query, ask, request)
            written = await before.read(data)
        finally:
            await connection.close()
        if query == "M3":
            data["sendMail"]["mailMessage"].pop("id")
        return {"data": data, "rows": written}

    def count_statements(self, server: Server, query: str) -> float:
        """Count the statements per answer of a viewer who is known from a request before."""
        asks, requests = self.asks[query], self.requests[server.name, query]
        own = [
            request
            for ask, request in zip(asks, requests, strict=True)
            if ask.token == asks[0].token
        ]
        first, then = (own[:COUNTED], own[COUNTED:]) if query in SERVES_ONCE else (own[:1], own[:1])
        uvloop.run(self.refresh(server, query))
        uvloop.run(load(server.port, first, 1, 60.0, COUNTED))
        with self.cluster.counting() as count:
            uvloop.run(load(server.port, then, 1, 60.0, COUNTED))
        uvloop.run(self.clear(query))
        return count.statements / COUNTED

    async def clear(self, query: str) -> None:
        """Remove the rows of a write about a class."""
        if query in GROUP_WRITES:
            await undo(self.cluster, query)

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
        for query in GROUP_WRITES:  # an interrupted run leaves rows behind
            await undo(cluster, query)
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
