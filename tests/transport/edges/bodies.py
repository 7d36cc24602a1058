"""The shape of a request."""
# ruff: noqa: E501  # a table, a case a line

from collections.abc import Iterator, Mapping
from typing import Any

from tests.transport.edges.edge import BAD, GRAPHQL, WHICH, Edge, Q, post

# -- the shape of a request ----------------------------------------------------------------

NO_REQUESTS = (
    b"42", b'"x"', b"null", b"true", b"[]", b'[{"query":"{ __typename }"}]', b"", b" ", b"{", b"nonsense",
    b"{'query':1}", b'{"query":"{ __typename }"}{}', b'{"query":"{ __typename }",}', b"\xff\xfe",
    b'\xef\xbb\xbf{"query":"{ __typename }"}', b'{"query":"\xff"}', b"[" * 2000, b'{"a":' * 2000,
    b'{"query":"{ __typename }","variables":{"n":NaN}}', b'{"query":"\\ud800"}', b"Infinity",
    b'{"query":"{ __typename }","variables":{"n":"\\udfff"}}', b"query={__typename}", b"{ __typename }",
    b'{"query":"{ __typename }\n"}', b'{"query":"a\\x"}', b'{"query":01}',
)  # fmt: skip
WRONG: Mapping[str, tuple[Any, ...]] = {
    "query": (5, True, ["{ __typename }"], {}, 0.5, [], False),
    "variables": ([], 0, False, "", "{}", [1], 1.5, True),
    "operationName": ([], {}, 5, True, ["A"], False, 0),
    "extensions": ("x", 5, [], True, False, 0, ""),
    "documentId": (5, [], {}, True, "", "x" * 201),
}


def list_body_edges() -> Iterator[Edge]:
    for body in NO_REQUESTS:
        yield post(f"body {body[:60]!r}", 400, BAD, body)
    for name, values in WRONG.items():
        for value in values:
            sent = {"query": Q, name: value}
            yield post(f"{name}: {str(value)[:20]!r}", 400, BAD, sent)
            yield post(
                f"{name}: {str(value)[:20]!r}, strict", 400, BAD, sent,
                headers={"Accept": GRAPHQL}, media=GRAPHQL,
            )  # fmt: skip
    for name in ("variables", "operationName", "extensions", "documentId"):
        yield post(f"{name}: null", 200, None, {"query": Q, name: None})
    yield post("no query", 400, WHICH, {"variables": {}})
    yield post("query: null", 400, WHICH, {"query": None})
    yield post("an empty query", 400, WHICH, {"query": ""})
    yield post("more members", 200, None, {"query": Q, "id": 1, "key": [{}]})
    yield post("an empty name", 200, None, {"query": Q, "operationName": ""})
    yield post("a member twice", 200, None, b'{"query":5,"query":"{ __typename }"}')


# -- headers ---------------------------------------------------------------------------------------


def list_header_edges() -> Iterator[Edge]:
    for name, value in {
        "Authorization": "nonsense", "authorization": "Basic YTpi", "AUTHORIZATION": "Bearer",
        "Authorization ": "Bearer  ", "Origin": "null", "Cookie": "a=b", "X-Request-Id": "\x7f",
        "Accept-Encoding": "*;q=0, nonsense", "Accept-Language": "zz;q=x,,", "User-Agent": "é",
        "X-Forwarded-For": "nonsense", "Forwarded": "for=x", "Range": "bytes=0-1", "TE": "trailers",
        "If-None-Match": "*", "Expect": "100-continue", "X-HTTP-Method-Override": "DELETE",
    }.items():  # fmt: skip
        yield post(f"{name}: {value}", 200, None, headers={name.strip(): value})
    yield post("a token of 60 KB", 200, None, headers={"Authorization": "Bearer " + "a" * 60_000})
