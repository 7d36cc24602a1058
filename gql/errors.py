"""Errors for clients: each has a code, and bugs are masked."""

from collections.abc import Iterable
from datetime import date, time

from graphql import GraphQLError, GraphQLSyntaxError
from strawberry.exceptions import MissingQueryError
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.utils.str_converters import to_camel_case

from gql.admission.problems import RateLimited
from gql.error_texts import INPUT, PARSE, UNRESOLVED, VALIDATION, is_about_argument, word_for_client
from gql.guard.strangers import SignInFirst
from gql.logs import log
from models.problems import (
    BadUserInput,
    OperationTimeout,
    Problem,
    ServiceUnavailable,
    TransactionLost,
)
from resolvers.core.context import Caller
from resolvers.core.refusals import LOST, sqlstate

UNRESOLVED_ERRORS = (MissingQueryError, CannotGetOperationTypeError, InvalidOperationTypeError)
"""Raised if a request does not say which operation to run; over HTTP they are a 400."""
CANCELLED = "57014"
"""The SQLSTATE of a statement that was cancelled by its timeout."""


def find_retry_after(errors: Iterable[GraphQLError]) -> int | None:
    """Return the seconds after which the client may try again; None if no error is temporary."""
    causes = (error.original_error for error in errors)
    passing = (c for c in causes if isinstance(c, ServiceUnavailable | RateLimited))
    return max((cause.retry_after for cause in passing), default=None)


def add_code(error: GraphQLError, caller: Caller) -> GraphQLError:
    """Return the error with a code; a bug shows the request id only, by which the log has it."""
    cause = error.original_error
    if cause and sqlstate(cause) == CANCELLED:
        cause = OperationTimeout()
    elif cause and sqlstate(cause) in LOST:
        cause = TransactionLost()
    if isinstance(cause, BadUserInput) and caller.hides_schema:
        cause = SignInFirst()  # the text of BadUserInput names types
    if isinstance(cause, Problem):
        return describe_problem(error, cause, caller.language)
    if isinstance(cause, UNRESOLVED_ERRORS):
        return word_for_client(error, UNRESOLVED, caller.language)
    of_document = (error.extensions or {}).get("code") == VALIDATION
    of_request = cause is None or isinstance(cause, GraphQLError)
    if of_document or (of_request and (not error.path or is_about_argument(error))):
        code = (
            PARSE if isinstance(error, GraphQLSyntaxError) else VALIDATION if of_document else INPUT
        )
        log.debug("refused", request_id=caller.request_id, code=code)
        return word_for_client(error, code, caller.language)
    log.error("request failed", request_id=caller.request_id, exc_info=cause or error)
    return GraphQLError(
        "Unexpected error." if caller.language != "ru" else "Непредвиденная ошибка.",
        nodes=error.nodes,
        path=error.path,
        extensions={"code": "INTERNAL_SERVER_ERROR", "requestId": caller.request_id},
    )


def describe_problem(error: GraphQLError, problem: Problem, language: str) -> GraphQLError:
    """Return a Problem as an error in the reader's language, with the invalid argument."""
    extensions = {
        name: value.isoformat() if isinstance(value, date | time) else value
        for name, value in problem.extensions.items()
    }
    if problem.field:
        extensions["field"] = [to_camel_case(step) for step in problem.field.split(".")]
    return GraphQLError(
        problem.describe(language),
        nodes=error.nodes,
        path=error.path,
        original_error=problem,
        extensions=extensions,
    )
