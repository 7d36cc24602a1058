"""A case at an edge of the specification, and the functions by which cases are written."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

GRAPHQL, JSON = "application/graphql-response+json", "application/json"
Q = "{ __typename }"
PARSE, VALIDATION, INPUT = "GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED", "BAD_USER_INPUT"
BAD, WHICH = "BAD_REQUEST", "OPERATION_RESOLUTION_FAILURE"
COMPLEX, MISSING, LARGE = "OPERATION_TOO_COMPLEX", "PERSISTED_QUERY_NOT_FOUND", "REQUEST_TOO_LARGE"
PREFLIGHT = {"GraphQL-Require-Preflight": "1"}
URQL = (
    "application/graphql-response+json, application/graphql+json, application/json, "
    "text/event-stream, multipart/mixed"
)
APOLLO = "application/graphql-response+json,application/json;q=0.9"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
HASH = "ecf4edb46db40b5132295c0291d62fb65d6759a9eedfa4d5d612dd5ec54a6b38"
"""The hash of `{__typename}`."""


@dataclass(frozen=True)
class Edge:
    """media: The media type of the answer. allow: The header `Allow`."""

    name: str
    status: int
    code: str | None
    method: str = "POST"
    path: str = "/graphql"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    media: str = JSON
    allow: str | None = None


def post(name: str, status: int, code: str | None, body: Any = None, **more: Any) -> Edge:
    sent = body if isinstance(body, bytes) else orjson.dumps(body or {"query": Q})
    headers = {"Content-Type": JSON, **more.pop("headers", {})}
    return Edge(name, status, code, body=sent, headers=headers, **more)


def get(name: str, status: int, code: str | None, query_string: str, **more: Any) -> Edge:
    headers = more.pop("headers", PREFLIGHT)
    path = f"/graphql?{query_string}"
    return Edge(f"GET {name}", status, code, "GET", path, headers, **more)


def make_apq(digest: Any, version: Any = 1) -> dict[str, Any]:
    return {"persistedQuery": {"version": version, "sha256Hash": digest}}
