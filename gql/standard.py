"""The standard executor: that of graphql-core, with what the house adds to it."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast

from graphql import ExecutionResult, GraphQLError, OperationType, get_operation_ast
from strawberry.schema.exceptions import InvalidOperationTypeError
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from strawberry.types.graphql import OperationType as Kind
from strawberry.utils.await_maybe import await_maybe

from gql.engine.denials import denials, errors_of
from gql.engine.failures import failed
from gql.engine.operation import Operation as Asked
from gql.engine.ordering import in_order
from gql.engine.payloads import Readings, is_here
from gql.guard.rules import variable_errors
from gql.guard.sums import SCHEMA
from models.base import OfSchool
from models.problems import ServiceUnavailable
from resolvers.core.context import Ctx
from resolvers.core.special_reads import told_of_reading
from resolvers.events.listening import Delivery

READINGS = Readings()
DESCRIBING = ThreadPoolExecutor(1, "schema")
"""One at a time: a client that asks for the schema again and again slows down itself alone."""


class StandardExecution(StrawberryGraphQLCoreExecutionContext):
    """Executes an operation. Each event of a subscription is answered in a Ctx of its own, which is
    closed before the answer is sent."""

    @classmethod
    def build(  # type: ignore[override]  # by the names graphql-core calls it with
        cls, schema: Any, document: Any, root: Any = None, context: Any = None, sent: Any = None,
        name: str | None = None, *more: Any, **options: Any,
    ) -> Any:  # fmt: skip
        """Errors of variables are told without the values that were sent."""
        options["hide_suggestions"] = True
        found = super().build(schema, document, root, context, sent, name, *more, **options)
        if isinstance(found, list) and (operation := get_operation_ast(document, name)):
            declared = operation.variable_definitions or ()
            told = variable_errors(schema, declared, sent or {})
            return told or [GraphQLError("The variables have an invalid value.")]
        return found

    def execute_operation(self, serially: bool | None = None) -> Any:
        if self.is_about_schema:
            return self.described()
        if not self.is_event:
            return self.completed(super().execute_operation(serially))
        if not isinstance(self.root_value, Delivery):  # it was asked as if it had one answer
            raise InvalidOperationTypeError(Kind.SUBSCRIPTION)
        return self.answer()

    @property
    def is_about_schema(self) -> bool:
        """Whether it asks for nothing but the schema."""
        asked = self.asked()
        names = {field.name for field in asked.fields(asked.root, [asked.selections])}
        return bool(names & SCHEMA) and names <= SCHEMA | {"__typename"}

    async def described(self) -> Any:
        """The schema takes a third of a second to describe: meanwhile others are answered."""
        describe = super().execute_operation
        return await asyncio.get_running_loop().run_in_executor(DESCRIBING, describe)

    async def answer(self) -> Any:
        """The answer to an event, given once the database can be asked: an event that was told in
        halves would never be told again."""
        delivery: Delivery = self.root_value
        services = delivery.ctx.caller.services
        while True:
            attempt = cast("StandardExecution", self.build_per_event_executor(delivery))
            try:
                return await attempt.answered()
            except ServiceUnavailable:
                delivery.ctx.forget()
                await services.availability.wait_until_usable()

    async def answered(self) -> Any:
        """Raises ServiceUnavailable if any part of the answer could not be read."""
        delivery: Delivery = self.root_value
        self.root_value, self.context_value = delivery.event, delivery.ctx
        async with delivery.ctx.caller.services.tails.turns.turn():
            try:
                answer = await self.completed(super().execute_operation(False))
                for error in answer.errors or ():
                    if isinstance(error.original_error, ServiceUnavailable):
                        raise error.original_error
                await told_of_reading(delivery.ctx)
                return answer
            finally:
                await delivery.ctx.session.close()

    def complete_object_value(
        self, return_type: Any, details: Any, info: Any, path: Any, result: Any, position: Any
    ) -> Any:
        """The row that an event tells of is read through a plan, where there is one."""
        ctx: Ctx = self.context_value
        readers = ctx.caller.services.readers
        is_root = path.prev is not None and path.prev.prev is None
        if readers and isinstance(result, OfSchool) and is_root and self.is_event and ctx.is_known:
            nodes = [detail.node for detail in details]
            found = READINGS.get(self.asked(), return_type, nodes, type(result), ctx.actor)
            # What all who listen are told of an event was read for them together.
            at_hand = found and found.is_plain
            if found and is_here(result, ctx.actor) and not at_hand:
                return found.read(ctx, result.id)
        return super().complete_object_value(return_type, details, info, path, result, position)

    @property
    def is_event(self) -> bool:
        return self.operation.operation is OperationType.SUBSCRIPTION

    def asked(self) -> Asked:
        fragments = {name: part.definition for name, part in self.fragments.items()}
        return Asked(self.schema, self.operation, fragments, self.variable_values)

    async def completed(self, answering: Any) -> Any:
        """The answer, once the audit log was told what was read for it, with one error for each
        field asked for that was refused by grant, and errors in order."""
        answer = await await_maybe(answering)
        asker: Ctx = self.context_value
        is_mutation = self.operation.operation is OperationType.MUTATION
        if is_mutation:
            for error in answer.errors or ():
                cause = error.original_error
                if isinstance(cause, ServiceUnavailable) and error.path and len(error.path) > 1:
                    error.original_error = cause.after_commit()  # it is below a payload
        if not self.is_event:
            try:
                await told_of_reading(asker)
            except Exception as failure:  # then nobody may see what was read
                if is_mutation and isinstance(failure, ServiceUnavailable):
                    failure = failure.after_commit()
                return self.failed(failure)
        if isinstance(answer, ExecutionResult):
            data, errors = answer.data or {}, list(answer.errors or ())
            if asker.is_known:
                denied = denials(self.asked(), asker.viewer, refused(data))
                errors += errors_of(denied, data)
            answer.errors = in_order(errors, data) or None
        return answer

    def failed(self, failure: Exception) -> ExecutionResult:
        """The answer where none of what was found may be shown."""
        error = GraphQLError(str(failure), original_error=failure)
        return ExecutionResult(*failed(self.asked(), error, self.context_value.viewer))


def refused(data: dict[str, Any]) -> set[str]:
    """Keys of mutations that were refused: all that was asked of what they would give is null."""
    return {
        key
        for key, payload in data.items()
        if isinstance(payload, dict)
        and payload.get("userErrors")
        and not any(isinstance(part, dict) for part in payload.values())
    }
