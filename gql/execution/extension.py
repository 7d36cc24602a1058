"""The Strawberry extension that parses and validates an operation, and opens its Ctx."""

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
from gql.guard.strangers import answer_stranger
from gql.guard.sums import SCHEMA
from resolvers.core.context import Caller, Ctx


class AmbiguousOperation(CannotGetOperationTypeError):
    """A document has several operations, and the request names none."""

    def as_http_error_reason(self) -> str:
        return "The document has several operations: `operationName` says which one to run."


class OperationExtension(SchemaExtension):
    """The extension of one operation. It opens the Ctx: transports have a Caller only."""

    asked_for: str | None = None
    read: Document | None = None
    given: ExecutionResult | None = None
    """The answer, if it was made without the schema."""

    async def on_operation(self) -> AsyncIterator[None]:
        # Later, after parsing, the name would be that of the first operation.
        self.asked_for = self.execution_context.operation_name
        async with self.execution_context.context.open() as ctx:
            self.execution_context.context = ctx
            yield

    async def on_execute(self) -> AsyncIterator[None]:
        """Refuse introspection by strangers, unless the settings open the schema."""
        ctx: Ctx = self.execution_context.context
        if self.given is not None:
            self.execution_context.result = self.given
        elif not ctx.caller.services.open_introspection and introspects(self.document):
            await ctx.identify(allow_first_password=True)
        yield

    def on_parse(self) -> Iterator[None]:
        """Use the document that the transport has parsed. Parse that of a tool or a test here,
        within the same limits."""
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
        """Validate by our own rules; Strawberry then skips its validation."""
        context = self.execution_context
        kinds = [type(part) for part in self.document.definitions]
        if self.asked_for is None and kinds.count(OperationDefinitionNode) > 1:
            raise AmbiguousOperation(None)
        caller: Caller = context.context.caller
        if caller.hides_schema:
            context.pre_execution_errors = self.errors_for_stranger(caller)
        else:
            context.pre_execution_errors = list(self.read.errors) if self.read else None
        yield

    def errors_for_stranger(self, caller: Caller) -> list[GraphQLError] | None:
        """Return errors that do not reveal the schema; None if there are none, or if the answer was
        made without the schema."""
        context, read = self.execution_context, self.read
        if read is None or read.errors_of_form:
            return list(read.errors_of_form) if read else None
        core, sent = context.schema._schema, context.variables or {}  # noqa: SLF001
        has_token = caller.token is not None
        given = answer_stranger(core, read, self.asked_for, sent, has_token=has_token)
        if given is None:
            return None
        self.given = given if given.data is not None else None
        return given.errors if given.data is None else None

    @property
    def document(self) -> DocumentNode:
        """The parsed document."""
        assert self.execution_context.graphql_document is not None  # noqa: S101
        return self.execution_context.graphql_document


def introspects(document: DocumentNode) -> bool:
    """Whether an operation selects introspection fields, which can be root fields only."""
    parts = (part for part in document.definitions if isinstance(part, ExecutableDefinitionNode))
    waiting = [part.selection_set for part in parts]
    while waiting:
        for selection in waiting.pop().selections:
            if isinstance(selection, InlineFragmentNode):
                waiting.append(selection.selection_set)
            if isinstance(selection, FieldNode) and selection.name.value in SCHEMA:
                return True
    return False
