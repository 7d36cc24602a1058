"""Reading a request over HTTP: the body of a POST, or the query string of a GET."""

import asyncio
from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl

import orjson
from starlette.types import Receive, Scope

from gql.transport.problems import (
    BadRequest,
    RequestTimeout,
    RequestTooLarge,
    UnsupportedEncoding,
    UnsupportedMediaType,
)

JSON = b"application/json"
UTF8 = (b"utf-8", b"utf8")
SLOWEST_BODY = 30
"""Seconds in which a body must have come. Without it, clients that send slowly would take up all
connections of the server."""
PARAMETERS = frozenset({"query", "operationName", "variables", "extensions", "documentId"})
IN_JSON = ("variables", "extensions")
MOST_PARAMETERS = 50
"""In a query string, ignored ones included."""


class ClientLeft(Exception):
    """The client left before it had sent its request."""


async def read_body(headers: Mapping[bytes, bytes], receive: Receive, most: int) -> bytes:
    """Read a JSON body to its end. Raises UnsupportedMediaType, RequestTooLarge,
    RequestTimeout, and ClientLeft."""
    kind = headers.get(b"content-type", b"")
    if kind != JSON and not is_json(kind):
        raise UnsupportedMediaType
    if b"content-encoding" in headers and headers[b"content-encoding"].lower() != b"identity":
        raise UnsupportedEncoding
    length = headers.get(b"content-length", b"")
    if length.isdigit() and int(length) > most:
        raise RequestTooLarge(most=most)
    message = await receive()
    if message["type"] == "http.disconnect":
        raise ClientLeft
    body: bytes = message.get("body", b"")
    if message.get("more_body"):
        return await read_rest_of_body(body, receive, most)
    return body


def parse_body(body: bytes, most: int) -> Any:
    """Parse the JSON of a body. Raises RequestTooLarge, BadRequest.

    The parser refuses invalid UTF-8, half a surrogate pair, `NaN`, and brackets nested deeper than
    1024.
    """
    if len(body) > most:
        raise RequestTooLarge(most=most)
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        raise BadRequest(expected="JSON in UTF-8") from None


@lru_cache(64)
def is_json(content_type: bytes) -> bool:
    """Whether a `Content-Type` says JSON in UTF-8, in letters of any case."""
    name, *parameters = (part.strip().lower() for part in content_type.split(b";"))
    charsets = [
        value.strip().strip(b'"')
        for key, _, value in (parameter.partition(b"=") for parameter in parameters)
        if key.strip() == b"charset"
    ]
    return name == JSON and all(charset in UTF8 for charset in charsets)


async def read_rest_of_body(begun: bytes, receive: Receive, most: int) -> bytes:
    """Read a body that comes in parts, counting them. Raises RequestTooLarge, RequestTimeout,
    ClientLeft."""
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
        raise RequestTimeout(most=SLOWEST_BODY) from None
    return b"".join(parts)


def has_body(headers: Mapping[bytes, bytes]) -> bool:
    """Whether the headers announce a body."""
    return headers.get(b"content-length", b"0") != b"0" or b"transfer-encoding" in headers


async def read_query_string(
    scope: Scope, receive: Receive, most: int
) -> tuple[dict[str, Any], int]:
    """Return the parameters of a GET in the form of a body, and their size in bytes. A body
    is ignored. Raises RequestTooLarge, BadRequest, ClientLeft."""
    query_string: bytes = scope.get("query_string", b"")
    if len(query_string) > most:
        raise RequestTooLarge(most=most)
    if (await receive())["type"] == "http.disconnect":
        raise ClientLeft
    if query_string.count(b"&") >= MOST_PARAMETERS:
        raise BadRequest(expected=f"at most {MOST_PARAMETERS} parameters")
    try:
        given = parse_qsl(
            query_string.decode(),
            keep_blank_values=True,
            errors="strict",
        )
    except ValueError:
        raise BadRequest(expected="a query string in UTF-8") from None
    sent: dict[str, Any] = {}
    for name, value in given:
        if name not in PARAMETERS or not value:  # `URLSearchParams` writes a missing value as empty
            continue
        if name in sent:
            raise BadRequest(field=name, expected="one value")
        sent[name] = parse_parameter(name, value) if name in IN_JSON else value
    return sent, len(query_string)


def parse_parameter(name: str, value: str) -> Any:
    try:
        return orjson.loads(value)
    except orjson.JSONDecodeError:
        raise BadRequest(field=name, expected="JSON") from None
