"""An operation on a connection, from `subscribe` to `error` or `complete`."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from typing import Any, Protocol

import orjson
from graphql import GraphQLError, OperationType, get_operation_ast
from strawberry.types import ExecutionResult

from gql.engine.answer import Answer, code_of
from gql.engine.asker import Asker
from gql.engine.run import Engine
from gql.guard.document import Document
from gql.transport.exchange import Admission, Exchange, Observer
from gql.transport.execution import Executor
from gql.transport.negotiation import GRAPHQL
from gql.transport.requests import Request, request_of
from gql.transport.responses import CLIENT_LEFT, dump_json, error_of, status_of
from gql.transport.websocket.messages import Closing, message
from gql.transport.websocket.outbox import ClientGone, Outbox
from gql.transport.websocket.registry import ENDINGS
from resolvers.core.context import Services
from resolvers.services.sessions import Known

EXECUTED = b'{"data":{'
"""The first bytes of the answer to an executed operation."""


class OperationRunner(Protocol):
    """The interface of the endpoint for an operation: executor, admission and observer."""

    engine: Engine
    executor: Executor
    admission: Admission
    observe: Observer | None


class OperationOwner(Protocol):
    """The interface of `gql.transport.websocket.connection` for an operation."""

    services: Services
    outbox: Outbox

    @property
    def endpoint(self) -> OperationRunner: ...

    def asker(self) -> Asker:
        """Return the client of an operation, which gets a request id of its own."""

    def recognise(self, known: Known) -> None:
        """Count the connection to its account. Raises Closing if that has too many."""

    def forget(self, operation: "Operation") -> None:
        """Remove a finished operation, whose id may be used again."""

    async def end(self, closing: Closing) -> None:
        """Close the connection before any operation can send another message."""


class Operation:
    """An operation on a connection.

    size: Of its message, in bytes.
    kind: Query, mutation or subscription; None until its document is read.
    is_begun: Whether its task may be cancelled. A task that is cancelled before it runs would not
        be observed; it ends by itself when it begins.
    has_begun_to_write: Whether it is a running mutation.
    is_over: Whether its last message was sent, or its client left it.
    """

    def __init__(
        self, connection: OperationOwner, id: str, payload: Mapping[str, Any], size: int
    ) -> None:
        self.connection, self.id, self.payload, self.size = connection, id, payload, size
        self.kind: OperationType | None = None
        self.is_begun = self.is_over = self.has_begun_to_write = False
        self.task: asyncio.Task[None] | None = None

    @property
    def goes_on(self) -> bool:
        """Whether it is a subscription."""
        return self.kind is OperationType.SUBSCRIPTION

    def leave(self) -> None:
        """Send nothing more, and cancel the task. A running mutation goes on to its end, as over
        HTTP: a client could not find out how much of it had happened."""
        self.is_over = True
        task = None if self.has_begun_to_write else self.task
        if task and self.is_begun and task is not asyncio.current_task():
            task.cancel()

    async def run(self) -> None:
        """Read, execute and answer it."""
        connection, endpoint = self.connection, self.connection.endpoint
        exchange = Exchange(connection.asker(), "websocket", received=self.size)
        self.is_begun = True
        try:
            if self.is_over:
                raise ClientGone
            request = exchange.request = request_of(self.payload)
            document = exchange.document = await self.read(request, exchange)
            await connection.outbox.wait_until_sent()
            answer: Answer | None = None
            async with endpoint.admission(exchange):
                if self.goes_on:
                    await self.stream(request, document, exchange)
                else:
                    self.has_begun_to_write = self.kind is OperationType.MUTATION
                    answer = await endpoint.executor.execute(exchange.asker, document, request)
            if answer is not None:  # outside of admission: a slow reader would hold its place
                await self.answer(answer, exchange)
        except ClientGone:
            exchange.status = CLIENT_LEFT
        except asyncio.CancelledError:
            exchange.status = CLIENT_LEFT
            raise
        except Closing as closing:
            await connection.end(closing)
        except Exception as failure:  # a bug, which is masked
            error = error_of(failure, exchange, connection.services)
            await self.refuse(exchange, [error])
        finally:
            connection.forget(self)
            if endpoint.observe:
                endpoint.observe(exchange)

    async def read(self, request: Request, exchange: Exchange) -> Document:
        """Return the document, within the limits of its client. Raises a Problem,
        GraphQLSyntaxError, and Closing if the client's account has too many connections."""
        executor = self.connection.endpoint.executor
        document, exchange.cost = await executor.read_document(exchange.asker, request, self.size)
        if exchange.asker.known:
            self.connection.recognise(exchange.asker.known)
        definition = get_operation_ast(document.node, request.name)
        self.kind = definition.operation if definition else None
        return document

    async def answer(self, answer: Answer, exchange: Exchange) -> None:
        """Send the only answer of a query or a mutation."""
        exchange.plan, exchange.status, exchange.code = answer.kind, 200, answer.code
        if answer.body.startswith(EXECUTED):
            await self.say_next(exchange, exchange.with_extensions(answer.body))
            await self.say("complete")
        else:
            if answer.refused is not None:
                note(exchange, answer.refused)
            told = dump_json(orjson.loads(answer.body)["errors"])
            exchange.sent += len(told)
            await self.say("error", told)

    async def stream(self, request: Request, document: Document, exchange: Exchange) -> None:
        """Send the events of a subscription."""
        caller = exchange.asker.caller(self.connection.services)
        caller.document = document
        exchange.plan = "standard"
        stream = await self.connection.endpoint.engine.schema.stream(
            document.text,
            variable_values=dict(request.variables),
            context_value=caller,
            operation_name=request.name,
            operation_extensions=dict(request.extensions) if request.extensions else None,
        )
        if self.connection.endpoint.observe:
            self.connection.endpoint.observe(exchange)  # it has begun
        async with aclosing(stream):
            async for result in stream:
                assert isinstance(result, ExecutionResult)  # noqa: S101  # no `@defer` here
                if result.errors and result.data is None:
                    await self.refuse(exchange, result.errors)
                    return
                if result.errors:
                    exchange.code = exchange.code or code_of(result.errors[0])
                answer = dump_json(answer_of(result))
                await self.say_next(exchange, exchange.with_extensions(answer))
        exchange.status = 200
        await self.say("complete")

    async def refuse(self, exchange: Exchange, errors: Sequence[GraphQLError]) -> None:
        """End with errors, some of which end the connection, too."""
        note(exchange, errors[0])
        told = dump_json([error.formatted for error in errors])
        exchange.sent += len(told)
        try:
            await self.say("error", told)
        except ClientGone:
            return
        causes: list[Any] = [type(error.original_error) for error in errors]
        if ending := next((ENDINGS[cause] for cause in causes if cause in ENDINGS), None):
            await self.connection.end(Closing(*ending))

    async def say_next(self, exchange: Exchange, answer: bytes) -> None:
        """Send an answer. Raises ClientGone."""
        exchange.events += 1
        exchange.sent += len(answer)
        await self.say("next", answer)

    async def say(self, kind: str, payload: bytes | None = None) -> None:
        """Send a message, unless the last one was sent. Raises ClientGone."""
        if self.is_over:
            return
        if kind != "next":  # the client may use the id again as soon as it gets the last message
            self.is_over = True
            self.connection.forget(self)
        await self.connection.outbox.send(message(kind, self.id, payload))


def answer_of(result: ExecutionResult) -> dict[str, Any]:
    answer: dict[str, Any] = {"data": result.data}
    if result.errors:
        answer["errors"] = [error.formatted for error in result.errors]
    return answer


def note(exchange: Exchange, error: GraphQLError) -> None:
    """Note the error that refused the whole operation."""
    exchange.code = (error.extensions or {}).get("code")
    exchange.status = status_of(error, GRAPHQL)
