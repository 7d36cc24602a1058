"""The middleware of all addresses except the API: headers, compression and masked bugs."""

from collections.abc import Iterable
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette_compress import CompressMiddleware

from gql.logs import log
from gql.transport.bodies import has_body
from gql.transport.compression import LEAST_COMPRESSED
from gql.transport.headers import CLOSING, HEADERS
from gql.transport.lingering import LingeringClose
from gql.transport.negotiation import JSON
from gql.transport.requests import headers_of, language_in, request_id_in

AS_IT_IS = ("/files/", "/docs/", "/schema/")
"""Paths below which nothing is compressed on its way. Uploaded files would lose their
`Content-Length`; the reference is compressed already, each encoding under an ETag of its own."""
SENT = b"content-length"


class ResponseMiddleware:
    """ASGI middleware. Each response gets the id of its request, `nosniff` and `Vary`. No cache
    keeps an error, long texts are compressed, and a bug is answered in JSON."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.compressed = CompressMiddleware(app, minimum_size=LEAST_COMPRESSED)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = headers_of(scope["headers"])
        request_id = request_id_in(headers)
        scope["request_id"] = request_id
        if closes := has_body(headers):
            ends = LingeringClose(receive, send)
            receive, send = ends.receive, ends.send
        reply = ResponseSender(send, request_id, closes=closes)
        app = self.app if scope["path"].startswith(AS_IT_IS) else self.compressed
        try:
            await app(scope, receive, reply)
        except Exception as cause:
            log.error("request failed", request_id=request_id, exc_info=cause)
            if reply.is_begun and not reply.is_ended:
                raise  # the server closes the connection, so the client sees that a part is missing
            if not reply.is_begun:
                await reply.send_internal_error(language_in(headers))


async def reraise(_: Request, bug: Exception) -> Response:
    """Leave a bug to ResponseMiddleware, which knows the request id; Starlette calls this."""
    raise bug


class ResponseSender:
    """An ASGI `send` that adds the headers of every response.

    closes: Whether an error ends the connection, as a body may still be on its way.
    """

    def __init__(self, send: Send, request_id: str, *, closes: bool) -> None:
        self.send, self.request_id, self.closes = send, request_id, closes
        self.is_begun = self.is_ended = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.is_begun = True
            message = {
                **message,
                "headers": self.complete_headers(message["status"], message["headers"]),
            }
        elif message["type"] == "http.response.body":
            self.is_ended = not message.get("more_body", False)
        await self.send(message)

    def complete_headers(self, status: int, headers: Iterable[tuple[bytes, bytes]]) -> list[Any]:
        """Return the headers of a response with those that it lacks."""
        given = [(name.lower(), value) for name, value in headers]
        names = {name for name, _ in given}
        varies = [part for name, value in given if name == b"vary" for part in value.split(b",")]
        known = {part.strip().lower(): part.strip() for part in varies}
        known.setdefault(b"accept-encoding", b"Accept-Encoding")
        known.setdefault(b"origin", b"Origin")
        more = [(b"vary", b", ".join(known.values())), (b"x-request-id", self.request_id.encode())]
        if b"x-content-type-options" not in names:
            more.append((b"x-content-type-options", b"nosniff"))
        if status >= 400:
            if b"cache-control" not in names:
                more.append((b"cache-control", b"no-store"))
            if self.closes and b"connection" not in names:
                more.append(CLOSING)
        return [*(one for one in given if one[0] != b"vary"), *more]

    async def send_internal_error(self, language: str) -> None:
        """Answer a bug with status 500 and the request id, by which the log has the cause."""
        message = "Непредвиденная ошибка." if language == "ru" else "Unexpected error."
        extensions = {"code": "INTERNAL_SERVER_ERROR", "requestId": self.request_id}
        body = orjson.dumps({"errors": [{"message": message, "extensions": extensions}]})
        headers = [*HEADERS[JSON], (SENT, str(len(body)).encode())]
        await self({"type": "http.response.start", "status": 500, "headers": headers})
        await self({"type": "http.response.body", "body": body})
