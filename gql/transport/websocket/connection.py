"""A WebSocket connection from the handshake to its end.

A stranger may open a connection: tools connect before a user signs in, and each operation is
authorised by itself. A connection that began with a valid token ends with the token.
"""

import asyncio
import random
from collections.abc import Hashable
from typing import Any, Protocol

import orjson
from graphql import GraphQLError
from starlette.websockets import WebSocket

from gql.engine.asker import Asker, is_signed_in
from gql.errors import describe_problem
from gql.guard.limits_of_use import LimitsOfSockets
from gql.transport.requests import bearer_in, language_in
from gql.transport.websocket.budget import Budget
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
from gql.transport.websocket.registry import ConnectionRegistry
from models.problems import Problem, ServiceUnavailable
from resolvers.core.context import Services
from resolvers.events.problems import SubscriptionLimit
from resolvers.services.sessions import Known
from resolvers.services.tries import network_of

INIT_TIMEOUT = 5.0
"""Seconds in which `connection_init` must come. Without it, silent clients keep sockets open."""
SOONEST, SPREAD = 0.5, 100
"""Seconds until the first client may reconnect to a server that restarts, and how many clients may
reconnect in each second after. Without it, all would reconnect at once."""
ACK = b'{"type":"connection_ack"}'
PONG = b'{"type":"pong"}'


class ConnectionEndpoint(OperationRunner, Protocol):
    """The interface of `gql.transport.websocket.endpoint` for a connection."""

    services: Services
    limits: LimitsOfSockets
    registry: "ConnectionRegistry[Connection]"
    init_timeout: float


class Connection:
    """A connection of a client, and the operations on it.

    counted_as: Its account; the network of its address while no user has signed in.
    is_watched: Whether it ends with its token: the token was valid at `connection_init`.
    idle_since: The end of its last operation, by the clock of the loop.
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
        """Serve the connection until the client disconnects or it is closed."""
        late = Closing(Code.INITIALISATION_TIMEOUT, "Connection initialisation timeout")
        self.waiting = self.loop.call_later(self.endpoint.init_timeout, self.end_soon, late)
        try:
            self.endpoint.registry.enter(self)
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
            self.endpoint.registry.leave(self)
            await self.finish()

    async def receive(self) -> None:
        """Handle messages until the client disconnects. Raises Closing, ClientGone."""
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
        """Handle one message. Raises Closing, ClientGone."""
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
        """Cancel queries and subscriptions, and wait for mutations to end."""
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

    # -- identification -------------------------------------------------------------------

    async def initialise(self, payload: dict[str, Any]) -> None:
        """Handle `connection_init`. Its `authorization` and `accept-language` stand for headers,
        which browsers cannot set on a socket. Raises Closing."""
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
            self.is_watched = await is_signed_in(self.services, asker)
        except ServiceUnavailable:
            self.is_watched = bool(self.token)  # checked when the database is back
        if asker.known:
            self.recognise(asker.known)
        await self.outbox.send(ACK)
        self.is_acknowledged = True

    def recognise(self, known: Known) -> None:
        """Count the connection to its account. Raises Closing if that has too many."""
        self.endpoint.registry.count_as(self, (known.actor.school_id, known.actor.account_id))

    def asker(self) -> Asker:
        """Return the client of an operation, which gets a request id of its own."""
        return Asker(self.token, self.language, self.agent, self.address)

    # -- operations -----------------------------------------------------------------------

    async def subscribe(self, id: str, payload: dict[str, Any], size: int) -> None:
        """Start an operation. Raises Closing."""
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
        """Remove a finished operation, whose id may be used again."""
        if self.operations.get(operation.id) is operation:
            del self.operations[operation.id]
        self.idle_since = self.loop.time()

    def refusal(self, problem: Problem) -> bytes:
        """Return the payload of an `error` message."""
        error = describe_problem(GraphQLError(str(problem)), problem, self.language)
        return orjson.dumps([error.formatted])

    def start(self, work: Any) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        return task

    # -- the end --------------------------------------------------------------------------

    def end_soon(self, closing: Closing, problem: Problem | None = None) -> None:
        """Start to end the connection, without waiting."""
        if not self.is_ending:
            self.start(self.end(closing, problem))

    async def end(self, closing: Closing, problem: Problem | None = None) -> None:
        """Close the connection before any operation can send another message.

        problem: Sent as the error of each operation.
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
        """End the connection because the server stops. Queries and mutations are still answered.
        Subscriptions get no `complete`, so that their clients subscribe again elsewhere."""
        for operation in list(self.operations.values()):
            if operation.goes_on:
                operation.leave()
        while self.tasks:
            await asyncio.wait(self.tasks)
        widest = len(self.endpoint.registry.connections) / SPREAD
        hint = {"retryAfter": round(SOONEST + random.uniform(0, 1 + widest), 1)}  # noqa: S311
        await self.end(Closing(Code.SERVICE_RESTART, orjson.dumps(hint).decode()))

    def give_up(self) -> None:
        """End without a message: the client does not read."""
        for operation in list(self.operations.values()):
            operation.leave()
        if self.task:
            self.task.cancel()
