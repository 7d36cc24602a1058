"""GraphQL requests, read in one place for HTTP and sockets and for both executors.

The parameters are those of the specification "GraphQL over HTTP": `query`, `operationName`,
`variables`, `extensions`, and `documentId` of its appendix on persisted documents. Apollo's
`extensions.persistedQuery` names a stored document, too.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from gql.guard.limits import Limits
from gql.guard.over_limit import require
from gql.transport.problems import BadRequest, OperationResolutionFailure
from resolvers.core.request_ids import new_request_id

SHA256 = re.compile(r"(?:sha256:)?([0-9a-f]{64})", re.IGNORECASE)
LONGEST_ID = 200
"""Characters of a `documentId` of any kind."""
REQUEST_ID = re.compile(rb"[A-Za-z0-9._~:/+=@-]{1,128}")
"""The form of request ids that clients may choose. They go into logs, the audit log and headers."""


@dataclass(slots=True)
class Request:
    """One operation that a client asks for.

    query: The text of the document; None if only `document_id` names it.
    name: Of the operation to run, where the document has several.
    extensions: The request's entry of that name.
    document_id: Of a stored document: the SHA-256 of its text in lower-case hexadecimal digits, or
        any other identifier as it was sent.
    """

    query: str | None
    variables: Mapping[str, Any]
    name: str | None
    extensions: Mapping[str, Any] | None
    document_id: str | None = None


def request_of(sent: Any) -> Request:
    """Return the request in parsed JSON. Raises BadRequest, OperationResolutionFailure."""
    if not isinstance(sent, dict):
        raise BadRequest(expected="a JSON object with a `query`")
    query, variables = sent.get("query"), sent.get("variables")
    name, extensions = sent.get("operationName"), sent.get("extensions")
    if query is not None and not isinstance(query, str):
        raise BadRequest(field="query", expected="a string")
    if variables is not None and not isinstance(variables, dict):
        raise BadRequest(field="variables", expected="an object or null")
    if name is not None and not isinstance(name, str):
        raise BadRequest(field="operationName", expected="a string or null")
    if extensions is not None and not isinstance(extensions, dict):
        raise BadRequest(field="extensions", expected="an object or null")
    stored = None
    if "documentId" in sent or (extensions and "persistedQuery" in extensions):
        stored = document_id_of(sent.get("documentId"), extensions or {})
    if not query and stored is None:
        raise OperationResolutionFailure(field="query", expected="a document")
    return Request(query or None, variables or {}, name or None, extensions, stored)


def document_id_of(document_id: Any, extensions: Mapping[str, Any]) -> str | None:
    """Return the id of the stored document that a request names in one of two ways. Raises
    BadRequest, also for two different ids."""
    if not isinstance(document_id, str | None):
        raise BadRequest(field="documentId", expected="a string or null")
    if document_id is not None and not 0 < len(document_id) <= LONGEST_ID:
        raise BadRequest(field="documentId", expected=f"1 to {LONGEST_ID} characters")
    named = plain_id(document_id) if document_id else None
    persisted = persisted_id(extensions.get("persistedQuery"))
    if named and persisted and named != persisted:
        raise BadRequest(field="documentId", expected="the same as extensions.persistedQuery")
    return named or persisted


def persisted_id(persisted: Any) -> str | None:
    """Return the id of Apollo's protocol "automatic persisted queries". It is called a hash;
    clients of a registered manifest send other ids there. Raises BadRequest."""
    if persisted is None:
        return None
    if not isinstance(persisted, dict):
        raise BadRequest(field="extensions.persistedQuery", expected="an object or null")
    version, given = persisted.get("version"), persisted.get("sha256Hash")
    if version != 1 or isinstance(version, bool):
        raise BadRequest(field="extensions.persistedQuery.version", expected="1")
    if not isinstance(given, str) or not 0 < len(given) <= LONGEST_ID:
        expected = "a SHA-256 in hexadecimal digits, or the id of a registered document"
        raise BadRequest(field="extensions.persistedQuery.sha256Hash", expected=expected)
    return plain_id(given)


def plain_id(document_id: str) -> str:
    """Return the id without the prefix `sha256:`, so that both spellings name one document."""
    found = SHA256.fullmatch(document_id)
    return found[1].lower() if found else document_id


def hash_of(text: str) -> str:
    """Return the SHA-256 of a document in lower-case hexadecimal digits. Half a surrogate pair,
    which UTF-8 cannot encode, is hashed like a character: the parser refuses it later."""
    return sha256(text.encode(errors="surrogatepass")).hexdigest()


def check_values(variables: Mapping[str, Any], limits: Limits, *, stranger: bool = False) -> None:
    """Raise OperationTooComplex if the variables have too many values or are nested too deeply. The
    check takes linear time, without recursion."""
    limit, most = "values", limits.most_values
    if stranger:
        limit, most = "stranger_values", limits.most_stranger_values
    level: list[Any] = [variables]
    count = depth = 0
    while level:
        depth += 1
        require("nesting", depth, limits.most_nesting)
        below: list[Any] = []
        for one in level:
            if (count := count + len(one)) > most:
                require(limit, count, most)
            for part in one.values() if isinstance(one, dict) else one:
                if part.__class__ in (dict, list):  # the only containers that the parser makes
                    below.append(part)  # noqa: PERF401  # a comprehension costs one more call
        level = below


def headers_of(sent: Iterable[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    """Return the headers of a request; repeated ones are joined (RFC 9110, 5.3)."""
    headers: dict[bytes, bytes] = {}
    for name, value in sent:
        headers[name] = headers[name] + b", " + value if name in headers else value
    return headers


LANGUAGES = {b"ru": "ru", b"en": "en"}


def language_in(headers: Mapping[bytes, bytes]) -> str:
    """Return `ru` or `en`, by the first that `Accept-Language` names; Russian by default."""
    for part in headers.get(b"accept-language", b"").split(b","):
        if (tag := part.strip()[:2].lower()) in LANGUAGES:
            return LANGUAGES[tag]
    return "ru"


def bearer_in(headers: Mapping[bytes, bytes]) -> str:
    """Return the token of `Authorization: Bearer …`; empty without one."""
    scheme, _, token = headers.get(b"authorization", b"").partition(b" ")
    return token.strip().decode("latin-1") if scheme.lower() == b"bearer" else ""


def request_id_in(headers: Mapping[bytes, bytes]) -> str:
    """Return the id in `X-Request-Id`, or a new one if it is missing, too long or has other
    characters than ids have."""
    given = headers.get(b"x-request-id")
    if given and REQUEST_ID.fullmatch(given):
        return given.decode()
    return new_request_id()
