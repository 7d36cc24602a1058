"""Media types of requests and of answers."""
# ruff: noqa: E501  # a table, a case a line

from collections.abc import Iterator, Mapping

from tests.transport.edges.edge import APOLLO, BAD, BROWSER, GRAPHQL, JSON, URQL, Edge, post

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


def list_accept_edges() -> Iterator[Edge]:
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


def list_content_type_edges() -> Iterator[Edge]:
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
