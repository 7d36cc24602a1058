"""Requests: what a client sends, read once for all who answer it, over HTTP and on sockets."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from models.problems import OperationTooComplex, Problem


class BadRequest(Problem):
    """This is not a GraphQL request: `expected` says what belongs there."""

    russian = "Это не запрос GraphQL: `expected` говорит, что должно быть на этом месте."


class UnsupportedMediaType(BadRequest):
    """The body of a request is JSON: send it with `Content-Type: application/json`."""

    russian = "Тело запроса — JSON: пришлите его с `Content-Type: application/json`."

    @classmethod
    def code(cls) -> str:
        return BadRequest.code()


class RequestTooLarge(Problem):
    """The body of this request is longer than `most` bytes: send less at once."""

    russian = "Тело запроса длиннее `most` байт: пришлите за один раз меньше."


class OperationResolutionFailure(Problem):
    """The request does not say what to run: `expected` says what is missing."""

    russian = "Запрос не говорит, что выполнить: `expected` говорит, чего не хватает."


@dataclass(slots=True)
class Request:
    """One operation that a client asks for.

    name: Of the operation to run, where the document has several.
    extensions: What the client adds for programs; nothing of it is looked at here.
    """

    query: str
    variables: Mapping[str, Any]
    name: str | None
    extensions: Mapping[str, Any] | None


def request_of(sent: Any) -> Request:
    """The request in JSON that was read. Raises BadRequest, OperationResolutionFailure."""
    if not isinstance(sent, dict):
        raise BadRequest(expected="a JSON object with a `query`")
    query, variables = sent.get("query"), sent.get("variables")
    name, extensions = sent.get("operationName"), sent.get("extensions")
    if not isinstance(query, str | None):
        raise BadRequest(field="query", expected="a string")
    if not isinstance(variables, dict | None):
        raise BadRequest(field="variables", expected="an object or null")
    if not isinstance(name, str | None):
        raise BadRequest(field="operationName", expected="a string or null")
    if not isinstance(extensions, dict | None):
        raise BadRequest(field="extensions", expected="an object or null")
    if not query:
        raise OperationResolutionFailure(field="query", expected="a document")
    return Request(query, variables or {}, name, extensions)


def check_values(variables: Mapping[str, Any], most: int, nesting: int) -> None:
    """Raises OperationTooComplex for more values in the variables than `most`, or more lists and
    objects inside each other than `nesting`. Its own time is linear, without recursion."""
    level: list[Any] = [variables]
    count = depth = 0
    while level:
        if (depth := depth + 1) > nesting:
            raise OperationTooComplex(limit="nesting", most=nesting)
        below: list[Any] = []
        for one in level:
            if (count := count + len(one)) > most:
                raise OperationTooComplex(limit="values", most=most)
            for part in one.values() if isinstance(one, dict) else one:
                if part.__class__ in (dict, list):  # as the parser makes them
                    below.append(part)  # noqa: PERF401  # a comprehension is one call more
        level = below


LANGUAGES = {b"ru": "ru", b"en": "en"}


def language_in(headers: Mapping[bytes, bytes]) -> str:
    """`ru` or `en`, by the first of the two that `Accept-Language` names; Russian by default."""
    for part in headers.get(b"accept-language", b"").split(b","):
        if (tag := part.strip()[:2].lower()) in LANGUAGES:
            return LANGUAGES[tag]
    return "ru"
