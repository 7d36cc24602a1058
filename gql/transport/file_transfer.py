"""The bytes of files over HTTP: `PUT` and `GET /files/<token>`, by signed links."""

import asyncio
from collections.abc import Callable, Mapping
from time import perf_counter, time
from urllib.parse import quote

import structlog
from starlette.requests import ClientDisconnect, HTTPConnection, Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Message, Receive, Scope, Send

from gql.observe.record import FILES, OPERATION, OperationRecord, Sink, outcome_of
from gql.transport.browsers import OTHER_METHOD, answer_options, language_of
from gql.transport.disconnects import DisconnectWatches
from gql.transport.responses import CLIENT_LEFT
from models.problems import NotFound, Problem, ServiceUnavailable
from resolvers.core.context import Services
from resolvers.core.request_ids import new_request_id
from resolvers.files import transfer
from resolvers.files.kinds import TypeDiffers
from resolvers.files.links import LinkNotGood
from resolvers.services.outage import FilesUnavailable
from resolvers.services.storage import StorageFull

log = structlog.get_logger("gorod")

STATUSES: Mapping[type[Problem], int] = {
    LinkNotGood: 403,
    NotFound: 404,
    transfer.AlreadyUploaded: 409,
    transfer.TooManyBytes: 413,
    transfer.TooFewBytes: 400,
    TypeDiffers: 400,
    ServiceUnavailable: 503,
    StorageFull: 507,
}
CONTAINED = {
    "Cache-Control": "private, no-store",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""Headers of a download. An uploaded file may contain scripts: a browser saves it and never shows
it as a page of this server."""
METHODS = "GET, HEAD, OPTIONS, PUT"
LINK = "link"
"""The viewer of a transfer."""
LONGEST_LENGTH = 16
"""Digits of a `Content-Length`; a longer one is not counted."""
Language = Callable[[HTTPConnection], str]


class FileTransfer:
    """The ASGI application of `/files/<token>`.

    observe: Called with the record of each transfer when it is over.
    """

    def __init__(
        self, services: Services, language_of: Language, observe: Sink | None = None
    ) -> None:
        self.services, self.language_of, self.observe = services, language_of, observe
        self.departures = DisconnectWatches()
        self.methods = {
            "GET": self.get, "HEAD": self.get, "PUT": self.put, "OPTIONS": answer_file_options,
        }  # fmt: skip

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request, sent = Request(scope, receive), CountingSend(send)
        try:
            await self.answer(request, sent)
        finally:
            if self.observe:
                self.observe(record_of(request, sent))

    async def answer(self, request: Request, send: "CountingSend") -> None:
        """Receive or send a file, or answer with the Problem."""
        try:
            response = await self.methods.get(request.method, refuse_method)(request)
        except ServiceUnavailable as problem:
            self.services.availability.count_refused()
            send.code = problem.code()
            response = problem_response(problem, self.language_of(request))
            response.headers["Retry-After"] = str(problem.retry_after)
        except Problem as problem:
            send.code = problem.code()
            response = problem_response(problem, self.language_of(request))
        except ClientDisconnect:
            return  # the client has left, and nothing was stored
        except Exception as cause:
            send.code = "INTERNAL_SERVER_ERROR"
            response = bug_response(
                cause, self.language_of(request), request.scope.get("request_id")
            )
        try:
            await response(request.scope, request.receive, send)
        except FilesUnavailable:
            return  # the server closes the connection: fewer bytes than `Content-Length` were sent

    async def get(self, request: Request) -> Response:
        leaving = self.departures.watch(request.receive)
        try:
            parcel = await transfer.hand_out(
                self.services, request.path_params["token"], bearer_of(request)
            )
        except asyncio.CancelledError:
            if leaving.has_left:
                raise ClientDisconnect from None
            raise
        finally:
            leaving.forget()
        headers = {
            **CONTAINED,
            "Content-Disposition": content_disposition(parcel.name),
            "Content-Length": str(parcel.size),
            "Content-Type": parcel.media_type,
        }
        return StreamingResponse(parcel.content, headers=headers)

    async def put(self, request: Request) -> Response:
        told = request.headers.get("content-length", "")
        length = int(told) if told.isdecimal() else None
        token = request.path_params["token"]
        await transfer.receive(self.services, token, length, request.stream())
        return Response(status_code=204)


class CountingSend:
    """An ASGI `send` that notes the status and counts the bytes.

    status: 499 if the client left before the response.
    code: Of the error in the response.
    """

    def __init__(self, send: Send) -> None:
        self.send, self.began = send, perf_counter()
        self.status, self.size = CLIENT_LEFT, 0
        self.code: str | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        else:
            self.size += len(message.get("body", b""))
        await self.send(message)


def record_of(request: Request, sent: CountingSend) -> OperationRecord:
    """Return the record of a transfer. It names no person: everybody may use the link."""
    length = request.headers.get("content-length", "")
    kind = request.method if request.method in ("GET", "HEAD", "PUT") else None
    outcome = outcome_of(
        OPERATION, FILES, None, False, kind, None, sent.status, sent.code, LINK, None
    )
    return OperationRecord(
        outcome,
        request.scope.get("request_id") or new_request_id(),
        time(),
        (perf_counter() - sent.began) * 1000,
        received=int(length) if length.isdecimal() and len(length) < LONGEST_LENGTH else 0,
        sent=sent.size,
    )


def bearer_of(request: Request) -> str | None:
    """The access token in the `Authorization` header, if there is one."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


async def answer_file_options(_: Request) -> Response:
    return answer_options(METHODS)


async def refuse_method(request: Request) -> Response:
    message = OTHER_METHOD[language_of(request)]
    error = {"message": message, "extensions": {"code": "BAD_REQUEST"}}
    return JSONResponse({"errors": [error]}, 405, {"Allow": METHODS})


def problem_response(problem: Problem, language: str) -> Response:
    """Return a response in the shape of every error. It closes the connection, so that the server
    need not read the rest of a body."""
    error = {"message": problem.describe(language), "extensions": problem.extensions}
    headers = {"Cache-Control": "no-store", "Connection": "close"}
    status = next(STATUSES[kind] for kind in type(problem).mro() if kind in STATUSES)
    return JSONResponse({"errors": [error]}, status, headers)


def bug_response(cause: Exception, language: str, request_id: str | None) -> Response:
    """Return the response to a bug: the request id, and nothing of the cause."""
    request_id = request_id or new_request_id()
    log.error("transfer failed", request_id=request_id, exc_info=cause)
    message = "Непредвиденная ошибка." if language == "ru" else "Unexpected error."
    extensions = {"code": "INTERNAL_SERVER_ERROR", "requestId": request_id}
    return JSONResponse({"errors": [{"message": message, "extensions": extensions}]}, 500)


def content_disposition(name: str) -> str:
    """Return a `Content-Disposition` that saves a file under its name (RFC 6266, RFC 5987)."""
    plain = "".join(c if (c.isascii() and c.isalnum()) or c in "._- " else "_" for c in name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def routes(services: Services, language_of: Language, observe: Sink | None = None) -> list[Route]:
    return [Route("/files/{token}", FileTransfer(services, language_of, observe))]
