"""Methods, and requests by `GET`."""

from collections.abc import Iterator
from urllib.parse import quote

import orjson

from tests.transport.edges.edge import (
    BAD,
    GRAPHQL,
    HASH,
    JSON,
    MISSING,
    PARSE,
    PREFLIGHT,
    WHICH,
    Edge,
    Q,
    get,
    make_apq,
    post,
)

# -- methods --------------------------------------------------------------------------------


def list_method_edges() -> Iterator[Edge]:
    for method in ("PUT", "PATCH", "DELETE", "TRACE", "QUERY", "PROPFIND"):
        yield Edge(f"{method}", 405, BAD, method, allow="GET, HEAD, OPTIONS, POST")
        yield Edge(
            f"{method} with a body", 405, BAD, method, headers={"Content-Type": JSON},
            body=b'{"query":"{ __typename }"}', allow="GET, HEAD, OPTIONS, POST",
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
    yield Edge(
        "POST to the console", 405, BAD, "POST", "/graphiql", body=b"{}", allow="GET, HEAD, OPTIONS"
    )
    yield Edge("DELETE of the start page", 405, BAD, "DELETE", "/", allow="GET, HEAD, OPTIONS")
    yield Edge("POST to a file", 405, BAD, "POST", "/files/x", allow="GET, HEAD, OPTIONS, PUT")
    yield Edge("a file by a link that is none", 403, "LINK_NOT_GOOD", "GET", "/files/x")


def list_get_edges() -> Iterator[Edge]:
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
    yield get(
        "a hash", 200, MISSING, "extensions=" + quote(orjson.dumps(make_apq(HASH[::-1])).decode())
    )
    yield get("an id", 200, MISSING, f"documentId=sha256:{HASH[::-1]}")
    yield get("an id of a page elsewhere", 200, MISSING, f"documentId={HASH[::-1]}", headers={})
