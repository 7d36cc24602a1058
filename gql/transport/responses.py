"""Responses: each is JSON, is not cached, and has the id of its request."""

import json
from collections.abc import Mapping

import orjson
from graphql import GraphQLError, GraphQLSyntaxError
from starlette.types import Send
from strawberry.schema.exceptions import InvalidOperationTypeError

from gql.admission.problems import Overloaded, RateLimited
from gql.errors import UNRESOLVED_ERRORS, add_code, describe_problem, find_retry_after
from gql.transport.compression import LEAST_COMPRESSED, names_encoding, send_compressed
from gql.transport.exchange import Exchange
from gql.transport.headers import HEADERS
from gql.transport.negotiation import GRAPHQL, MediaType
from gql.transport.problems import (
    BadRequest,
    MethodNotAllowed,
    NotAcceptable,
    OperationResolutionFailure,
    RequestTimeout,
    RequestTooLarge,
    UnsupportedMediaType,
)
from gql.transport.whole import WHOLE
from models.problems import Problem, ServiceUnavailable
from resolvers.core.context import Services

STATUS: Mapping[type[Problem], int] = {
    BadRequest: 400,
    OperationResolutionFailure: 400,
    MethodNotAllowed: 405,
    NotAcceptable: 406,
    RequestTimeout: 408,
    UnsupportedMediaType: 415,
    RequestTooLarge: 413,
    RateLimited: 429,
    Overloaded: 503,
}
"""Statuses of refused requests, the same for both media types."""
LIMITED, SHED = "limited", "shed"
"""The reasons of admission to refuse an operation: its budget is spent, or there is no room."""
LONGEST_REASON = 300
"""Characters of a reason. It quotes an operation's name from the client, of any length."""
CLIENT_LEFT = 499
"""The status in records if the client disconnected, as in nginx."""


async def respond(send: Send, exchange: Exchange, status: int, body: bytes) -> None:
    """Send the answer with the headers and extensions of the exchange, compressed if it is long.

    body: A JSON object without extensions.
    """
    body = exchange.with_extensions(body)
    exchange.status, exchange.sent = status, len(body)
    headers = [
        *HEADERS[exchange.media_type],
        (b"content-length", str(len(body)).encode()),
        (b"x-request-id", exchange.asker.request_id.encode()),
        *exchange.headers,
    ]
    start = {"type": "http.response.start", "status": status, "headers": headers, WHOLE: True}
    if len(body) >= LEAST_COMPRESSED and names_encoding(exchange.encodings):
        await send_compressed(send, exchange.encodings, start, body)
        return
    await send(start)
    await send({"type": "http.response.body", "body": body})


async def refuse(send: Send, exchange: Exchange, failure: Exception, services: Services) -> None:
    """Send the error that refuses a whole request: a Problem, or a masked bug."""
    error = error_of(failure, exchange, services)
    exchange.code = (error.extensions or {}).get("code")
    if (seconds := find_retry_after([error])) is not None:
        if isinstance(failure, ServiceUnavailable):
            services.availability.count_refused()
        exchange.headers.append((b"retry-after", str(seconds).encode()))
    if isinstance(failure, MethodNotAllowed):
        exchange.headers.append((b"allow", failure.allow.encode()))
    status = status_of(error, exchange.media_type)
    await respond(send, exchange, status, dump_json({"errors": [error.formatted]}))


def error_of(failure: Exception, exchange: Exchange, services: Services) -> GraphQLError:
    """Return the failure as an error for clients; of a bug it shows the request id only."""
    if isinstance(failure, RateLimited):
        exchange.admission = LIMITED
    elif isinstance(failure, Overloaded):
        exchange.admission = SHED
    if isinstance(failure, Problem):
        return describe_problem(GraphQLError(str(failure)), failure, exchange.asker.language)
    if isinstance(failure, UNRESOLVED_ERRORS):
        error = GraphQLError(reason_of(failure), original_error=failure)
    elif isinstance(failure, GraphQLSyntaxError):
        error = failure
    else:
        error = GraphQLError(str(failure), original_error=failure)
    return add_code(error, exchange.asker.caller(services))


def status_of(error: GraphQLError, media_type: MediaType) -> int:
    """Return the status of an operation that was not executed, by its one error."""
    code = (error.extensions or {}).get("code")
    if code == "INTERNAL_SERVER_ERROR":
        return 500
    if code == "OPERATION_RESOLUTION_FAILURE":
        return 400
    cause = error.original_error
    for kind in type(cause).__mro__:
        if kind in STATUS:
            return STATUS[kind]
    if media_type is GRAPHQL and isinstance(cause, ServiceUnavailable):
        return 503
    return media_type.refused


def reason_of(unclear: Exception) -> str:
    """Explain why a request names no operation, or one that cannot be run over HTTP."""
    reason = getattr(unclear, "as_http_error_reason", None)
    if reason is None:
        return "The request has no query."
    if isinstance(unclear, InvalidOperationTypeError):
        return "Subscriptions go over WebSocket, `graphql-transport-ws`, at the same address."
    told = str(reason())
    return told if len(told) <= LONGEST_REASON else f"{told[:LONGEST_REASON]}…"


def dump_json(answer: object) -> bytes:
    """Return JSON in UTF-8, which people can read in consoles and logs."""
    try:
        return orjson.dumps(answer)
    except TypeError:  # an error quotes half a surrogate pair, which UTF-8 cannot encode
        return json.dumps(answer, separators=(",", ":")).encode()
