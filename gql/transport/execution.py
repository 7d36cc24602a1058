"""Execution, the same for all transports: a request becomes a document within the limits of its
client, and a document an answer, by a plan if there is one, else by the standard executor."""

from typing import Any

from strawberry.types.graphql import OperationType as Kind

from gql.engine.answer import Answer, code_of
from gql.engine.asker import Asker, is_signed_in
from gql.engine.run import Engine
from gql.errors import find_retry_after
from gql.guard.document import Document
from gql.guard.strangers import answer_stranger
from gql.transport.persisted import check_text, document_of, document_of_stranger
from gql.transport.problems import StrangerRequestTooLarge
from gql.transport.requests import Request, check_values
from gql.transport.responses import dump_json

KINDS = frozenset({Kind.QUERY, Kind.MUTATION})


class Executor:
    """Answers queries and mutations of every transport."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.documents, self.limits = engine.documents, engine.documents.limits

    async def read_document(
        self, asker: Asker, request: Request, size: int
    ) -> tuple[Document, int | None]:
        """Return the document to run, within the limits of its client, and its cost; None if
        nothing runs. Raises PersistedQueryNotFound, SignInForDocument, TrustedDocumentRequired,
        StrangerRequestTooLarge, BadRequest, OperationTooComplex, GraphQLSyntaxError."""
        limits, services = self.limits, self.engine.services
        asker.known = services.sessions.get(asker.token)
        stranger = asker.known is None and not await is_signed_in(services, asker)
        if stranger and size > limits.most_stranger_body:
            raise StrangerRequestTooLarge(most=limits.most_stranger_body)
        if request.variables:
            check_values(request.variables, limits, stranger=stranger)
        documents, text = self.documents, request.query
        if text is not None:
            check_text(documents, request)
            if not documents.is_ready(text):
                await documents.load(text, request.name, request.variables, stranger=stranger)
        if stranger and not services.open_introspection:
            document = document_of_stranger(documents, request, asker)
            asker.runs_nothing = self.runs_nothing(document, request, asker)
        else:
            document = document_of(documents, request, stranger=stranger)
        if asker.runs_nothing:
            return document, None
        return document, document.cost(request.name, request.variables)

    def runs_nothing(self, document: Document, request: Request, asker: Asker) -> bool:
        """Whether the schema is hidden from a stranger, and the document does not run for them.
        Then the cost is neither shown nor paid: it would reveal the schema."""
        given = answer_stranger(
            self.documents.schema,
            document,
            request.name,
            request.variables,
            has_token=bool(asker.token),
        )
        return given is not None

    async def execute(self, asker: Asker, document: Document, request: Request) -> Answer:
        """Answer by a plan if there is one, else by the standard executor."""
        if asker.token and not asker.is_stranger:
            text, variables, name = document.text, request.variables, request.name
            found = await self.engine.answer(asker, text, variables, name, document)
            if found is not None:
                return found
        return await self.execute_standard(asker, document, request)

    async def execute_standard(self, asker: Asker, document: Document, request: Request) -> Answer:
        """Answer by the standard executor. Raises `gql.errors.UNRESOLVED_ERRORS`."""
        caller = asker.caller(self.engine.services)
        caller.document = document
        extensions = dict(request.extensions) if request.extensions else None
        result = await self.engine.schema.execute(
            document.text,
            dict(request.variables),
            caller,
            operation_name=request.name,
            allowed_operation_types=KINDS,
            operation_extensions=extensions,
        )
        errors = result.errors or ()
        refused = result.data is None and not any(error.path for error in errors)
        answer: dict[str, Any] = {} if refused else {"data": result.data}
        if errors:
            answer["errors"] = [error.formatted for error in errors]
        first = errors[0] if refused and errors else None
        code = code_of(errors[0]) if errors else caller.refused
        return Answer(dump_json(answer), "standard", find_retry_after(errors), first, code)
