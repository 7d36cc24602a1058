"""GraphQL over HTTP: `POST` and `GET /graphql`, by the specification of that name.

A request passes these steps in this order, each before the next costs anything: negotiation of the
media type; its body or query string is read, and counted while it is read; it becomes a Request; it
is found out who asks; the document is read within their limits; admission; execution, by a plan
where there is one, else by the standard executor; the response; the observer. `gql.guard.limits`
holds the limits.
"""

import asyncio
from collections.abc import Mapping
from os import urandom
from typing import Any

from graphql import DocumentNode, OperationDefinitionNode, OperationType
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from strawberry.types.graphql import OperationType as Kind

from gql.engine.run import Answer, Asker, Engine, is_known
from gql.errors import retry_after
from gql.guard.documents import Document
from gql.transport.bodies import ClientLeft, has_body, read_body, read_query_string
from gql.transport.disconnects import PATIENCE, Leaving, look
from gql.transport.exchange import Admission, Exchange, Observer, admit_all
from gql.transport.negotiation import media_type_of
from gql.transport.problems import MethodNotAllowed, PreflightRequired, StrangerRequestTooLarge
from gql.transport.requests import (
    Request,
    check_values,
    language_in,
    request_id_in,
    request_of,
    text_of,
)
from gql.transport.responses import CLIENT_LEFT, CLOSING, refuse, respond, status_of, written

ENDPOINT = "/graphql"
READING = ("GET", "HEAD")
METHODS = "GET, HEAD, POST"
KINDS = frozenset({Kind.QUERY, Kind.MUTATION})
PLANS = {kind: (b"gorod-plan", kind.encode()) for kind in ("compiled", "mixed", "standard")}
FORCING_PREFLIGHT = frozenset(
    {b"authorization", b"graphql-require-preflight", b"apollo-require-preflight",
     b"x-apollo-operation-name"}
)  # fmt: skip
"""Headers that a web page of another origin cannot send before its browser has asked us."""


class GraphQLOverHTTP:
    """An ASGI application before another, which gets all but HTTP requests to `/graphql`.

    console: Whether browsers that open the address are led to GraphiQL.
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
        console: bool = False,
    ) -> None:
        self.app, self.engine, self.console = app, engine, console
        self.documents, self.limits = engine.documents, engine.documents.limits
        self.admission, self.observe = admission, observe

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != ENDPOINT:
            await self.app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        if len(headers) < len(scope["headers"]):
            headers = headers_of(scope)
        if self.console and is_browser(scope, headers):
            await lead_to_console(scope, receive, send)
            return
        asker = asker_of(headers, scope.get("client"))
        exchange = Exchange(asker, encodings=headers.get(b"accept-encoding", b""))
        try:
            await self.answer(scope, headers, receive, send, exchange)
        except ClientLeft:
            exchange.status = CLIENT_LEFT
        except asyncio.CancelledError:
            exchange.status = CLIENT_LEFT
            raise
        except Exception as failure:
            if not exchange.is_read and has_body(headers):
                exchange.headers.append(CLOSING)
            await refuse(send, exchange, failure, self.engine.services)
        finally:
            if self.observe:
                self.observe(exchange)

    async def answer(
        self,
        scope: Scope,
        headers: Mapping[bytes, bytes],
        receive: Receive,
        send: Send,
        exchange: Exchange,
    ) -> None:
        """Read a request, execute it and send the answer. Raises what refuses it as a whole."""
        method = scope["method"]
        if method != "POST" and method not in READING:
            raise MethodNotAllowed(METHODS)
        exchange.media_type = media_type_of(headers)
        if method == "POST":
            sent, size = await read_body(headers, receive, self.limits.most_body)
        else:
            sent, size = await read_query_string(scope, receive, self.limits.most_body)
        exchange.is_read = True
        request = exchange.request = request_of(sent)
        if method != "POST" and FORCING_PREFLIGHT.isdisjoint(headers):
            exchange.is_simple = True
            if request.query is not None:
                raise PreflightRequired
        exchange.document = await self.read_document(exchange.asker, request, size)
        if method != "POST":
            check_reads(exchange.document.node, request.name)
        answer = await self.run(exchange, receive)
        exchange.plan = answer.kind
        exchange.headers.append(PLANS[answer.kind])
        status = 200
        if answer.refused is not None:
            exchange.code = (answer.refused.extensions or {}).get("code")
            status = status_of(answer.refused, exchange.media_type)
        if answer.retry_after is not None:
            exchange.headers.append((b"retry-after", str(answer.retry_after).encode()))
        await respond(send, exchange, status, answer.body)

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
        document = self.documents.read(text, stranger=stranger)
        document.cost(request.name, request.variables)
        return document

    async def run(self, exchange: Exchange, receive: Receive) -> Answer:
        """The answer to an operation that is admitted. Raises ClientLeft, with its SQL cancelled,
        if the client of one that only reads leaves."""
        request, document = exchange.request, exchange.document
        assert request is not None and document is not None  # noqa: PT018, S101  # they were read
        watching: list[Leaving] = []
        looking: asyncio.TimerHandle | None = None
        if document.reads and (task := asyncio.current_task()):
            loop = asyncio.get_running_loop()
            looking = loop.call_later(PATIENCE, look, task, receive, watching)
        try:
            if self.admission is admit_all:
                return await self.execute(exchange.asker, document, request)
            async with self.admission(exchange):
                return await self.execute(exchange.asker, document, request)
        except asyncio.CancelledError:
            if watching and watching[0].has_left:
                raise ClientLeft from None
            raise
        finally:
            if looking:
                looking.cancel()
            if watching:
                watching[0].forget()

    async def execute(self, asker: Asker, document: Document, request: Request) -> Answer:
        """The answer by a plan where there is one, else that of the standard executor."""
        if asker.token:
            text, variables, name = document.text, request.variables, request.name
            found = await self.engine.answer(asker, text, variables, name, document)
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


def check_reads(node: DocumentNode, name: str | None) -> None:
    """Raises MethodNotAllowed if the operation to run changes something: a GET never does, for
    browsers and proxies repeat it as they like (RFC 9110, 9.2.1)."""
    operations = [one for one in node.definitions if isinstance(one, OperationDefinitionNode)]
    for one in operations:
        named = one.name.value if one.name else None
        if one.operation is OperationType.MUTATION and name in (None, named):
            raise MethodNotAllowed("POST")


def is_browser(scope: Scope, headers: Mapping[bytes, bytes]) -> bool:
    """Whether somebody opens the address in a browser."""
    return scope["method"] == "GET" and b"text/html" in headers.get(b"accept", b"")


async def lead_to_console(scope: Scope, receive: Receive, send: Send) -> None:
    """Lead a browser from the address of the API to GraphiQL."""
    root = str(scope.get("root_path", "")).rstrip("/")
    headers = {"Cache-Control": "no-store", "Vary": "Accept"}
    await RedirectResponse(f"{root}/graphiql", 303, headers)(scope, receive, send)
