"""The error codes of the API, read from the classes of Problems and the enums of mutations."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

from graphql import GraphQLEnumType, GraphQLSchema, get_named_type

from models.problems import Caution, Problem

DECLARING = (
    "gql.schema",
    "gql.transport.file_transfer",
    "gql.transport.http",
    "resolvers.trusted.documents",
)
"""Modules that import all others that declare Problems of the API."""
OUR_PACKAGES = frozenset({"auth", "gql", "models", "resolvers"})
ABSTRACT = frozenset({Problem, Caution})
"""Base classes, which are never raised themselves."""
Message = tuple[str, str]
"""The English and the Russian text."""
WITHOUT_CLASS: Mapping[str, Message] = {
    "GRAPHQL_PARSE_FAILED": (
        "The document has a syntax error.",
        "В документе синтаксическая ошибка.",
    ),
    "GRAPHQL_VALIDATION_FAILED": (
        "The document does not fit the schema.",
        "Документ не соответствует схеме.",
    ),
    "INTERNAL_SERVER_ERROR": (
        "Unexpected error. The log of the server has its cause under `requestId`.",
        "Непредвиденная ошибка. Её причина — в журнале сервера под `requestId`.",
    ),
    "NOT_COMPILED": (
        "With `GOROD_EXECUTOR=engine` only: no compiled plan can answer this operation.",
        "Только при `GOROD_EXECUTOR=engine`: на эту операцию не отвечает ни один готовый план.",
    ),
}
"""Codes of errors that are no `Problem`."""


@dataclass(frozen=True)
class ErrorCode:
    """An error code with its messages and uses.

    messages: The texts of all Problems of this code.
    statuses: HTTP statuses by path. On `/graphql` it is the status of a request refused as a whole;
        an error beside data comes with 200.
    mutations: The mutations whose `userErrors` may have the code.
    is_warning: Whether it is in the `warnings` of a mutation, which a reason overrides.
    """

    code: str
    messages: tuple[Message, ...]
    statuses: Mapping[str, tuple[int, ...]]
    mutations: tuple[str, ...] = ()
    is_warning: bool = False


def error_codes(schema: GraphQLSchema) -> tuple[ErrorCode, ...]:
    """Return every code that a client can get, in alphabetical order."""
    texts: dict[str, list[Message]] = defaultdict(list)
    statuses: dict[str, set[tuple[str, int]]] = defaultdict(set)
    warnings = set()
    for problem in find_problems():
        code = problem.code()
        message = (problem.message("en"), problem.message("ru"))
        if message not in texts[code]:
            texts[code].append(message)
        if issubclass(problem, Caution):
            warnings.add(code)
        statuses[code] |= set(statuses_of(problem))
    for code, message in WITHOUT_CLASS.items():
        texts[code].append(message)
    where = mutations_of(schema)
    return tuple(
        ErrorCode(
            code,
            tuple(texts[code]),
            group_by_path(statuses[code]),
            where.get(code, ()),
            code in warnings,
        )
        for code in sorted(texts)
    )


def group_by_path(statuses: set[tuple[str, int]]) -> dict[str, tuple[int, ...]]:
    paths = sorted({path for path, _ in statuses})
    return {path: tuple(sorted(n for where, n in statuses if where == path)) for path in paths}


def find_problems() -> Iterator[type[Problem]]:
    """Yield all declared Problems, base classes first."""
    for module in DECLARING:
        import_module(module)
    todo: list[type[Problem]] = [Problem]
    for kind in todo:
        todo += [one for one in kind.__subclasses__() if one not in todo]
    for kind in todo:
        if kind not in ABSTRACT and kind.__module__.partition(".")[0] in OUR_PACKAGES:
            yield kind


def statuses_of(problem: type[Problem]) -> Iterator[tuple[str, int]]:
    """Yield the paths that have a status for a Problem, with that status."""
    from gql.transport.file_transfer import STATUSES as OF_FILES
    from gql.transport.responses import STATUS as OF_GRAPHQL

    for path, table in (("/graphql", OF_GRAPHQL), ("/files", OF_FILES)):
        for kind in problem.mro():
            if kind in table:
                yield path, table[kind]
                break


@cache
def mutations_of(schema: GraphQLSchema) -> Mapping[str, tuple[str, ...]]:
    """Return by code the mutations whose `userErrors` or `warnings` declare it."""
    found: dict[str, list[str]] = defaultdict(list)
    mutations = schema.mutation_type.fields if schema.mutation_type else {}
    for name, field in sorted(mutations.items()):
        for enum in enums_of_codes(get_named_type(field.type)):
            for code in enum.values:
                found[code].append(name)
    return {code: tuple(names) for code, names in found.items()}


def enums_of_codes(payload: object) -> Iterator[GraphQLEnumType]:
    """Yield the enums of codes in a payload's `userErrors` and in their `warnings`."""
    errors = getattr(payload, "fields", {}).get("userErrors")
    if errors is None:
        return
    error = get_named_type(errors.type)
    fields = getattr(error, "fields", {})
    for part in (fields.get("code"), find_warning_code(fields)):
        if part is not None and isinstance(enum := get_named_type(part.type), GraphQLEnumType):
            yield enum


def find_warning_code(error: Mapping[str, Any]) -> Any:
    warnings = error.get("warnings")
    named = get_named_type(warnings.type) if warnings else None
    return getattr(named, "fields", {}).get("code")
