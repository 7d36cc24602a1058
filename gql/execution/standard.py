"""The standard executor: graphql-core's, with our additions."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast

from graphql import ExecutionResult, GraphQLError, OperationType, get_operation_ast
from strawberry.schema.exceptions import InvalidOperationTypeError
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from strawberry.types.graphql import OperationType as Kind
from strawberry.utils.await_maybe import await_maybe

from gql.execution.denials import find_denials, make_errors
from gql.execution.error_order import sort_errors
from gql.execution.failures import fail_operation
from gql.execution.operation import Operation as SelectedField
from gql.guard.rules import find_variable_errors
from gql.guard.sums import SCHEMA
from models.problems import ServiceUnavailable
from resolvers.core.context import Ctx
from resolvers.core.special_reads import record_special_reads
from resolvers.events.listening import Delivery

DESCRIBING = ThreadPoolExecutor(1, "schema")
"""One thread: a client that requests the schema repeatedly slows down nobody else."""


class StandardExecution(StrawberryGraphQLCoreExecutionContext):
    """The execution of one operation. Each event of a subscription is answered in a Ctx of its own,
    which is closed before the answer is sent."""

    @classmethod
    def build(  # type: ignore[override]  # by the names graphql-core calls it with
        cls, schema: Any, document: Any, root: Any = None, context: Any = None, sent: Any = None,
        name: str | None = None, *more: Any, **options: Any,
    ) -> Any:  # fmt: skip
        """Build the execution. Errors of variables do not contain the sent values."""
        options["hide_suggestions"] = True
        found = super().build(schema, document, root, context, sent, name, *more, **options)
        if isinstance(found, list) and (operation := get_operation_ast(document, name)):
            declared = operation.variable_definitions or ()
            told = find_variable_errors(schema, declared, sent or {})
            return told or [GraphQLError("The variables have an invalid value.")]
        return found

    def execute_operation(self, serially: bool | None = None) -> Any:
        if self.is_about_schema:
            return self.describe_schema()
        if not self.is_event:
            return self.complete_answer(super().execute_operation(serially))
        if not isinstance(self.root_value, Delivery):  # a subscription sent as a query
            raise InvalidOperationTypeError(Kind.SUBSCRIPTION)
        return self.answer_event()

    @property
    def is_about_schema(self) -> bool:
        """Whether it selects the schema only."""
        asked = self.make_operation()
        names = {field.name for field in asked.fields(asked.root, [asked.selections])}
        return bool(names & SCHEMA) and names <= SCHEMA | {"__typename"}

    async def describe_schema(self) -> Any:
        """Describe the schema in a thread. It takes a third of a second, in which the event loop
        must serve other requests."""
        describe = super().execute_operation
        return await asyncio.get_running_loop().run_in_executor(DESCRIBING, describe)

    async def answer_event(self) -> Any:
        """Answer an event, after waiting for the database if it is unavailable. An event that was
        sent in part would never be sent again."""
        delivery: Delivery = self.root_value
        services = delivery.ctx.caller.services
        while True:
            attempt = cast("StandardExecution", self.build_per_event_executor(delivery))
            try:
                return await attempt.make_answer()
            except ServiceUnavailable:
                delivery.ctx.forget()
                await services.availability.wait_until_usable()

    async def make_answer(self) -> Any:
        """Answer an event once. Raises ServiceUnavailable if any part could not be read."""
        delivery: Delivery = self.root_value
        self.root_value, self.context_value = delivery.event, delivery.ctx
        async with delivery.ctx.caller.services.tails.turns.turn():
            try:
                answer = await self.complete_answer(super().execute_operation(False))
                for error in answer.errors or ():
                    if isinstance(error.original_error, ServiceUnavailable):
                        raise error.original_error
                await record_special_reads(delivery.ctx)
                return answer
            finally:
                await delivery.ctx.session.close()

    @property
    def is_event(self) -> bool:
        return self.operation.operation is OperationType.SUBSCRIPTION

    def make_operation(self) -> SelectedField:
        fragments = {name: part.definition for name, part in self.fragments.items()}
        return SelectedField(self.schema, self.operation, fragments, self.variable_values)

    async def complete_answer(self, answering: Any) -> Any:
        """Complete the answer: write its special reads to the audit log, add one error for each
        field without right, and sort the errors."""
        answer = await await_maybe(answering)
        asker: Ctx = self.context_value
        is_mutation = self.operation.operation is OperationType.MUTATION
        if is_mutation:
            for error in answer.errors or ():
                cause = error.original_error
                if isinstance(cause, ServiceUnavailable) and error.path and len(error.path) > 1:
                    error.original_error = cause.after_commit()  # the error is below a payload
        if not self.is_event:
            try:
                await record_special_reads(asker)
            except Exception as failure:  # without its audit entry the answer may not be shown
                if is_mutation and isinstance(failure, ServiceUnavailable):
                    failure = failure.after_commit()
                return self.make_failure(failure)
        if isinstance(answer, ExecutionResult):
            data, errors = answer.data or {}, list(answer.errors or ())
            if asker.is_known:
                denied = find_denials(self.make_operation(), asker.viewer, find_refused(data))
                errors += make_errors(denied, data)
            answer.errors = sort_errors(errors, data) or None
        return answer

    def make_failure(self, failure: Exception) -> ExecutionResult:
        """Return an answer that shows nothing of what was read."""
        error = GraphQLError(str(failure), original_error=failure)
        return ExecutionResult(
            *fail_operation(self.make_operation(), error, self.context_value.viewer)
        )


def find_refused(data: dict[str, Any]) -> set[str]:
    """Return the keys of refused mutations, whose results are all null."""
    return {
        key
        for key, payload in data.items()
        if isinstance(payload, dict)
        and payload.get("userErrors")
        and not any(isinstance(part, dict) for part in payload.values())
    }
