"""What a client learns of an error: a code in any case, the rest only if it was expected."""

from collections.abc import Iterable
from datetime import date, time

from graphql import GraphQLError, GraphQLSyntaxError
from strawberry.exceptions import MissingQueryError
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.utils.str_converters import to_camel_case

from gql.admission.problems import RateLimited
from gql.error_texts import INPUT, PARSE, UNRESOLVED, VALIDATION, is_about_argument, worded
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

WHICH = (MissingQueryError, CannotGetOperationTypeError, InvalidOperationTypeError)
"""Raised when a request does not say which operation to run; by HTTP these are a 400."""
CANCELLED = "57014"
"""SQLSTATE of a statement that took too long."""


def retry_after(errors: Iterable[GraphQLError]) -> int | None:
    """Seconds after which a client may try again: the database could not be used, or the server
    has no room for it."""
    causes = (error.original_error for error in errors)
    passing = (c for c in causes if isinstance(c, ServiceUnavailable | RateLimited))
    return max((cause.retry_after for cause in passing), default=None)


def named(error: GraphQLError, caller: Caller) -> GraphQLError:
    """The error with a code; a bug without anything but the id to find it by in the log."""
    cause = error.original_error
    if cause and sqlstate(cause) == CANCELLED:
        cause = OperationTimeout()
    elif cause and sqlstate(cause) in LOST:
        cause = TransactionLost()
    if isinstance(cause, BadUserInput) and caller.hides_schema:
        cause = SignInFirst()  # what is expected names types
    if isinstance(cause, Problem):
        return told(error, cause, caller.language)
    if isinstance(cause, WHICH):
        return worded(error, UNRESOLVED, caller.language)
    of_document = (error.extensions or {}).get("code") == VALIDATION
    of_request = cause is None or isinstance(cause, GraphQLError)
    if of_document or (of_request and (not error.path or is_about_argument(error))):
        code = (
            PARSE if isinstance(error, GraphQLSyntaxError) else VALIDATION if of_document else INPUT
        )
        log.debug("refused", request_id=caller.request_id, code=code)
        return worded(error, code, caller.language)
    log.error("request failed", request_id=caller.request_id, exc_info=cause or error)
    return GraphQLError(
        "Unexpected error." if caller.language != "ru" else "Непредвиденная ошибка.",
        nodes=error.nodes,
        path=error.path,
        extensions={"code": "INTERNAL_SERVER_ERROR", "requestId": caller.request_id},
    )


def told(error: GraphQLError, problem: Problem, language: str) -> GraphQLError:
    """A refusal in the reader's language, naming the argument to blame."""
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
