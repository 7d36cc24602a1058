"""What a client learns of an error: a code in any case, the rest only if it was expected."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import strawberry
from graphql import GraphQLError, GraphQLSyntaxError, OperationType
from strawberry.exceptions import MissingQueryError
from strawberry.extensions import SchemaExtension
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from strawberry.types import ExecutionContext
from strawberry.utils.await_maybe import await_maybe
from strawberry.utils.str_converters import to_camel_case

from gql.logs import log
from models.problems import Problem
from resolvers.access.reading import told_of_reading
from resolvers.context import Caller, Ctx
from resolvers.events.listening import Delivery

WHICH = (MissingQueryError, CannotGetOperationTypeError, InvalidOperationTypeError)
"""Raised when a request does not say which operation to run; by HTTP these are a 400."""


class Operation(SchemaExtension):
    """Opens the Ctx of an operation: the door knows only a Caller, a socket carries many."""

    async def on_operation(self) -> AsyncIterator[None]:
        async with self.execution_context.context.open() as ctx:
            self.execution_context.context = ctx
            yield
            await told_of_reading(ctx)

    def on_validate(self) -> Iterator[None]:
        yield
        for error in self.execution_context.pre_execution_errors or []:
            error.extensions = {"code": "GRAPHQL_VALIDATION_FAILED"}


class PerEvent(StrawberryGraphQLCoreExecutionContext):
    """Answers each event of a subscription in the Ctx it was judged in, closed before sending."""

    def execute_operation(self, serially: bool | None = None) -> Any:
        heard = self.operation.operation is OperationType.SUBSCRIPTION
        return self.answer() if heard else super().execute_operation(serially)

    async def answer(self) -> Any:
        delivery: Delivery = self.root_value
        self.root_value, self.context_value = delivery.event, delivery.ctx
        try:
            answer = await await_maybe(super().execute_operation(False))
            await told_of_reading(delivery.ctx)
            return answer
        finally:
            await delivery.ctx.session.close()


class Schema(strawberry.Schema):
    def process_errors(
        self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None
    ) -> None:
        """The one place all errors pass, whatever the transport; they are replaced in place."""
        context: Ctx | Caller = execution_context.context  # type: ignore[union-attr]
        caller = context.caller if isinstance(context, Ctx) else context
        errors[:] = [named(error, caller) for error in errors]


def named(error: GraphQLError, caller: Caller) -> GraphQLError:
    """The error with a code; a bug without anything but the id to find it by in the log."""
    cause = error.original_error
    if isinstance(cause, Problem):
        return told(error, cause, caller.language)
    if isinstance(cause, WHICH):
        error.extensions = {"code": "OPERATION_RESOLUTION_FAILURE"}
        return error
    of_document = (error.extensions or {}).get("code") == "GRAPHQL_VALIDATION_FAILED"
    if cause is None or of_document or isinstance(cause, GraphQLError):  # the request's fault
        parse = isinstance(error, GraphQLSyntaxError)
        code = "GRAPHQL_PARSE_FAILED" if parse else "BAD_USER_INPUT"
        error.extensions = {"code": code, **(error.extensions or {})}
        return error
    log.error("request failed", request_id=caller.request_id, exc_info=cause)
    return GraphQLError(
        "Unexpected error." if caller.language != "ru" else "Непредвиденная ошибка.",
        nodes=error.nodes,
        path=error.path,
        extensions={"code": "INTERNAL_SERVER_ERROR", "requestId": caller.request_id},
    )


def told(error: GraphQLError, problem: Problem, language: str) -> GraphQLError:
    """A refusal in the reader's language, naming the argument to blame."""
    extensions = dict(problem.extensions)
    if problem.field:
        extensions["field"] = [to_camel_case(step) for step in problem.field.split(".")]
    return GraphQLError(
        problem.message(language),
        nodes=error.nodes,
        path=error.path,
        original_error=problem,
        extensions=extensions,
    )
