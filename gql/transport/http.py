"""GraphQL over HTTP: `POST /graphql`, by the specification of that name.

A request passes these steps in this order, each before the next costs anything: its body is read,
and counted while it is read; it becomes a Request; it is found out who asks; the document is read
within their limits; admission; execution, by a plan where there is one, else by the standard
executor; the response; the observer. `gql.guard.limits` holds the limits.
"""

import asyncio
from collections.abc import Mapping
from os import urandom
from typing import Any

import orjson
from starlette.types import ASGIApp, Receive, Scope, Send
from strawberry.types.graphql import OperationType as Kind

from gql.engine.run import Answer, Asker, Engine, is_known
from gql.errors import retry_after
from gql.guard.documents import Document
from gql.transport.disconnects import PATIENCE, Leaving, look
from gql.transport.exchange import Admission, Exchange, Observer, admit_all
from gql.transport.negotiation import JSON, media_type_of
from gql.transport.problems import (
    BadRequest,
    RequestTooLarge,
    StrangerRequestTooLarge,
    UnsupportedMediaType,
)
from gql.transport.requests import (
    Request,
    check_values,
    language_in,
    request_id_in,
    request_of,
    text_of,
)
from gql.transport.responses import CLIENT_LEFT, refuse, respond, status_of, written

SLOWEST_BODY = 60
"""Seconds in which a body must be here: clients that send nothing must not fill the server."""
KINDS = frozenset({Kind.QUERY, Kind.MUTATION})
PLANS = {kind: (b"gorod-plan", kind.encode()) for kind in ("compiled", "mixed", "standard")}


class ClientLeft(Exception):
    """The client left before it had sent its request."""


class GraphQLOverHTTP:
    """An ASGI application before another, which gets all that is no `POST /graphql`.

    admission: Decides before each execution whether there is room for it.
    observe: Is told of each operation when it is over.
    """

    def __init__(
        self,
        app: ASGIApp,
        engine: Engine,
        *,
        admission: Admission = admit_all,
        observe: Observer | None = None,
    ) -> None:
        self.app, self.engine = app, engine
        self.documents, self.limits = engine.documents, engine.documents.limits
        self.admission, self.observe = admission, observe

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != "/graphql" or scope["method"] != "POST":
            await self.app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        if len(headers) < len(scope["headers"]):
            headers = headers_of(scope)
        exchange = Exchange(asker_of(headers, scope.get("client")))
        media_type = JSON
        watching: list[Leaving] = []
        looking: asyncio.TimerHandle | None = None
        try:
            media_type = media_type_of(headers)
            sent, size = await self.read_body(headers, receive)
            request = exchange.request = request_of(sent)
            document = exchange.document = await self.read_document(exchange.asker, request, size)
            if document.reads and (task := asyncio.current_task()):
                loop = asyncio.get_running_loop()
                looking = loop.call_later(PATIENCE, look, task, receive, watching)
            if self.admission is admit_all:
                answer = await self.execute(exchange.asker, document, request)
            else:
                async with self.admission(exchange):
                    answer = await self.execute(exchange.asker, document, request)
            exchange.plan = answer.kind
            exchange.headers.append(PLANS[answer.kind])
            status = 200
            if answer.refused is not None:
                exchange.code = (answer.refused.extensions or {}).get("code")
                status = status_of(answer.refused, media_type)
            if answer.retry_after is not None:
                exchange.headers.append((b"retry-after", str(answer.retry_after).encode()))
            await respond(send, exchange, media_type, status, answer.body)
        except ClientLeft:
            exchange.status = CLIENT_LEFT
        except asyncio.CancelledError:
            exchange.status = CLIENT_LEFT
            if not (watching and watching[0].has_left):
                raise
        except Exception as failure:
            await refuse(send, exchange, media_type, failure, self.engine.services)
        finally:
            if looking:
                looking.cancel()
            if watching:
                watching[0].forget()
            if self.observe:
                self.observe(exchange)

    async def read_body(self, headers: Mapping[bytes, bytes], receive: Receive) -> tuple[Any, int]:
        """The JSON of the body, and its size in bytes. Raises UnsupportedMediaType,
        RequestTooLarge, BadRequest, and ClientLeft.

        The parser refuses what is no UTF-8, half a surrogate pair, `NaN`, and more than 1024
        brackets inside each other.
        """
        kind = headers.get(b"content-type", b"")
        if kind != JSON.name and kind.partition(b";")[0].strip().lower() != JSON.name:
            raise UnsupportedMediaType
        most, length = self.limits.most_body, headers.get(b"content-length", b"")
        if length.isdigit() and int(length) > most:
            raise RequestTooLarge(most=most)
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientLeft
        body: bytes = message.get("body", b"")
        if message.get("more_body"):
            body = await rest_of_body(body, receive, most)
        if len(body) > most:
            raise RequestTooLarge(most=most)
        try:
            return orjson.loads(body), len(body)
        except orjson.JSONDecodeError:
            raise BadRequest(expected="JSON in UTF-8") from None

    async def read_document(self, asker: Asker, request: Request, size: int) -> Document:
        """The document to run, within the limits of who asks. Raises PersistedQueryNotFound,
        StrangerRequestTooLarge, OperationTooComplex, GraphQLSyntaxError."""
        limits, services = self.limits, self.engine.services
        asker.known = services.sessions.get(asker.token)
        stranger = asker.known is None and not await is_known(services, asker)
        if stranger and size > limits.most_stranger_body:
            raise StrangerRequestTooLarge(most=limits.most_stranger_body)
        if request.variables:
            most = limits.most_stranger_values if stranger else limits.most_values
            check_values(request.variables, most, limits.most_nesting)
        text = request.query if request.document_id is None else text_of(request)
        assert text is not None  # noqa: S101  # a request has one or the other
        return self.documents.read(text, stranger=stranger)

    async def execute(self, asker: Asker, document: Document, request: Request) -> Answer:
        """The answer by a plan where there is one, else that of the standard executor."""
        if asker.token:
            found = await self.engine.answer(
                asker, document.text, request.variables, request.name, document
            )
            if found is not None:
                return found
        return await self.execute_standard(asker, document, request)

    async def execute_standard(self, asker: Asker, document: Document, request: Request) -> Answer:
        """The answer of the standard executor. Raises what `gql.errors.WHICH` names."""
        caller = asker.caller(self.engine.services)
        caller.document = document
        extensions = dict(request.extensions) if request.extensions else None
        result = await self.engine.schema.execute(
            document.text,
            dict(request.variables),
            caller,
            operation_name=request.name,
            allowed_operation_types=KINDS,
            operation_extensions=extensions,
        )
        errors = result.errors or ()
        refused = result.data is None and not any(error.path for error in errors)
        answer: dict[str, Any] = {} if refused else {"data": result.data}
        if errors:
            answer["errors"] = [error.formatted for error in errors]
        if result.extensions:
            answer["extensions"] = result.extensions
        first = errors[0] if refused and errors else None
        return Answer(written(answer), "standard", retry_after(errors), first)


def headers_of(scope: Scope) -> dict[bytes, bytes]:
    """The headers of a request; values of one that is there twice are joined (RFC 9110, 5.3)."""
    headers: dict[bytes, bytes] = {}
    for name, value in scope["headers"]:
        headers[name] = headers[name] + b", " + value if name in headers else value
    return headers


def asker_of(headers: Mapping[bytes, bytes], client: Any) -> Asker:
    """Who asks, as far as the headers tell."""
    scheme, _, token = headers.get(b"authorization", b"").partition(b" ")
    held = token.strip().decode("latin-1") if scheme.lower() == b"bearer" else ""
    return Asker(
        held,
        language_in(headers),
        headers.get(b"user-agent"),
        client[0] if client else None,
        request_id=request_id_in(headers) if b"x-request-id" in headers else urandom(16).hex(),
    )


async def rest_of_body(begun: bytes, receive: Receive, most: int) -> bytes:
    """A body that comes in parts, counted as they come. Raises RequestTooLarge, ClientLeft, and
    BadRequest for one that takes too long."""
    parts, size, more = [begun], len(begun), True
    try:
        async with asyncio.timeout(SLOWEST_BODY):
            while more:
                if size > most:
                    raise RequestTooLarge(most=most)
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise ClientLeft
                parts.append(message.get("body", b""))
                size += len(parts[-1])
                more = message.get("more_body", False)
    except TimeoutError:
        raise BadRequest(expected=f"all of the body within {SLOWEST_BODY} seconds") from None
    return b"".join(parts)
