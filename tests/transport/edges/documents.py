"""Documents and variables, sent or stored."""
# ruff: noqa: E501  # a table, a case a line

from collections.abc import Iterator, Mapping
from typing import Any

from tests.transport.edges.edge import (
    BAD,
    COMPLEX,
    GRAPHQL,
    HASH,
    INPUT,
    LARGE,
    MISSING,
    PARSE,
    VALIDATION,
    WHICH,
    Edge,
    Q,
    make_apq,
    post,
)

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


def list_document_edges() -> Iterator[Edge]:
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


def list_persisted_edges() -> Iterator[Edge]:
    unknown = HASH[::-1]
    strict = {"headers": {"Accept": GRAPHQL}, "media": GRAPHQL}
    yield post("an unknown hash", 200, MISSING, {"extensions": make_apq(unknown)})
    yield post("an unknown hash, strict", 400, MISSING, {"extensions": make_apq(unknown)}, **strict)
    for spelled in (unknown, f"sha256:{unknown}", unknown.upper(), "x", "x-custom:1", "../../etc"):
        yield post(f"document {spelled[:20]}", 200, MISSING, {"documentId": spelled})
    yield post(
        "an id and the same hash",
        200,
        MISSING,
        {"documentId": unknown, "extensions": make_apq(unknown)},
    )
    yield post(
        "an id and another hash", 400, BAD, {"documentId": unknown, "extensions": make_apq(HASH)}
    )
    yield post("a text with a wrong hash", 400, BAD, {"query": Q, "extensions": make_apq(HASH)})
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
        yield post(
            f"hash {str(digest)[:20]!r}", 400, BAD, {"query": Q, "extensions": make_apq(digest)}
        )
    for version in (2, "1", None, True, 0, [1]):
        sent = {"query": "{__typename}", "extensions": make_apq(HASH, version)}
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
