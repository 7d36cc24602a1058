"""Replies over HTTP: all are JSON, none is kept by a cache."""

import json
from collections.abc import Iterable, Mapping

import orjson
from graphql import GraphQLError
from starlette.types import Send

from gql.errors import told
from gql.transport.requests import (
    BadRequest,
    OperationResolutionFailure,
    RequestTooLarge,
    UnsupportedMediaType,
)
from models.problems import Problem

HEADERS = (
    (b"content-type", b"application/json"),
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
)
NAMES = {name.decode(): value.decode() for name, value in HEADERS}
CLOSING = (b"connection", b"close")
"""What is still on its way of a body is not read."""
STATUS: Mapping[type[Problem], int] = {
    BadRequest: 400,
    OperationResolutionFailure: 400,
    UnsupportedMediaType: 415,
    RequestTooLarge: 413,
}
"""All other refusals answer a request that was understood: 200, as `application/json` wants."""


async def respond(
    send: Send,
    status: int,
    body: bytes,
    more: Iterable[tuple[bytes, bytes]] = (),
    retry_after: int | None = None,
) -> None:
    """more: Headers. retry_after: Seconds after which it may be sent again."""
    headers = [*HEADERS, (b"content-length", str(len(body)).encode()), *more]
    if retry_after is not None:
        headers.append((b"retry-after", str(retry_after).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def refuse(
    send: Send, problem: Problem, language: str, retry_after: int | None = None
) -> None:
    """Refuse a request as a whole."""
    status = STATUS.get(type(problem), 200)
    error = told(GraphQLError(str(problem)), problem, language)
    more = [CLOSING] if status in (413, 415) else []
    await respond(send, status, orjson.dumps({"errors": [error.formatted]}), more, retry_after)


def fault(message: str, code: str) -> bytes:
    """An error in the shape of every other."""
    return orjson.dumps({"errors": [{"message": message, "extensions": {"code": code}}]})


def written(answer: object) -> bytes:
    """JSON in UTF-8, for people read it in consoles and logs."""
    try:
        return orjson.dumps(answer)
    except TypeError:  # half a character of the request, quoted in an error: no UTF-8 can hold it
        return json.dumps(answer, separators=(",", ":")).encode()
