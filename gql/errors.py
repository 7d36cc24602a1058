"""What a client learns of an error: a code in any case, the rest only if it was expected."""

import asyncio
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, time
from functools import cached_property
from typing import Any, cast

import strawberry
from graphql import (
    ExecutionResult,
    GraphQLError,
    GraphQLInputObjectType,
    GraphQLSyntaxError,
    OperationType,
    get_operation_ast,
)
from strawberry.exceptions import MissingQueryError
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from strawberry.schema_directives import OneOf
from strawberry.types import ExecutionContext
from strawberry.types.graphql import OperationType as Kind
from strawberry.utils.await_maybe import await_maybe
from strawberry.utils.str_converters import to_camel_case

from gql.admission.problems import RateLimited
from gql.bridge.nodes import tell_scopes
from gql.engine.denials import denials
from gql.engine.operation import Operation as Asked
from gql.engine.payloads import Readings, is_here
from gql.error_texts import INPUT, PARSE, VALIDATION, is_about_argument, worded
from gql.guard.documents import Documents
from gql.guard.limits import Limits
from gql.guard.rules import variable_errors
from gql.guard.sums import SCHEMA
from gql.logs import log
from models.base import OfSchool
from models.problems import OperationTimeout, Problem, ServiceUnavailable, TransactionLost
from resolvers.access.reading import told_of_reading
from resolvers.context import Caller, Ctx
from resolvers.events.listening import Delivery
from resolvers.refusals import LOST, sqlstate

WHICH = (MissingQueryError, CannotGetOperationTypeError, InvalidOperationTypeError)
"""Raised when a request does not say which operation to run; by HTTP these are a 400."""
READINGS = Readings()
DESCRIBING = ThreadPoolExecutor(1, "schema")
"""One at a time: who asks for the schema again and again slows down themselves."""
CANCELLED = "57014"
"""SQLSTATE of a statement that took too long."""


class PerEvent(StrawberryGraphQLCoreExecutionContext):
    """Answers each event of a subscription in a Ctx of its own, closed before sending."""

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
            self.context_value.reads_anew = self.reads_anew
            return self.with_denials(super().execute_operation(serially))
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
            attempt = cast("PerEvent", self.build_per_event_executor(delivery))
            try:
                return await attempt.answered()
            except ServiceUnavailable:
                delivery.ctx.forget()
                await services.availability.usable()

    async def answered(self) -> Any:
        """Raises ServiceUnavailable if any part of the answer could not be read."""
        delivery: Delivery = self.root_value
        self.root_value, self.context_value = delivery.event, delivery.ctx
        async with delivery.ctx.caller.services.tails.turns.turn():
            try:
                answer = await self.with_denials(super().execute_operation(False))
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
        """A row that was changed, or told of, is read through a plan, where there is one."""
        ctx: Ctx = self.context_value
        readers = ctx.caller.services.readers
        if readers and isinstance(result, OfSchool) and self.is_news(path) and ctx.is_known:
            nodes = [detail.node for detail in details]
            found = READINGS.get(self.asked(), return_type, nodes, type(result), ctx.actor)
            # What all who listen are told of an event was read for them together.
            at_hand = found and found.is_plain and self.is_event
            if found and is_here(result, ctx.actor) and not at_hand:
                return found.read(ctx, result.id)
        return super().complete_object_value(return_type, details, info, path, result, position)

    def reads_anew(self, row: OfSchool) -> bool:
        """Whether plans read all that is asked of a row which a command gave."""
        ctx: Ctx = self.context_value
        return ctx.caller.services.readers is not None and READINGS.cover(
            self.asked(), row, ctx.actor
        )

    def is_news(self, path: Any) -> bool:
        """Whether it stands in a payload or an event."""
        is_read = self.operation.operation is OperationType.QUERY
        return not is_read and path.prev is not None and path.prev.prev is None

    @property
    def is_event(self) -> bool:
        return self.operation.operation is OperationType.SUBSCRIPTION

    def asked(self) -> Asked:
        fragments = {name: part.definition for name, part in self.fragments.items()}
        return Asked(self.schema, self.operation, fragments, self.variable_values)

    async def with_denials(self, answering: Any) -> Any:
        """The answer, and one error for each field asked for that was refused by grant."""
        answer = await await_maybe(answering)
        asker: Ctx = self.context_value
        if self.operation.operation is OperationType.MUTATION:
            for error in answer.errors or ():
                cause = error.original_error
                if isinstance(cause, ServiceUnavailable) and error.path and len(error.path) > 1:
                    error.original_error = cause.after_commit()  # it is below a payload
        if asker.is_known and isinstance(answer, ExecutionResult):
            told = denials(self.asked(), asker.viewer, refused(answer.data or {}))
            answer.errors = [*(answer.errors or ()), *told] or None
        return answer


def refused(data: dict[str, Any]) -> set[str]:
    """Keys of mutations that were refused: all that was asked of what they would give is null."""
    return {
        key
        for key, payload in data.items()
        if isinstance(payload, dict)
        and payload.get("userErrors")
        and not any(isinstance(part, dict) for part in payload.values())
    }


class Schema(strawberry.Schema):
    """Strawberry's, which does not tell graphql-core of `@oneOf`: introspection needs it."""

    def __init__(self, *parts: Any, **options: Any) -> None:
        super().__init__(*parts, **options)
        for type_ in self._schema.type_map.values():
            if isinstance(type_, GraphQLInputObjectType):
                definition = type_.extensions["strawberry-definition"]
                type_.is_one_of = any(isinstance(one, OneOf) for one in definition.directives or ())

    @cached_property
    def documents(self) -> Documents:
        """Where documents are read that do not come through a door."""
        return Documents(self._schema, Limits())

    def described(self, description: str) -> "Schema":
        """The same schema with a description, which introspection and SDL tell."""
        self._schema.description = description
        return self

    def as_str(self) -> str:
        """Strawberry prints no description of a schema."""
        tell_scopes()
        core = self._schema
        roots = (core.query_type, core.mutation_type, core.subscription_type)
        kinds = zip(("query", "mutation", "subscription"), roots, strict=True)
        root = "".join(f"  {kind}: {type_.name}\n" for kind, type_ in kinds if type_)
        return f'"""\n{core.description}\n"""\nschema {{\n{root}}}\n\n{super().as_str()}'

    def process_errors(
        self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None
    ) -> None:
        """The one place all errors pass, whatever the transport; they are replaced in place."""
        context: Ctx | Caller = execution_context.context  # type: ignore[union-attr]
        caller = context.caller if isinstance(context, Ctx) else context
        errors[:] = [named(error, caller) for error in errors]
        if retry_after(errors) is not None:
            caller.services.availability.count_refused()


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
    if isinstance(cause, Problem):
        return told(error, cause, caller.language)
    if isinstance(cause, WHICH):
        error.extensions = {"code": "OPERATION_RESOLUTION_FAILURE"}
        return error
    of_document = (error.extensions or {}).get("code") == VALIDATION
    of_request = cause is None or isinstance(cause, GraphQLError)
    if of_document or (of_request and (not error.path or is_about_argument(error))):
        code = (
            PARSE if isinstance(error, GraphQLSyntaxError) else VALIDATION if of_document else INPUT
        )
        log.debug("refused", request_id=caller.request_id, code=code)
        return worded(error, code, caller.language, hides=caller.hides_schema)
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
        problem.said(language),
        nodes=error.nodes,
        path=error.path,
        original_error=problem,
        extensions=extensions,
    )
