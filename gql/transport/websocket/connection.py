"""A connection: from the handshake over `connection_init` to its end.

A stranger may open a connection: tools connect before anybody signs in, an answer to a wrong token
here would tell no more than one to an operation does, and each operation is judged by itself
anyway. A connection that began with a good token ends when the token does.
"""

import asyncio
import random
from collections.abc import Hashable
from typing import Any, Protocol

import orjson
from graphql import GraphQLError
from starlette.websockets import WebSocket

from gql.engine.asker import Asker, is_known
from gql.errors import told
from gql.guard.limits_of_use import LimitsOfSockets
from gql.transport.requests import bearer_in, language_in
from gql.transport.websocket.budget import Budget
from gql.transport.websocket.census import Census
from gql.transport.websocket.messages import (
    RESTART,
    Closing,
    Code,
    message,
    message_of,
    reason_of,
    size_of,
)
from gql.transport.websocket.operations import Operation, OperationRunner
from gql.transport.websocket.outbox import ClientGone, Outbox
from models.problems import Problem, ServiceUnavailable
from resolvers.core.context import Services
from resolvers.events.problems import SubscriptionLimit
from resolvers.services.sessions import Known
from resolvers.services.tries import network_of

INIT_TIMEOUT = 5.0
"""Seconds in which `connection_init` must come."""
SOONEST, SPREAD = 0.5, 100
"""Seconds after which the first client may connect again to a server that restarts, and how many of
the others may do so in each second after it."""
ACK = b'{"type":"connection_ack"}'
PONG = b'{"type":"pong"}'


class ConnectionEndpoint(OperationRunner, Protocol):
    """What the endpoint offers to a connection; see `gql.transport.websocket.endpoint`."""

    services: Services
    limits: LimitsOfSockets
    census: "Census[Connection]"
    init_timeout: float


class Connection:
    """A connection of a client, and the operations on it.

    counted_as: The account it belongs to; the network it comes from while nobody has signed in.
    is_watched: Whether it ends when its token does: for the token was good when it came.
    idle_since: When its last operation ended, by the clock of the loop.
    """

    def __init__(self, endpoint: ConnectionEndpoint, socket: WebSocket) -> None:
        self.endpoint, self.socket = endpoint, socket
        self.limits, self.services = endpoint.limits, endpoint.services
        headers = dict(socket.scope["headers"])
        self.token, self.language = bearer_in(headers), language_in(headers)
        self.agent: bytes | None = headers.get(b"user-agent")
        self.address = socket.client.host if socket.client else None
        self.counted_as: Hashable = network_of(self.address)
        self.is_initialised = self.is_acknowledged = self.is_watched = self.is_ending = False
        self.operations: dict[str, Operation] = {}
        self.tasks: set[asyncio.Task[None]] = set()
        self.budget = Budget(self.limits)
        self.outbox = Outbox(socket, self.limits.most_unsent_bytes, self.give_up)
        self.loop = asyncio.get_running_loop()
        self.idle_since = self.loop.time()
        self.task = asyncio.current_task()
        self.waiting: asyncio.TimerHandle | None = None

    # -- from the handshake to the end ----------------------------------------------------

    async def serve(self) -> None:
        """Answer until the client leaves, or the connection is closed."""
        late = Closing(Code.INITIALISATION_TIMEOUT, "Connection initialisation timeout")
        self.waiting = self.loop.call_later(self.endpoint.init_timeout, self.end_soon, late)
        try:
            self.endpoint.census.enter(self)
            await self.receive()
        except Closing as closing:
            await self.end(closing)
        except ClientGone:
            pass
        except asyncio.CancelledError:
            if not (self.outbox.is_lost and self.task):
                raise
            self.task.uncancel()
        finally:
            self.task = None
            self.waiting.cancel()
            self.endpoint.census.leave(self)
            await self.finish()

    async def receive(self) -> None:
        """Take messages until there are no more. Raises Closing, ClientGone."""
        while True:
            frame = await self.socket.receive()
            if frame["type"] == "websocket.disconnect":
                if frame.get(RESTART):
                    await self.restart()
                return
            if not self.budget.take(size := size_of(frame)):
                raise Closing(Code.TOO_MANY_REQUESTS, "Too many messages")
            if size > (most := self.endpoint.executor.limits.most_body):
                raise Closing(Code.BAD_REQUEST, f"A message has {most} bytes at most")
            await self.handle(message_of(frame), size)

    async def handle(self, message: Any, size: int) -> None:
        """Do what a message asks. Raises Closing, ClientGone."""
        match message["type"]:
            case "connection_init":
                await self.initialise(message.get("payload") or {})
            case "ping":
                await self.outbox.send(PONG)
            case "subscribe":
                await self.subscribe(message["id"], message["payload"], size)
            case "complete":
                if operation := self.operations.pop(message["id"], None):
                    operation.leave()
            case "pong":
                pass

    async def finish(self) -> None:
        """Let all that still runs come to its end: a mutation is not broken off."""
        for operation in list(self.operations.values()):
            operation.leave()
        self.operations.clear()
        try:
            while self.tasks:
                await asyncio.wait(self.tasks)
        except asyncio.CancelledError:  # the server waits no longer
            for task in self.tasks:
                task.cancel()
            raise

    # -- who it is ------------------------------------------------------------------------

    async def initialise(self, payload: dict[str, Any]) -> None:
        """`connection_init`, with `authorization` and `accept-language` as headers would say them:
        browsers cannot set headers of a socket. Raises Closing."""
        if self.is_initialised:
            raise Closing(Code.TOO_MANY_REQUESTS, "Too many initialisation requests")
        self.is_initialised = True
        if self.waiting:
            self.waiting.cancel()
        given = {
            name.lower().encode("utf-8", "replace"): value.encode("utf-8", "replace")
            for name, value in payload.items()
            if isinstance(value, str)
        }
        if b"authorization" in given:
            self.token = bearer_in(given)
        if b"accept-language" in given:
            self.language = language_in(given)
        asker = self.asker()
        try:
            self.is_watched = await is_known(self.services, asker)
        except ServiceUnavailable:
            self.is_watched = bool(self.token)  # found out when the database is there again
        if asker.known:
            self.recognise(asker.known)
        await self.outbox.send(ACK)
        self.is_acknowledged = True

    def recognise(self, known: Known) -> None:
        """Count the connection to its account. Raises Closing if that has too many."""
        self.endpoint.census.count_as(self, (known.actor.school_id, known.actor.account_id))

    def asker(self) -> Asker:
        """Who asks for an operation, which gets an id of its own."""
        return Asker(self.token, self.language, self.agent, self.address)

    # -- operations -----------------------------------------------------------------------

    async def subscribe(self, id: str, payload: dict[str, Any], size: int) -> None:
        """Begin an operation. Raises Closing."""
        if not self.is_acknowledged:
            raise Closing(Code.UNAUTHORIZED, "Unauthorized")
        if id in self.operations:
            raise Closing(Code.SUBSCRIBER_EXISTS, f"Subscriber for {id[:60]} already exists")
        if len(self.operations) >= (most := self.limits.most_socket_operations):
            await self.outbox.send(message("error", id, self.refusal(SubscriptionLimit(most=most))))
            return
        operation = self.operations[id] = Operation(self, id, payload, size)
        operation.task = self.start(operation.run())

    def forget(self, operation: Operation) -> None:
        """An operation is over, and its id may be used again."""
        if self.operations.get(operation.id) is operation:
            del self.operations[operation.id]
        self.idle_since = self.loop.time()

    def refusal(self, problem: Problem) -> bytes:
        """The payload of an error."""
        error = told(GraphQLError(str(problem)), problem, self.language)
        return orjson.dumps([error.formatted])

    def start(self, work: Any) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        return task

    # -- the end --------------------------------------------------------------------------

    def end_soon(self, closing: Closing, problem: Problem | None = None) -> None:
        """End the connection, for those who cannot wait for it."""
        if not self.is_ending:
            self.start(self.end(closing, problem))

    async def end(self, closing: Closing, problem: Problem | None = None) -> None:
        """Close the connection before any operation can say another word.

        problem: What each operation is told to have ended with.
        """
        if self.is_ending:
            return
        self.is_ending = True
        names = list(self.operations)
        for operation in list(self.operations.values()):
            operation.leave()
        self.operations.clear()
        try:
            if problem:
                for name in names:
                    await self.outbox.send(message("error", name, self.refusal(problem)))
        except ClientGone:
            return
        await self.outbox.close(closing.code, reason_of(closing.reason))

    async def restart(self) -> None:
        """End because the server stops: queries and mutations are still answered, subscriptions are
        not completed, for their clients are to begin them again elsewhere."""
        for operation in list(self.operations.values()):
            if operation.goes_on:
                operation.leave()
        while self.tasks:
            await asyncio.wait(self.tasks)
        widest = len(self.endpoint.census.connections) / SPREAD
        hint = {"retryAfter": round(SOONEST + random.uniform(0, 1 + widest), 1)}  # noqa: S311
        await self.end(Closing(Code.SERVICE_RESTART, orjson.dumps(hint).decode()))

    def give_up(self) -> None:
        """End without a word: the client does not read."""
        for operation in list(self.operations.values()):
            operation.leave()
        if self.task:
            self.task.cancel()
