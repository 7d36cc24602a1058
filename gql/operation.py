"""An operation from its text to its Ctx: parsed once, found valid once, opened for one answer."""

from collections.abc import AsyncIterator, Iterator

from graphql import (
    DocumentNode,
    ExecutableDefinitionNode,
    ExecutionResult,
    FieldNode,
    GraphQLError,
    InlineFragmentNode,
    OperationDefinitionNode,
)
from strawberry.extensions import SchemaExtension
from strawberry.schema.exceptions import CannotGetOperationTypeError

from gql.guard.document import Document
from gql.guard.strangers import answer_to_stranger
from gql.guard.sums import SCHEMA
from resolvers.core.context import Caller, Ctx


class Several(CannotGetOperationTypeError):
    """A document of several operations, and no word of which is meant."""

    def as_http_error_reason(self) -> str:
        return "The document has several operations: `operationName` says which one to run."


class Operation(SchemaExtension):
    """Opens the Ctx of an operation: the door knows only a Caller, a socket carries many."""

    asked_for: str | None = None
    read: Document | None = None
    given: ExecutionResult | None = None
    """The answer, where it was given without the schema."""

    async def on_operation(self) -> AsyncIterator[None]:
        # Once the document is parsed, the name would be that of its first operation.
        self.asked_for = self.execution_context.operation_name
        async with self.execution_context.context.open() as ctx:
            self.execution_context.context = ctx
            yield

    async def on_execute(self) -> AsyncIterator[None]:
        """A stranger learns the schema only where that is wanted."""
        ctx: Ctx = self.execution_context.context
        if self.given is not None:
            self.execution_context.result = self.given
        elif not ctx.caller.services.open_introspection and introspects(self.document):
            await ctx.identified(allow_first_password=True)
        yield

    def on_parse(self) -> Iterator[None]:
        """What the door has read is not parsed again. What did not come through the door, a tool's
        or a test's, is read by the same limits here."""
        context = self.execution_context
        self.read = context.context.caller.document
        if self.read is None and context.query:
            read: Document = context.schema.documents.read(context.query)  # type: ignore[attr-defined]
            read.cost(self.asked_for, context.variables or {})
            self.read = read
        if self.read is not None:
            context.graphql_document = self.read.node
            context.validation_rules = ()
        yield

    def on_validate(self) -> Iterator[None]:
        """By rules of our own: Strawberry leaves alone what has been judged here."""
        context = self.execution_context
        kinds = [type(part) for part in self.document.definitions]
        if self.asked_for is None and kinds.count(OperationDefinitionNode) > 1:
            raise Several(None)
        caller: Caller = context.context.caller
        if caller.hides_schema:
            context.pre_execution_errors = self.errors_for_stranger(caller)
        else:
            context.pre_execution_errors = list(self.read.errors) if self.read else None
        yield

    def errors_for_stranger(self, caller: Caller) -> list[GraphQLError] | None:
        """What is wrong, told without the schema; or else the answer, if that is all it takes."""
        context, read = self.execution_context, self.read
        if read is None or read.errors_of_form:
            return list(read.errors_of_form) if read else None
        core, sent = context.schema._schema, context.variables or {}  # noqa: SLF001
        has_token = caller.token is not None
        given = answer_to_stranger(core, read, self.asked_for, sent, has_token=has_token)
        if given is None:
            return None
        self.given = given if given.data is not None else None
        return given.errors if given.data is None else None

    @property
    def document(self) -> DocumentNode:
        """Once it is parsed."""
        assert self.execution_context.graphql_document is not None  # noqa: S101
        return self.execution_context.graphql_document


def introspects(document: DocumentNode) -> bool:
    """Whether an operation asks about the schema, which it can do beside its root fields only."""
    parts = (part for part in document.definitions if isinstance(part, ExecutableDefinitionNode))
    waiting = [part.selection_set for part in parts]
    while waiting:
        for selection in waiting.pop().selections:
            if isinstance(selection, InlineFragmentNode):
                waiting.append(selection.selection_set)
            if isinstance(selection, FieldNode) and selection.name.value in SCHEMA:
                return True
    return False
