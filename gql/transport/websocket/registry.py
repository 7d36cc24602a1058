"""The registry of a process's sockets: their number per account, and their tokens' validity.

The limits hold per process: several processes behind one address allow several times as many.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Hashable, Mapping, Sized
from typing import Generic, Protocol, TypeVar

from gql.guard.limits_of_use import LimitsOfSockets
from gql.logs import log
from gql.transport.websocket.messages import Closing, Code
from models.problems import Problem, ServiceUnavailable
from resolvers.core.context import Services
from resolvers.core.identify import school_of
from resolvers.events.problems import AccessRevoked, TokenEnded
from resolvers.events.watching import ended_tokens

SHARE = 0.8
"""The part of the time in which an ended token must be noticed; the database has the rest."""
ENDINGS: Mapping[type[Problem], tuple[Code, str]] = {
    TokenEnded: (Code.UNAUTHORIZED, "Unauthorized: the token was renewed or has ended"),
    AccessRevoked: (Code.FORBIDDEN, "Forbidden: the role or the right has ended"),
}
"""Problems that end the whole connection."""


class RegisteredConnection(Protocol):
    """The interface of `gql.transport.websocket.connection` for the registry."""

    token: str
    counted_as: Hashable
    is_watched: bool
    idle_since: float

    @property
    def operations(self) -> Sized: ...

    def end_soon(self, closing: Closing, problem: Problem | None = None) -> None:
        """Start to end the connection, without waiting."""


C = TypeVar("C", bound=RegisteredConnection)


class ConnectionRegistry(Generic[C]):
    """All connections of the process.

    counts: Connections per account, or per network of strangers.
    """

    def __init__(self, services: Services, limits: LimitsOfSockets) -> None:
        self.services, self.limits = services, limits
        self.connections: set[C] = set()
        self.counts: Counter[Hashable] = Counter()
        self.watching: asyncio.Task[None] | None = None

    def enter(self, connection: C) -> None:
        """Add a new connection. Raises Closing if there are too many."""
        if len(self.connections) >= self.limits.most_sockets:
            raise Closing(Code.TRY_AGAIN_LATER, "The server has too many connections")
        if self.counts[connection.counted_as] >= self.limits.most_stranger_sockets:
            raise Closing(Code.TRY_AGAIN_LATER, "There are too many connections from this address")
        self.connections.add(connection)
        self.counts[connection.counted_as] += 1
        if self.watching is None:
            self.watching = asyncio.create_task(self.watch())

    def count_as(self, connection: C, account: Hashable) -> None:
        """Move a connection to the count of its account. Raises Closing if that has too many."""
        if connection.counted_as == account or connection not in self.connections:
            return
        if self.counts[account] >= self.limits.most_account_sockets:
            raise Closing(Code.TOO_MANY_REQUESTS, "This account has too many connections")
        self.discount(connection.counted_as)
        connection.counted_as = account
        self.counts[account] += 1

    def leave(self, connection: C) -> None:
        """Remove a connection."""
        if connection in self.connections:
            self.connections.discard(connection)
            self.discount(connection.counted_as)
        if not self.connections and self.watching:
            self.watching.cancel()
            self.watching = None

    def discount(self, counted_as: Hashable) -> None:
        self.counts[counted_as] -= 1
        if not self.counts[counted_as]:
            del self.counts[counted_as]

    async def watch(self) -> None:
        """Check all connections periodically, while there are any."""
        while True:
            await asyncio.sleep(self.services.tails.pace.recheck * SHARE)
            try:
                await self.look()
            except ServiceUnavailable:
                continue  # no session can be read; subscriptions wait for the database, too
            except Exception:
                log.error("sockets cannot be looked at", exc_info=True)

    async def look(self) -> None:
        """End the connections of ended tokens and of idle strangers, by one statement per
        school."""
        oldest = asyncio.get_running_loop().time() - self.limits.stranger_socket_seconds
        tokens: dict[int, dict[str, list[C]]] = defaultdict(lambda: defaultdict(list))
        for connection in self.connections:
            school_id = school_of(connection.token) if connection.is_watched else None
            if school_id is not None:
                tokens[school_id][connection.token].append(connection)
            elif not connection.operations and connection.idle_since <= oldest:
                connection.end_soon(Closing(Code.UNAUTHORIZED, "Nobody signed in"))
        for school_id, found in tokens.items():
            ended = await ended_tokens(self.services, school_id, found.keys())
            for token, problem in ended.items():
                for connection in found[token]:
                    connection.end_soon(Closing(*ENDINGS[type(problem)]), problem)
