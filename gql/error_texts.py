"""graphql-core's messages for clients.

graphql-core quotes the values of a request, which may be passwords; `gql.guard.rules` removes them.
It quotes names of the schema, too. Strangers from whom the schema is hidden get no such message:
`gql.guard.strangers` answers them before validation.
"""

import re
from collections.abc import Mapping

from graphql import GraphQLError

PARSE, VALIDATION, INPUT = "GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED", "BAD_USER_INPUT"
UNRESOLVED = "OPERATION_RESOLUTION_FAILURE"
RUSSIAN: Mapping[str, str] = {
    PARSE: "В документе синтаксическая ошибка",
    VALIDATION: "Документ не соответствует схеме",
    INPUT: "Значение не подходит",
    UNRESOLVED: "Такую операцию здесь выполнить нельзя",
}
"""A Russian sentence by code. graphql-core's English message follows it, as programmers search for
it."""
ARGUMENT: Mapping[str, str] = {
    "en": "An argument has a value that does not belong there.",
    "ru": "Значение аргумента здесь не подходит.",
}
OF_ARGUMENT = re.compile(r"(Argument|Variable) '")
"""The beginning of graphql-core's messages about an argument during execution. All others then are
about our own answer, and quote it."""


def is_about_argument(error: GraphQLError) -> bool:
    """Whether an error during execution is about an argument of the request."""
    return OF_ARGUMENT.match(error.message) is not None


def word_for_client(error: GraphQLError, code: str, language: str) -> GraphQLError:
    """Return an error of graphql-core about a request, with the message for the client."""
    extensions = {"code": code, **(error.extensions or {})}
    if error.path and code == INPUT:
        message = ARGUMENT[language]
    elif language == "ru" and code in RUSSIAN:
        message = f"{RUSSIAN[code]}: {error.message}"
    else:
        message = error.message
    # A new object: the error is cached with its document, and other clients have other languages.
    return GraphQLError(
        message,
        nodes=error.nodes,
        source=error.source,
        positions=error.positions,
        path=error.path,
        original_error=error.original_error,
        extensions=extensions,
    )
