"""Checks of any answer: the contract that clients rely on in all cases."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from graphql import GraphQLSchema, execute_sync, parse

from tests.fuzz.cases import Case

INSIDE = re.compile(
    r"Traceback|File \"|line \d+, in |sqlalchemy|asyncpg|strawberry|graphql[-_.]core|"
    r"\b(?:[A-Z]\w*Error|Exception)\b|<class|<\w+ object|0x[0-9a-f]{6}|\bNoneType\b|"
    r"\bSELECT\b.*\bFROM\b|\bINSERT INTO\b|\bUPDATE \w+ SET\b|relation \"|violates |constraint \"|"
    r"invalid input syntax|gorod_app|site-packages",
    re.DOTALL,
)
"""Texts of Python and of SQL, and names of libraries, which no message may contain."""
MASKED = re.compile(r"Unexpected error|Непредвиденная ошибка|Internal Server Error")
KEYS = {"data", "errors", "extensions"}
KEYS_OF_ERROR = {"message", "locations", "path", "extensions"}


def find_faults(
    core: GraphQLSchema, case: Case, status: int, kind: str, body: bytes
) -> Iterator[str]:
    """Yield the faults of an answer; none if it is right."""
    if status >= 500:
        yield f"status {status}"
    if not re.match(r"application/(graphql-response\+)?json\b", kind):
        yield f"content type {kind}"
    try:
        told = json.loads(body)
    except ValueError:
        yield "no JSON"
        return
    if not isinstance(told, dict) or not told or told.keys() - KEYS:
        yield "no GraphQL response"
        return
    errors = told.get("errors")
    if "errors" in told and not (isinstance(errors, list) and errors):
        yield "`errors` is no list of errors"
        errors = None
    for error in errors or ():
        yield from find_faults_of_error(error)
    data = told.get("data")
    for message in list_user_messages(data):
        yield from find_faults_of_message(message)
    if status != 200 and data is not None:
        yield f"data with status {status}"
    if data is None:
        if not errors:
            yield "neither data nor errors"
    elif case.is_negative and not errors:
        yield "accepted what breaks the schema"
    elif not case.is_negative:
        yield from find_faults_of_data(core, case, data)


def count_codes(body: bytes) -> Counter[str]:
    errors = json.loads(body).get("errors", ())
    return Counter(error.get("extensions", {}).get("code") for error in errors)


def find_faults_of_error(error: Any) -> Iterator[str]:
    if not isinstance(error, dict) or error.keys() - KEYS_OF_ERROR:
        yield f"no GraphQL error: {error}"
        return
    code = (error.get("extensions") or {}).get("code")
    if not isinstance(code, str) or not code:
        yield f"error without code: {error}"
    if code == "INTERNAL_SERVER_ERROR":
        yield f"masked bug: {error}"
    message = error.get("message")
    if not isinstance(message, str) or not message:
        yield f"error without message: {error}"
    else:
        yield from find_faults_of_message(message)
    for place in error.get("locations", ()):
        if place.keys() != {"line", "column"} or min(place.values()) < 1:
            yield f"odd location: {error}"
    if not all(isinstance(step, str | int) for step in error.get("path") or ()):
        yield f"odd path: {error}"


def find_faults_of_message(message: str) -> Iterator[str]:
    if INSIDE.search(message):
        yield f"tells of the inside: {message}"
    if MASKED.search(message):
        yield f"masked: {message}"


def list_user_messages(value: Any) -> Iterator[str]:
    """Yield the messages of the user errors anywhere in the data."""
    if isinstance(value, list):
        for one in value:
            yield from list_user_messages(one)
    elif isinstance(value, dict):
        for key, one in value.items():
            if key == "message" and isinstance(one, str) and {"code", "message"} & value.keys():
                yield one
            yield from list_user_messages(one)


def find_faults_of_data(core: GraphQLSchema, case: Case, data: Any) -> Iterator[str]:
    """Yield the differences between the data and the result of graphql-core for the same
    operation."""

    def resolve(source: Any, info: Any, **_: Any) -> Any:
        return source[info.path.key]

    def type_of(source: Any, *_: Any) -> str:
        return str(source["__typename"])

    made = execute_sync(
        core,
        parse(case.document),
        root_value=data,
        variable_values=case.variables,
        field_resolver=resolve,
        type_resolver=type_of,
    )
    for error in made.errors or ():
        yield f"data do not fit the schema: {error.message} at {error.path}"
    if not made.errors and made.data != data:
        yield "data hold more than was asked for"
