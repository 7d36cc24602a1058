"""Messages of graphql-core, for those who read them.

They quote the values that were sent, which may be passwords. So values are quoted to nobody;
`gql.guard.rules` sees to that. They quote names of the schema, too. Strangers from whom it is
hidden get no such message: `gql.guard.strangers` answers them before validation.
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
"""By code, a Russian sentence. The English message of graphql-core follows it: programmers know it
and search for it."""
ARGUMENT: Mapping[str, str] = {
    "en": "An argument has a value that does not belong there.",
    "ru": "Значение аргумента здесь не подходит.",
}
OF_ARGUMENT = re.compile(r"(Argument|Variable) '")
"""How graphql-core begins what it says of an argument while it executes. All else that it says
then is about what we have answered ourselves, and quotes that."""


def is_about_argument(error: GraphQLError) -> bool:
    """Whether an error of the execution is the fault of who sent the request."""
    return OF_ARGUMENT.match(error.message) is not None


def worded(error: GraphQLError, code: str, language: str) -> GraphQLError:
    """An error of graphql-core about a request, with its message for the client."""
    extensions = {"code": code, **(error.extensions or {})}
    if error.path and code == INPUT:
        message = ARGUMENT[language]
    elif language == "ru" and code in RUSSIAN:
        message = f"{RUSSIAN[code]}: {error.message}"
    else:
        message = error.message
    # A new error: this one may be kept with its document, and said to others in their language.
    return GraphQLError(
        message,
        nodes=error.nodes,
        source=error.source,
        positions=error.positions,
        path=error.path,
        original_error=error.original_error,
        extensions=extensions,
    )
