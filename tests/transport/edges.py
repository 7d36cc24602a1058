"""What clients send to the API over HTTP at the edges of the specification, and what they get.

Each case is a request, the status that answers it, and the code of its error; None where there is
none. A request is a `POST` of `{"query": "{ __typename }"}` as JSON, except for what a case says.
"""
# ruff: noqa: E501  # a table, a case a line

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

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
"""Of `{__typename}`."""


@dataclass(frozen=True)
class Edge:
    """media: The type of the answer. allow: The header of that name."""

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


# -- the media type of answers -----------------------------------------------------------

ACCEPTED: Mapping[str, str] = {
    JSON: JSON, GRAPHQL: GRAPHQL, "*/*": JSON, "application/*": JSON, "": JSON,
    GRAPHQL.upper(): GRAPHQL, JSON.title(): JSON, f"{JSON}; charset=utf-8": JSON,
    f"{GRAPHQL};charset=UTF-8": GRAPHQL, f'{GRAPHQL}; charset="utf-8"': GRAPHQL,
    f"{JSON}, {GRAPHQL}": GRAPHQL, f"{GRAPHQL}, {JSON}": GRAPHQL, URQL: GRAPHQL, APOLLO: GRAPHQL,
    f"{JSON};q=0.9, {GRAPHQL};q=0.8": JSON, f"{JSON};q=0.8, {GRAPHQL};q=0.9": GRAPHQL,
    f"{JSON}; q=1.0, {GRAPHQL}; q=1.0": GRAPHQL, f"{GRAPHQL};q=0, {JSON}": JSON,
    f"{GRAPHQL};q=0, */*": JSON, f"{JSON};q=0, */*": GRAPHQL, f"{GRAPHQL};q=0.1, */*;q=0.9": JSON,
    f"*/*, {GRAPHQL}": GRAPHQL, f"application/*;q=0.5, {GRAPHQL};q=0.4": JSON,
    "text/html, */*;q=0.1": JSON, "text/event-stream, */*": JSON, BROWSER: JSON,
    f"text/html, {JSON};q=0.2": JSON, f" {JSON} ,, ": JSON, f"{JSON};Q=0.5": JSON,
    f"{GRAPHQL};q=0.001": GRAPHQL, f"multipart/mixed;subscriptionSpec=1.0, {JSON}": JSON,
    f"{JSON};version=2": JSON,
}  # fmt: skip
NOT_ACCEPTED = (
    "text/html", "image/png", "text/event-stream", "text/*", "application/xml", "application/jsonx",
    f"{JSON};q=0", f"{GRAPHQL};q=0", "*/*;q=0", f"{JSON};charset=iso-8859-1", f"{JSON};q=nonsense",
    "nonsense", f"{JSON};q=2", f"{JSON};q=-1", "application/graphql-response", ",", "multipart/mixed",
)  # fmt: skip


def accepting() -> Iterator[Edge]:
    for accept, media in ACCEPTED.items():
        yield post(f"accept {accept}", 200, None, headers={"Accept": accept}, media=media)
    for accept in NOT_ACCEPTED:
        yield post(f"accept {accept}", 406, BAD, headers={"Accept": accept})


# -- the media type of requests ------------------------------------------------------------

TYPES = (
    JSON, "APPLICATION/JSON", "Application/Json; Charset=UTF-8", "application/json;charset=utf8",
    'application/json; charset="utf-8"', "application/json ; charset=UTF8", "application/json;",
    "application/json; version=1",
)  # fmt: skip
OTHER_TYPES = (
    "text/plain", "text/plain; application/json", "application/x-www-form-urlencoded",
    "application/graphql", GRAPHQL, "xapplication/jsonx", "application/jsonx", "application/json-patch+json",
    "application/json, application/json", "multipart/form-data; boundary=x", "", "json", "text/json",
    "application/json; charset=iso-8859-1", "application/json; charset=utf-16", "application/json; charset=",
    "application/json; charset=utf-8; charset=latin-1", "*/*", "application/ json",
)  # fmt: skip


def typed() -> Iterator[Edge]:
    for kind in TYPES:
        yield post(f"type {kind}", 200, None, headers={"Content-Type": kind})
    for kind in OTHER_TYPES:
        yield post(f"type {kind}", 415, BAD, headers={"Content-Type": kind})
        strict = {"Content-Type": kind, "Accept": GRAPHQL}
        yield post(f"type {kind}, strict", 415, BAD, headers=strict, media=GRAPHQL)
    yield Edge("no type", 415, BAD, body=b'{"query":"{ __typename }"}')
    for packed in ("gzip", "br", "deflate, gzip"):
        yield post(f"a body in {packed}", 415, BAD, headers={"Content-Encoding": packed})
    yield post("an identical body", 200, None, headers={"Content-Encoding": "identity"})


# -- methods --------------------------------------------------------------------------------


def methods() -> Iterator[Edge]:
    for method in ("PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY", "PROPFIND"):
        yield Edge(f"{method}", 405, BAD, method, allow="GET, HEAD, POST")
        yield Edge(
            f"{method} with a body", 405, BAD, method, headers={"Content-Type": JSON},
            body=b'{"query":"{ __typename }"}', allow="GET, HEAD, POST",
        )  # fmt: skip
    for path in (
        "/nothing",
        "/graphql/",
        "/graphql/x",
        "/GraphQL",
        "/graphql%2F",
        "/.env",
    ):
        yield post(f"POST {path}", 404, "NOT_FOUND", path=path)
        yield Edge(f"GET {path}", 404, "NOT_FOUND", "GET", path)
    yield Edge("POST to the console", 405, BAD, "POST", "/graphiql", body=b"{}", allow="GET, HEAD")
    yield Edge("DELETE of the start page", 405, BAD, "DELETE", "/", allow="GET, HEAD")
    yield Edge("POST to a file", 405, BAD, "POST", "/files/x", allow="GET, HEAD, PUT")
    yield Edge("a file by a link that is none", 403, "LINK_NOT_GOOD", "GET", "/files/x")


def gets() -> Iterator[Edge]:
    q = quote(Q)
    yield get("a query", 200, None, f"query={q}")
    for header in (
        "Apollo-Require-Preflight",
        "X-Apollo-Operation-Name",
        "GRAPHQL-REQUIRE-PREFLIGHT",
    ):
        yield get(f"with {header}", 200, None, f"query={q}", headers={header: "x"})
    yield get(
        "with an empty header", 200, None, f"query={q}", headers={"GraphQL-Require-Preflight": ""}
    )
    two = quote("mutation A { signOut { signedOut } } query B { __typename }")
    yield get("one of two, and none is named", 400, WHICH, f"query={two}")
    yield get("the one of two that reads", 200, None, f"query={two}&operationName=B")
    yield get("60 parameters", 400, BAD, f"query={q}" + "&a=1" * 60)
    yield get("spaces as plus", 200, None, "query={+__typename+}")
    strict = {**PREFLIGHT, "Accept": GRAPHQL}
    yield get("strict", 200, None, f"query={q}", headers=strict, media=GRAPHQL)
    yield get(
        "nothing acceptable", 406, BAD, f"query={q}", headers={**PREFLIGHT, "Accept": "text/html"}
    )
    mutation = quote("mutation { signOut { userErrors { message } } }")
    yield get("a mutation", 405, BAD, f"query={mutation}", allow="POST")
    yield get("mutation { __typename }", 405, BAD, "query=mutation{__typename}", allow="POST")
    both = quote("query A { __typename } mutation B { __typename }")
    yield get("the mutation of two", 405, BAD, f"query={both}&operationName=B", allow="POST")
    yield get("the query of two", 200, None, f"query={both}&operationName=A")
    yield get(
        "a mutation, strict",
        405,
        BAD,
        f"query={mutation}",
        headers=strict,
        media=GRAPHQL,
        allow="POST",
    )
    yield get(
        "a subscription",
        400,
        WHICH,
        f"query={quote('subscription { noticeEvents { __typename } }')}",
    )
    yield get("nothing", 400, WHICH, "")
    yield get("an empty query", 400, WHICH, "query=")
    yield get("variables that are no JSON", 400, BAD, f"query={q}&variables={{a")
    for value in ("[]", "0", "false", '"x"', "{a:1}", "NaN", '{"a":NaN}', '{"a":"\\ud800"}'):
        yield get(f"variables {value}", 400, BAD, f"query={q}&variables={quote(value)}")
    for value in ("", "null", "{}", '{"unused":1}'):
        yield get(f"variables {value}", 200, None, f"query={q}&variables={quote(value)}")
    for value in ("[]", "1", '"x"', "{", "true"):
        yield get(f"extensions {value}", 400, BAD, f"query={q}&extensions={quote(value)}")
    yield get("an empty name", 200, None, f"query={q}&operationName=")
    yield get("an unknown name", 400, WHICH, f"query={q}&operationName=A")
    yield get("two queries", 400, BAD, f"query={q}&query={q}")
    yield get("half a character", 400, BAD, "query=%ED%A0%80")
    yield get("no UTF-8", 400, BAD, "query=%FF")
    yield get("NUL", 200, PARSE, "query={__typename}%00")
    yield get("unknown parameters", 200, None, f"query={q}&utm=1")
    yield get("a hundred parameters", 400, BAD, "&".join(["a=1"] * 100) + f"&query={q}")
    yield get("a syntax error", 200, PARSE, "query={")
    yield get("a syntax error, strict", 400, PARSE, "query={", headers=strict, media=GRAPHQL)
    yield get("a hash", 200, MISSING, "extensions=" + quote(orjson.dumps(apq(HASH[::-1])).decode()))
    yield get("an id", 200, MISSING, f"documentId=sha256:{HASH[::-1]}")
    yield get("an id of a page elsewhere", 200, MISSING, f"documentId={HASH[::-1]}", headers={})


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


def shapes() -> Iterator[Edge]:
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


# -- documents and variables ------------------------------------------------------------------

REFUSED: Mapping[str, tuple[str, Any]] = {
    "a syntax error": (PARSE, {"query": "{"}),
    "a comment": (PARSE, {"query": "# nothing"}),
    "spaces": (PARSE, {"query": "  "}),
    "NUL": (PARSE, {"query": "{ __typename }\0"}),
    "an unknown field": (VALIDATION, {"query": "{ nothing }"}),
    "an unknown mutation": (VALIDATION, {"query": "mutation { nothing }"}),
    "an unknown argument": (VALIDATION, {"query": "{ __typename(a: 1) }"}),
    "an unknown directive": (VALIDATION, {"query": "{ __typename @nothing }"}),
    "an unused fragment": (VALIDATION, {"query": "{ __typename } fragment F on Query { __typename }"}),
    "a fragment in itself": (VALIDATION, {"query": "{ ...F } fragment F on Query { ...F }"}),
    "an undefined variable": (VALIDATION, {"query": "{ node(id: $a) { id } }"}),
    "an unused variable": (VALIDATION, {"query": "query ($a: ID) { __typename }"}),
    "a type definition": (VALIDATION, {"query": "type T { a: Int } { __typename }"}),
    "no fields": (VALIDATION, {"query": "{ viewer }"}),
    "a missing variable": (INPUT, {"query": "query ($a: ID!) { node(id: $a) { id } }"}),
    "a variable that is null": (
        INPUT, {"query": "query ($a: ID!) { node(id: $a) { id } }", "variables": {"a": None}},
    ),
    "a list for an id": (
        INPUT, {"query": "query ($a: ID!) { node(id: $a) { id } }", "variables": {"a": ["x"]}},
    ),
    "a text for a number": (
        INPUT, {"query": "query ($n: Int) { notices(first: $n) { nodes { id } } }", "variables": {"n": "x"}},
    ),
    "a huge number": (
        INPUT, {"query": "query ($n: Int) { notices(first: $n) { nodes { id } } }", "variables": {"n": 10**15}},
    ),
    "an unknown input": (
        INPUT, {"query": "query ($b: StudentByInput!) { student(by: $b) { id } }", "variables": {"b": {"x": 1}}},
    ),
    "forty fields deep": (COMPLEX, {"query": "{ a " * 40 + "}" * 40}),
    "forty aliases": (COMPLEX, {"query": "{" + " ".join(f"a{n}: __typename" for n in range(40)) + "}"}),
    "variables inside each other": (COMPLEX, {"query": Q, "variables": {"a": [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}}),
}  # fmt: skip
UNCLEAR: Mapping[str, Any] = {
    "two operations": {"query": "query A { __typename } query B { __typename }"},
    "neither of two": {"query": "query A { __typename } query B { __typename }", "operationName": "C"},
    "another than the one": {"query": "query A { __typename }", "operationName": "B"},
    "a name for none": {"query": Q, "operationName": "A"},
    "only a fragment": {"query": "fragment F on Query { __typename }"},
    "a subscription": {"query": "subscription { noticeEvents { __typename } }"},
}  # fmt: skip


def documents() -> Iterator[Edge]:
    strict = {"headers": {"Accept": GRAPHQL}, "media": GRAPHQL}
    for name, (code, body) in REFUSED.items():
        yield post(name, 200, code, body)
        yield post(f"{name}, strict", 400, code, body, **strict)
    for name, body in UNCLEAR.items():
        yield post(name, 400, WHICH, body)
        yield post(f"{name}, strict", 400, WHICH, body, **strict)
    two = "query A { __typename } query B { b: __typename }"
    yield post("one of two", 200, None, {"query": two, "operationName": "B"})
    yield post("extra variables", 200, None, {"query": Q, "variables": {"a": 1, "b": [None]}})
    yield post("too long for a stranger", 200, None, {"query": Q + " " * 10_000})
    yield post("longer than a body may be", 413, LARGE, {"query": Q + " " * 300_000})
    yield post("the same, strict", 413, LARGE, {"query": Q + " " * 300_000}, **strict)


# -- stored documents ---------------------------------------------------------------------------


def apq(digest: Any, version: Any = 1) -> dict[str, Any]:
    return {"persistedQuery": {"version": version, "sha256Hash": digest}}


def persisted() -> Iterator[Edge]:
    unknown = HASH[::-1]
    strict = {"headers": {"Accept": GRAPHQL}, "media": GRAPHQL}
    yield post("an unknown hash", 200, MISSING, {"extensions": apq(unknown)})
    yield post("an unknown hash, strict", 400, MISSING, {"extensions": apq(unknown)}, **strict)
    for spelled in (unknown, f"sha256:{unknown}", unknown.upper(), "x", "x-custom:1", "../../etc"):
        yield post(f"document {spelled[:20]}", 200, MISSING, {"documentId": spelled})
    yield post(
        "an id and the same hash", 200, MISSING, {"documentId": unknown, "extensions": apq(unknown)}
    )
    yield post("an id and another hash", 400, BAD, {"documentId": unknown, "extensions": apq(HASH)})
    yield post("a text with a wrong hash", 400, BAD, {"query": Q, "extensions": apq(HASH)})
    yield post("a text with a wrong id", 400, BAD, {"query": Q, "documentId": unknown})
    for digest in (
        "x",
        "",
        5,
        None,
        ["x"],
        "g" * 64,
        "a" * 63,
        f"sha256:{unknown}",
        unknown + "\n",
    ):
        yield post(f"hash {str(digest)[:20]!r}", 400, BAD, {"query": Q, "extensions": apq(digest)})
    for version in (2, "1", None, True, 0, [1]):
        sent = {"query": "{__typename}", "extensions": apq(HASH, version)}
        yield post(f"version {version!r}", 400, BAD, sent)
    for named in (5, "x", ["x"], True):
        yield post(
            f"persistedQuery {named!r}",
            400,
            BAD,
            {"query": Q, "extensions": {"persistedQuery": named}},
        )
    yield post(
        "persistedQuery null", 200, None, {"query": Q, "extensions": {"persistedQuery": None}}
    )


# -- headers ---------------------------------------------------------------------------------------


def headers() -> Iterator[Edge]:
    for name, value in {
        "Authorization": "nonsense", "authorization": "Basic YTpi", "AUTHORIZATION": "Bearer",
        "Authorization ": "Bearer  ", "Origin": "null", "Cookie": "a=b", "X-Request-Id": "\x7f",
        "Accept-Encoding": "*;q=0, nonsense", "Accept-Language": "zz;q=x,,", "User-Agent": "é",
        "X-Forwarded-For": "nonsense", "Forwarded": "for=x", "Range": "bytes=0-1", "TE": "trailers",
        "If-None-Match": "*", "Expect": "100-continue", "X-HTTP-Method-Override": "DELETE",
    }.items():  # fmt: skip
        yield post(f"{name}: {value}", 200, None, headers={name.strip(): value})
    yield post("a token of 60 KB", 200, None, headers={"Authorization": "Bearer " + "a" * 60_000})


EDGES: Mapping[str, list[Edge]] = {
    made.__name__: list(made())
    for made in (accepting, typed, methods, gets, shapes, documents, persisted, headers)
}
