"""Sockets: the protocol `graphql-transport-ws`, more careful than Strawberry's own handler.

A frame that is none of the protocol closes the socket, but an operation that fails, be it for its
syntax, ends only itself. A socket may be opened by a stranger: tools connect before anybody signs
in, an answer to a wrong token here would tell no more than one to an operation does, and each
operation is judged by itself anyway. What began under a good token is another matter: when that
ends, so does the socket, for nothing else on it can go on.
"""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import replace
from typing import Any, cast
from uuid import uuid4

from graphql import GraphQLError, GraphQLSyntaxError
from starlette.websockets import WebSocketDisconnect, WebSocketState
from strawberry.asgi import ASGIWebSocketAdapter
from strawberry.http.exceptions import (
    NonJsonMessageReceived,
    NonTextMessageReceived,
    WebSocketDisconnected,
)
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import (
    BaseGraphQLTransportWSHandler,
    Operation,
)
from strawberry.types import ExecutionResult

from gql.engine.run import Asker, is_known
from gql.errors import named
from gql.guard.documents import Document, Documents
from gql.guard.limits import Limits
from gql.transport.exchange import Exchange
from gql.transport.negotiation import GRAPHQL
from gql.transport.problems import BadRequest, OperationResolutionFailure
from gql.transport.requests import Request, check_values, request_of, text_of
from gql.transport.responses import CLIENT_LEFT, status_of
from models.problems import Problem
from resolvers.context import Caller
from resolvers.events.problems import AccessRevoked, SessionEnded, SubscriptionLimit

MOST_OPERATIONS = 50
"""How many operations a socket may run at once."""
CLOSING: Mapping[type[Problem], tuple[int, str]] = {
    SessionEnded: (4401, "Unauthorized"),
    AccessRevoked: (4403, "Forbidden"),
}
"""What ends the whole socket, not only the operation it happened to."""
MAYBE_MAPPING = (dict, type(None))
FRAMES: Mapping[str, Mapping[str, tuple[type, ...]]] = {
    "connection_init": {"payload": MAYBE_MAPPING},
    "ping": {"payload": MAYBE_MAPPING},
    "pong": {"payload": MAYBE_MAPPING},
    "subscribe": {"id": (str,), "payload": (dict,)},
    "complete": {"id": (str,)},
}


def fits(given: Mapping[str, Any], shape: Mapping[str, tuple[type, ...]]) -> bool:
    return all(isinstance(given.get(name), types) for name, types in shape.items())


def fault_of(frame: Any) -> str | None:
    """What is wrong with a frame; None if it is one of the protocol."""
    if not isinstance(frame, dict) or not isinstance(kind := frame.get("type"), str):
        return "A message is an object with a type"
    if kind not in FRAMES:
        return "Unknown type of message"
    if not fits(frame, FRAMES[kind]) or frame.get("id") == "":
        return f"Not a message of type {kind}"
    if kind == "subscribe":
        try:
            request_of(frame["payload"])
        except BadRequest:
            return "Not the payload of an operation"
        except OperationResolutionFailure:  # an empty query is the operation's own fault
            return None if "query" in frame["payload"] else "Not the payload of an operation"
    return None


class Wire(ASGIWebSocketAdapter):
    """A socket that several tasks speak through: what one says after another has closed it is
    lost, and no mistake."""

    @property
    def limits(self) -> Limits:
        api: Any = self.view
        limits: Limits = api.documents.limits
        return limits

    async def iter_json(
        self, *, ignore_parsing_errors: bool = False
    ) -> AsyncGenerator[object, None]:
        while self.ws.application_state is WebSocketState.CONNECTED:
            try:
                text = await self.ws.receive_text()
            except KeyError:
                raise NonTextMessageReceived from None
            except (WebSocketDisconnect, RuntimeError):
                return
            try:
                if len(text.encode()) > self.limits.most_body:
                    raise NonJsonMessageReceived
                frame = self.view.decode_json(text)
            except (ValueError, RecursionError):
                raise NonJsonMessageReceived from None
            yield frame

    async def send_json(self, message: Mapping[str, object]) -> None:
        try:
            await self.ws.send_text(self.view.encode_json_string(message))
        except (WebSocketDisconnect, RuntimeError):
            raise WebSocketDisconnected from None

    async def close(self, code: int, reason: str) -> None:
        if self.ws.application_state is WebSocketState.CONNECTED:
            await self.ws.close(code, reason)


class Running(Operation[Caller, None]):
    """An operation with the payload it came with."""

    __slots__ = ["payload"]

    def __init__(self, handler: "Socket", id: str, payload: Mapping[str, Any]) -> None:
        super().__init__(
            handler,
            id,
            payload.get("query") or "",
            payload.get("variables"),
            payload.get("operationName"),
        )
        self.payload = payload


class Socket(BaseGraphQLTransportWSHandler[Caller, None]):
    """A connection and the operations on it."""

    async def handle_message(self, message: Any) -> None:
        if fault := fault_of(message):
            await self.handle_invalid_message(fault)
            return
        if message["type"] == "connection_init" and message.get("payload") is None:
            message = {**message, "payload": {}}
        await super().handle_message(message)

    async def handle_subscribe(self, message: Any) -> None:
        name = message["id"]
        if not self.connection_acknowledged:
            await self.websocket.close(4401, "Unauthorized")
        elif name in self.operations:
            await self.websocket.close(4409, f"Subscriber for {name[:60]} already exists")
        elif len(self.operations) >= MOST_OPERATIONS:
            refused = self.problem(SubscriptionLimit(most=MOST_OPERATIONS))
            await self.send_message({"id": name, "type": "error", "payload": [refused.formatted]})
        else:
            operation = self.operations[name] = Running(self, name, message["payload"])
            operation.task = asyncio.create_task(self.run_operation(operation))
            operation.task.add_done_callback(self._task_done)

    async def run_operation(self, operation: Operation[Caller, None]) -> None:
        """Until it has ended, or the socket has."""
        caller = replace(self.context, request_id=uuid4().hex)
        exchange = Exchange(asker_of(caller), "websocket")
        api: Any = self.view
        try:
            request = exchange.request = request_of(cast("Running", operation).payload)
            caller.document = exchange.document = await self.read(request, exchange.asker)
            caller.is_stranger = exchange.asker.is_stranger
            async with api.admission(exchange):
                ending = await self.answer(cast("Running", operation), caller, exchange)
            if ending is not None:
                await self.end(*ending)
        except WebSocketDisconnected:
            exchange.status = exchange.status or CLIENT_LEFT
        except asyncio.CancelledError:
            exchange.status = exchange.status or CLIENT_LEFT
            raise
        except Exception as error:  # of a bug the client must not learn more than that
            await self.break_off(operation, error, caller, exchange)
        finally:
            if api.observe:
                api.observe(exchange)

    async def answer(
        self, operation: Running, caller: Caller, exchange: Exchange
    ) -> tuple[int, str] | None:
        """Send what an operation yields; how to close the socket, if it ended so."""
        assert exchange.request and exchange.document  # noqa: PT018, S101  # they were read
        extensions = exchange.request.extensions
        exchange.plan = "standard"
        stream = await self.schema.stream(
            exchange.document.text,
            variable_values=dict(exchange.request.variables),
            context_value=caller,
            operation_name=exchange.request.name,
            operation_extensions=dict(extensions) if extensions else None,
        )
        async with aclosing(stream):
            async for result in stream:
                assert isinstance(result, ExecutionResult)  # noqa: S101  # no `@defer` here
                if result.errors and result.data is None:
                    note(exchange, result.errors[0])
                    await operation.send_initial_errors(result.errors)
                    return closing(result.errors)
                await operation.send_next(result)
        exchange.status = 200
        await operation.send_operation_message({"id": operation.id, "type": "complete"})
        return None

    async def read(self, request: Request, asker: Asker) -> Document:
        """The document of an operation, within the limits that hold over HTTP. Raises
        PersistedQueryNotFound, OperationTooComplex, GraphQLSyntaxError."""
        documents: Documents = self.view.documents  # type: ignore[attr-defined]
        known = await is_known(self.context.services, asker)
        limits = documents.limits
        most = limits.most_values if known else limits.most_stranger_values
        check_values(request.variables, most, limits.most_nesting)
        document = documents.read(text_of(request), stranger=not known)
        document.cost(request.name, request.variables)
        return document

    async def break_off(
        self,
        operation: Operation[Caller, None],
        error: Exception,
        caller: Caller,
        exchange: Exchange,
    ) -> None:
        """End an operation with the one error that says why it was not executed."""
        if not isinstance(error, GraphQLSyntaxError):
            error = GraphQLError(str(error), original_error=error)
        told = named(error, caller)
        note(exchange, told)
        try:
            await operation.send_initial_errors([told])
        except WebSocketDisconnected:
            return

    async def end(self, code: int, reason: str) -> None:
        """Close the socket, and all that still runs on it before it can say another word."""
        for name in list(self.operations):
            await self.cleanup_operation(name)
        await self.websocket.close(code, reason)

    def problem(self, problem: Problem) -> GraphQLError:
        return named(GraphQLError(str(problem), original_error=problem), self.context)


def asker_of(caller: Caller) -> Asker:
    """Who asks on a socket."""
    agent = caller.user_agent.encode("latin-1", "replace") if caller.user_agent else None
    return Asker(
        caller.token or "", caller.language, agent, caller.address, request_id=caller.request_id
    )


def note(exchange: Exchange, error: GraphQLError) -> None:
    """Note that an operation was refused as a whole, by which error."""
    exchange.code = (error.extensions or {}).get("code")
    exchange.status = status_of(error, GRAPHQL)


def closing(errors: list[GraphQLError]) -> tuple[int, str] | None:
    causes = {type(error.original_error) for error in errors}
    return next((CLOSING[cause] for cause in CLOSING if cause in causes), None)
