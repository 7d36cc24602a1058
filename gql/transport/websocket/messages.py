"""Messages of the protocol `graphql-transport-ws`, and the codes that end a connection.

The protocol is specified at https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md
"""

import json
from collections.abc import Mapping
from enum import IntEnum
from typing import Any, NoReturn

import orjson

from gql.transport.responses import dump_json

PROTOCOL = "graphql-transport-ws"
LONGEST_REASON = 120
"""Bytes of a reason; RFC 6455 allows 123."""


RESTART = "gorod.restart"
"""A key of `websocket.disconnect`: the server stops, and the connection is still open."""


class Code(IntEnum):
    """The close code of a connection. The client `graphql-ws` reconnects after 1012, 1013, 4403 and
    4408, and gives up after the others."""

    SERVICE_RESTART = 1012
    TRY_AGAIN_LATER = 1013
    BAD_REQUEST = 4400
    UNAUTHORIZED = 4401
    FORBIDDEN = 4403
    SUBPROTOCOL_NOT_ACCEPTABLE = 4406
    INITIALISATION_TIMEOUT = 4408
    SUBSCRIBER_EXISTS = 4409
    TOO_MANY_REQUESTS = 4429


class Closing(Exception):
    """The connection must be closed, with this code and reason."""

    def __init__(self, code: Code, reason: str) -> None:
        super().__init__(code, reason)
        self.code, self.reason = code, reason


NULLABLE_OBJECT = (dict, type(None))
NULLABLE_STRING = (str, type(None))
SHAPES: Mapping[str, Mapping[str, tuple[type, ...]]] = {
    "connection_init": {"payload": NULLABLE_OBJECT},
    "ping": {"payload": NULLABLE_OBJECT},
    "pong": {"payload": NULLABLE_OBJECT},
    "subscribe": {"id": (str,), "payload": (dict,)},
    "complete": {"id": (str,)},
}
"""The members of each message that a client may send, and their types."""
SUBSCRIBE_PAYLOAD: Mapping[str, tuple[type, ...]] = {
    "query": NULLABLE_STRING,
    "operationName": NULLABLE_STRING,
    "variables": NULLABLE_OBJECT,
    "extensions": NULLABLE_OBJECT,
}


def size_of(frame: Mapping[str, Any]) -> int:
    """Return the size of a frame in bytes."""
    text: str | None = frame.get("text")
    if text is None:
        return len(frame.get("bytes") or b"")
    return len(text) if text.isascii() else len(text.encode())


def message_of(frame: Mapping[str, Any]) -> dict[str, Any]:
    """Return the message in a received frame. Raises Closing for an invalid one."""
    text = frame.get("text")
    if text is None:
        raise Closing(Code.BAD_REQUEST, "A message is a text frame")
    try:
        message = parse_json(text)
    except (ValueError, RecursionError):
        raise Closing(Code.BAD_REQUEST, "A message is JSON") from None
    if not isinstance(message, dict) or not isinstance(kind := message.get("type"), str):
        raise Closing(Code.BAD_REQUEST, "A message is an object with a type")
    if kind not in SHAPES:
        raise Closing(Code.BAD_REQUEST, "Unknown type of message")
    if not fits(message, SHAPES[kind]) or message.get("id") == "":
        raise Closing(Code.BAD_REQUEST, f"Not a message of type {kind}")
    if kind == "subscribe" and not is_operation(message["payload"]):
        raise Closing(Code.BAD_REQUEST, "Not the payload of an operation")
    return message


def parse_json(text: str) -> Any:
    """Parse the JSON in a text. Raises ValueError, RecursionError.

    The faster parser refuses half a surrogate pair, which JSON may contain. The second one accepts
    it, so that the operation is refused and not the connection closed.
    """
    try:
        return orjson.loads(text)
    except ValueError:
        return json.loads(text, parse_constant=refuse_constant)


def refuse_constant(name: str) -> NoReturn:
    """Refuse `NaN` and `Infinity`, which are no JSON."""
    raise ValueError(name)


def fits(given: Mapping[str, Any], shape: Mapping[str, tuple[type, ...]]) -> bool:
    return all(isinstance(given.get(name), types) for name, types in shape.items())


def is_operation(payload: Mapping[str, Any]) -> bool:
    """Whether a payload names an operation, by its document or by the id of a stored one. Other
    errors refuse the operation later, and do not close the connection."""
    return fits(payload, SUBSCRIBE_PAYLOAD) and (
        "query" in payload
        or "documentId" in payload
        or "persistedQuery" in (payload.get("extensions") or {})
    )


def message(kind: str, id: str, payload: bytes | None = None) -> bytes:
    """Return a message to the client about an operation.

    payload: In JSON.
    """
    head = b'{"id":%b,"type":"%b"' % (dump_json(id), kind.encode())
    return head + (b',"payload":%b}' % payload if payload is not None else b"}")


def reason_of(reason: str) -> str:
    """Cut a reason so that it fits into a close frame and stays valid UTF-8."""
    return reason.encode("utf-8", "replace")[:LONGEST_REASON].decode("utf-8", "ignore")
