"""The door: reads what clients send to `/graphql`, refuses what is too much, and has the rest
answered.

A request passes these steps in this order, each before the next costs anything: its body, counted
while it is read; its shape; who asks; its variables; the tokens of its document; one walk through
the document; validation. `gql.guard.limits` holds the limits. Then a plan answers where there is
one, else the standard executor.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

import orjson
from graphql import GraphQLError
from starlette.types import ASGIApp, Receive, Scope, Send
from strawberry.schema.exceptions import InvalidOperationTypeError
from strawberry.types.graphql import OperationType as Kind

from gql.engine.run import Answer, Asker, Engine, is_known
from gql.errors import WHICH, named, retry_after
from gql.guard.documents import Document
from gql.transport.disconnects import PATIENCE, Leaving, look
from gql.transport.requests import (
    BadRequest,
    Request,
    RequestTooLarge,
    UnsupportedMediaType,
    check_values,
    language_in,
    request_of,
)
from gql.transport.responses import fault, refuse, respond, written
from models.problems import Problem, ServiceUnavailable, Unauthenticated
from resolvers.context import Caller, Services

JSON = b"application/json"
SLOWEST_BODY = 60
"""Seconds in which a body must be here: clients that send nothing must not fill the server."""
KINDS = frozenset({Kind.QUERY, Kind.MUTATION})
FOUND = {kind: ((b"gorod-plan", kind.encode()),) for kind in ("compiled", "mixed", "standard")}


class Gone(Exception):
    """The client left before it had sent its request."""


class Door:
    """An ASGI application before another, which gets all that is no `POST /graphql`."""

    def __init__(self, app: ASGIApp, engine: Engine) -> None:
        self.app, self.engine = app, engine
        self.documents, self.limits = engine.documents, engine.documents.limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != "/graphql" or scope["method"] != "POST":
            await self.app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        language = language_in(headers)
        watching: list[Leaving] = []
        looking: asyncio.TimerHandle | None = None
        try:
            sent, size = await self.sent(headers, receive)
            request = request_of(sent)
            scheme, _, token = headers.get(b"authorization", b"").partition(b" ")
            held = token.strip().decode("latin-1") if scheme.lower() == b"bearer" else ""
            client = scope.get("client")
            asker = Asker(held, language, headers.get(b"user-agent"), client[0] if client else None)
            document = await self.document(asker, request, size)
            if document.reads and (task := asyncio.current_task()):
                loop = asyncio.get_running_loop()
                looking = loop.call_later(PATIENCE, look, task, receive, watching)
            asked = (request.query, request.variables, request.name, document)
            found = await self.engine.answer(asker, *asked) if held else None
            found = found or await self.standard(asker, document, request)
            await respond(send, 200, found.body, FOUND[found.kind], found.retry_after)
        except ServiceUnavailable as problem:
            self.engine.services.availability.count_refused()
            await refuse(send, problem, language, problem.retry_after)
        except Problem as problem:
            await refuse(send, problem, language)
        except WHICH as unclear:
            await respond(send, 400, fault(reason_of(unclear), "OPERATION_RESOLUTION_FAILURE"))
        except Gone:
            return
        except asyncio.CancelledError:
            if not (watching and watching[0].has_left):
                raise
        except Exception as failure:  # the document has a syntax error, or it is a bug
            await respond(send, 200, told_of(failure, language, self.engine.services))
        finally:
            if looking:
                looking.cancel()
            if watching:
                watching[0].forget()

    async def sent(self, headers: Mapping[bytes, bytes], receive: Receive) -> tuple[Any, int]:
        """The JSON of the body, and its size in bytes. Raises RequestTooLarge, BadRequest, and Gone
        when its client left.

        The parser refuses what is no UTF-8, half a surrogate pair, `NaN`, and more than 1024
        brackets inside each other.
        """
        kind = headers.get(b"content-type", b"")
        if kind != JSON and kind.partition(b";")[0].strip().lower() != JSON:
            raise UnsupportedMediaType
        most, length = self.limits.most_body, headers.get(b"content-length", b"")
        if length.isdigit() and int(length) > most:
            raise RequestTooLarge(most=most)
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Gone
        body: bytes = message.get("body", b"")
        if message.get("more_body"):
            body = await rest_of_body(body, receive, most)
        if len(body) > most:
            raise RequestTooLarge(most=most)
        try:
            return orjson.loads(body), len(body)
        except orjson.JSONDecodeError:
            raise BadRequest(expected="JSON in UTF-8") from None

    async def document(self, asker: Asker, request: Request, size: int) -> Document:
        """What is asked, within the limits of who asks. Raises Unauthenticated,
        OperationTooComplex, GraphQLSyntaxError."""
        limits, services = self.limits, self.engine.services
        asker.known = services.sessions.get(asker.token)
        stranger = asker.known is None and not await is_known(services, asker)
        if stranger and size > limits.most_stranger_body:
            raise Unauthenticated
        if request.variables:
            most = limits.most_stranger_values if stranger else limits.most_values
            check_values(request.variables, most, limits.most_nesting)
        return self.documents.read(request.query, stranger=stranger)

    async def standard(self, asker: Asker, document: Document, request: Request) -> Answer:
        """The answer of the standard executor."""
        caller = asker.caller(self.engine.services)
        caller.document = document
        extensions = dict(request.extensions) if request.extensions else None
        result = await self.engine.schema.execute(
            request.query,
            dict(request.variables),
            caller,
            operation_name=request.name,
            allowed_operation_types=KINDS,
            operation_extensions=extensions,
        )
        answer: dict[str, Any] = {"data": result.data}
        if result.errors:
            answer["errors"] = [error.formatted for error in result.errors]
        if result.extensions:
            answer["extensions"] = result.extensions
        return Answer(written(answer), "standard", retry_after(result.errors or ()))


async def rest_of_body(begun: bytes, receive: Receive, most: int) -> bytes:
    """A body that comes in parts, counted as they come. Raises RequestTooLarge, Gone, and
    BadRequest for one that takes too long."""
    parts, size, more = [begun], len(begun), True
    try:
        async with asyncio.timeout(SLOWEST_BODY):
            while more:
                if size > most:
                    raise RequestTooLarge(most=most)
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise Gone
                parts.append(message.get("body", b""))
                size += len(parts[-1])
                more = message.get("more_body", False)
    except TimeoutError:
        raise BadRequest(expected=f"all of the body within {SLOWEST_BODY} seconds") from None
    return b"".join(parts)


def told_of(failure: Exception, language: str, services: Services) -> bytes:
    """What a client learns of a syntax error, or of a bug: nothing but an id to find it by."""
    syntax = isinstance(failure, GraphQLError)
    error = failure if syntax else GraphQLError(str(failure), original_error=failure)
    told = named(error, Caller(services=services, language=language))  # type: ignore[arg-type]
    return written({"data": None, "errors": [told.formatted]})


def reason_of(unclear: Exception) -> str:
    """What a request does not say, or says that cannot be done by POST."""
    reason = getattr(unclear, "as_http_error_reason", None)
    if reason is None:
        return "The request has no query."
    return str(reason("POST") if isinstance(unclear, InvalidOperationTypeError) else reason())
