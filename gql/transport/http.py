"""GraphQL over HTTP: `POST` and `GET /graphql`, by the specification of that name.

A request passes these steps in order, the cheap ones first: the media type is negotiated; the body
or query string is read and counted; it becomes a Request; the client is identified; the document is
read within the client's limits; admission; execution, by a plan if there is one, else by the
standard executor; the response; the observer. `gql.guard.limits` holds the limits.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

from graphql import DocumentNode, OperationDefinitionNode, OperationType
from starlette.types import ASGIApp, Receive, Scope, Send

from gql.engine.answer import Answer
from gql.engine.asker import Asker
from gql.engine.run import Engine
from gql.transport.bodies import ClientLeft, has_body, parse_body, read_body, read_query_string
from gql.transport.browsers import answer_options, redirect
from gql.transport.disconnects import DisconnectWatches
from gql.transport.exchange import Admission, Exchange, Observer, admit_all
from gql.transport.execution import Executor
from gql.transport.headers import CLOSING
from gql.transport.lingering import LingeringClose
from gql.transport.negotiation import media_type_of
from gql.transport.problems import MethodNotAllowed, PreflightRequired
from gql.transport.requests import (
    Request,
    bearer_in,
    headers_of,
    language_in,
    request_id_in,
    request_of,
)
from gql.transport.responses import CLIENT_LEFT, refuse, respond, status_of
from resolvers.core.request_ids import new_request_id

ENDPOINT = "/graphql"
READING = ("GET", "HEAD")
METHODS = "GET, HEAD, OPTIONS, POST"
PLANS = {
    kind: (b"gorod-plan", kind.encode()) for kind in ("compiled", "command", "mixed", "standard")
}
FORCING_PREFLIGHT = frozenset(
    {b"authorization", b"graphql-require-preflight", b"apollo-require-preflight",
     b"x-apollo-operation-name"}
)  # fmt: skip
"""Headers that a web page of another origin cannot send without a CORS preflight."""


class GraphQLOverHTTP:
    """ASGI middleware that answers HTTP requests to `/graphql` and passes on all others.

    console: Whether browsers that open the address are redirected to GraphiQL.
    admission: Decides before each execution whether there is room for it.
    observe: Called with the exchange of each operation when it is over.
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
        self.executor, self.limits = Executor(engine), engine.documents.limits
        self.admission, self.observe = admission, observe
        self.departures, self.running = DisconnectWatches(), 0
        """How many requests are being answered."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != ENDPOINT:
            await self.app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        if len(headers) < len(scope["headers"]):
            headers = headers_of(scope["headers"])
        if self.console and is_browser(scope, headers):
            await lead_to_console(scope, receive, send)
            return
        if scope["method"] == "OPTIONS":
            await answer_options(METHODS, request_id_in(headers))(scope, receive, send)
            return
        asker = asker_of(headers, scope.get("client"))
        exchange = Exchange(
            asker,
            encodings=headers.get(b"accept-encoding", b""),
            traceparent=headers.get(b"traceparent"),
        )
        self.running += 1
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
                send = LingeringClose(receive, send).send
            await refuse(send, exchange, failure, self.engine.services)
        finally:
            self.running -= 1
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
        """Read a request, execute it and send the answer. Raises the Problem that refuses the whole
        request."""
        method = scope["method"]
        if method != "POST" and method not in READING:
            raise MethodNotAllowed(METHODS)
        exchange.media_type = media_type_of(headers)
        if method == "POST":
            body = await read_body(headers, receive, self.limits.most_body)
            exchange.is_read, exchange.received = True, (size := len(body))
            sent = parse_body(body, self.limits.most_body)
        else:
            sent, size = await read_query_string(scope, receive, self.limits.most_body)
            exchange.is_read, exchange.received = True, size
        request = exchange.request = request_of(sent)
        if method != "POST" and FORCING_PREFLIGHT.isdisjoint(headers):
            exchange.is_simple = True
            if request.query is not None:
                raise PreflightRequired
        answer = await self.run(exchange, request, size, method, receive)
        exchange.plan, exchange.code = answer.kind, answer.code
        exchange.headers.append(PLANS[answer.kind])
        status = 200
        if answer.refused is not None:
            status = status_of(answer.refused, exchange.media_type)
        if answer.retry_after is not None:
            exchange.headers.append((b"retry-after", str(answer.retry_after).encode()))
        await respond(send, exchange, status, answer.body)

    async def run(
        self, exchange: Exchange, request: Request, size: int, method: str, receive: Receive
    ) -> Answer:
        """Answer a request that was read. Raises the Problem that refuses the whole request, and
        ClientLeft, with its SQL cancelled, if the client disconnects. A mutation that has begun
        runs to its end: a client could not find out how much of it had happened."""
        leaving = self.departures.watch(receive)
        try:
            document, exchange.cost = await self.executor.read_document(
                exchange.asker, request, size
            )
            exchange.document = document
            if exchange.is_simple and not document.is_trusted:
                raise PreflightRequired
            if method != "POST":
                check_reads_only(document.node, request.name)
            if self.admission is admit_all:
                if not document.reads:
                    leaving.forget()
                return await self.executor.execute(exchange.asker, document, request)
            async with self.admission(exchange):
                if not document.reads:
                    leaving.forget()
                return await self.executor.execute(exchange.asker, document, request)
        except asyncio.CancelledError:
            if leaving.has_left:
                raise ClientLeft from None
            raise
        finally:
            leaving.forget()


def asker_of(headers: Mapping[bytes, bytes], client: Any) -> Asker:
    """Return the client, as far as the headers describe it."""
    return Asker(
        bearer_in(headers),
        language_in(headers),
        headers.get(b"user-agent"),
        client[0] if client else None,
        request_id=request_id_in(headers) if b"x-request-id" in headers else new_request_id(),
    )


def check_reads_only(node: DocumentNode, name: str | None) -> None:
    """Raise MethodNotAllowed if the operation to run is a mutation: browsers and proxies may repeat
    a GET (RFC 9110, 9.2.1)."""
    operations = [one for one in node.definitions if isinstance(one, OperationDefinitionNode)]
    for one in operations:
        is_meant = len(operations) == 1 if name is None else one.name and one.name.value == name
        if one.operation is OperationType.MUTATION and is_meant:
            raise MethodNotAllowed("POST")


def is_browser(scope: Scope, headers: Mapping[bytes, bytes]) -> bool:
    """Whether somebody opens the address in a browser."""
    return scope["method"] == "GET" and b"text/html" in headers.get(b"accept", b"")


async def lead_to_console(scope: Scope, receive: Receive, send: Send) -> None:
    """Redirect a browser from the address of the API to GraphiQL."""
    root = str(scope.get("root_path", "")).rstrip("/")
    headers = {"Cache-Control": "no-store", "Vary": "Accept"}
    await redirect(f"{root}/graphiql", 303, headers)(scope, receive, send)
