"""The headers of every response, and the shape of an error."""

import orjson

from gql.transport.negotiation import GRAPHQL, JSON
from resolvers.core.request_ids import new_request_id

VARY = b"Accept, Accept-Encoding, Accept-Language, Authorization, Origin"
COMMON = (
    (b"cache-control", b"no-store"),
    (b"vary", VARY),
    (b"x-content-type-options", b"nosniff"),
)
HEADERS = {
    media_type: ((b"content-type", media_type.name), *COMMON) for media_type in (JSON, GRAPHQL)
}
NAMES = {name.decode(): value.decode() for name, value in HEADERS[JSON]}
CLOSING = (b"connection", b"close")
"""Of a response to a request whose body was not read."""


def closing_response(status: bytes, message: str, code: str, *more: tuple[bytes, bytes]) -> bytes:
    """Return a whole HTTP response in place of the application's; the connection is closed after.

    status: The status line.
    more: Other headers.
    """
    body = error_body(message, code)
    headers = [
        *HEADERS[JSON],
        CLOSING,
        (b"content-length", b"%d" % len(body)),
        (b"x-request-id", new_request_id().encode()),
        *more,
    ]
    return b"".join((status, *(b"%b: %b\r\n" % one for one in headers), b"\r\n", body))


def error_body(message: str, code: str) -> bytes:
    """Return the JSON of an error in the shape of every other."""
    return orjson.dumps({"errors": [{"message": message, "extensions": {"code": code}}]})
