"""An operation from its text to its Ctx: parsed once, found valid once, opened for one answer."""

from collections.abc import AsyncIterator, Iterator

from graphql import (
    DocumentNode,
    ExecutableDefinitionNode,
    FieldNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    validate,
)
from strawberry.extensions import SchemaExtension
from strawberry.schema.exceptions import CannotGetOperationTypeError
from strawberry.types.graphql import OperationType

from gql.documents import Documents
from gql.validation import RULES
from models.problems import ServiceUnavailable
from resolvers.access.reading import told_of_reading
from resolvers.context import Ctx

ABOUT_SCHEMA = ("__schema", "__type")
VALID = Documents[DocumentNode]()


class Several(CannotGetOperationTypeError):
    """A document of several operations, and no word of which is meant."""

    def as_http_error_reason(self) -> str:
        return "The document has several operations: `operationName` says which one to run."


class Operation(SchemaExtension):
    """Opens the Ctx of an operation: the door knows only a Caller, a socket carries many."""

    asked_for: str | None = None

    async def on_operation(self) -> AsyncIterator[None]:
        # Once the document is parsed, the name would be that of its first operation.
        self.asked_for = self.execution_context.operation_name
        async with self.execution_context.context.open() as ctx:
            self.execution_context.context = ctx
            yield
            try:
                await told_of_reading(ctx)
            except ServiceUnavailable as problem:
                if self.execution_context.operation_type is OperationType.MUTATION:
                    raise problem.after_commit() from problem
                raise

    async def on_execute(self) -> AsyncIterator[None]:
        """A stranger learns the schema only where that is wanted."""
        ctx: Ctx = self.execution_context.context
        if not ctx.caller.services.open_introspection and introspects(self.document):
            await ctx.identified(allow_first_password=True)
        yield

    def on_parse(self) -> Iterator[None]:
        """What was found valid before, by the engine or here, is not parsed again."""
        ctx: Ctx = self.execution_context.context
        known = ctx.caller.document or VALID.get(self.execution_context.query or "")
        if known is not None:
            self.execution_context.graphql_document = known
            self.execution_context.validation_rules = ()
        yield

    def on_validate(self) -> Iterator[None]:
        """By rules of our own: Strawberry leaves alone what has been judged here."""
        kinds = [type(part) for part in self.document.definitions]
        if self.asked_for is None and kinds.count(OperationDefinitionNode) > 1:
            raise Several(None)
        if self.execution_context.validation_rules:
            schema = self.execution_context.schema._schema  # noqa: SLF001  # graphql-core's
            errors = self.execution_context.pre_execution_errors = validate(
                schema, self.document, RULES
            )
            for error in errors:
                error.extensions = {"code": "GRAPHQL_VALIDATION_FAILED"}
            if not errors:
                VALID.keep(self.document, self.execution_context.query or "")
        yield

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
            if isinstance(selection, FieldNode) and selection.name.value in ABOUT_SCHEMA:
                return True
    return False
