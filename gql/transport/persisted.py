"""Persisted documents: the document that a request names by its text, by an id, or by both.

All transports use it. `documentId` is that of GraphQL over HTTP, appendix A; the hash in
`extensions.persistedQuery` is that of Apollo's automatic persisted queries. Both name a registered
document, or one that a client sent with its hash before.

The ids of clients can be guessed. So a stranger from whom the schema is hidden gets the same answer
for every id, except those of documents that run for strangers.
"""

from gql.engine.asker import Asker
from gql.guard.document import Document
from gql.guard.documents import Documents
from gql.guard.strangers import runs_for_strangers
from gql.transport.problems import (
    AutomaticQueryNotFound,
    BadRequest,
    PersistedQueryNotFound,
    SignInForDocument,
    TrustedDocumentRequired,
)
from gql.transport.requests import Request, hash_of
from models.problems import OperationTooComplex, Problem


def check_text(documents: Documents, request: Request) -> None:
    """Check a text before it is parsed. Raises BadRequest if its id belongs to another text, and
    TrustedDocumentRequired."""
    text, document_id = request.query, request.document_id
    if document_id is not None and text is not None:
        known = documents.trusted.find(document_id)
        if text != known.text if known else document_id != hash_of(text):
            raise BadRequest(field="query", expected="the text that its id was made of, or none")
    if documents.trusted_only and text not in documents.trusted.texts and text is not None:
        raise TrustedDocumentRequired


def document_of(documents: Documents, request: Request, *, stranger: bool) -> Document:
    """Return the document that a request names; its text was checked. Raises
    PersistedQueryNotFound, OperationTooComplex, GraphQLSyntaxError."""
    text, document_id = request.query, request.document_id
    if document_id is None:
        assert text is not None  # noqa: S101  # a request has one or the other
        return documents.read(text, stranger=stranger)
    if text is not None:
        return documents.keep_hashed(text, document_id, stranger=stranger)
    found = documents.find(document_id, stranger=stranger)
    if found is None:
        raise AutomaticQueryNotFound if is_automatic(request) else PersistedQueryNotFound
    return found


def document_of_stranger(documents: Documents, request: Request, asker: Asker) -> Document:
    """Return the same for a stranger from whom the schema is hidden. Raises AutomaticQueryNotFound
    and SignInForDocument instead of PersistedQueryNotFound, also for a document that does not run
    for strangers: a client whose token has ended must learn that."""
    if request.query is not None or request.document_id is None:
        return document_of(documents, request, stranger=True)
    unknown: type[Problem] = AutomaticQueryNotFound if is_automatic(request) else SignInForDocument
    try:
        found = documents.find(request.document_id, stranger=True)
    except OperationTooComplex:
        raise unknown from None
    schema, has_token = documents.schema, bool(asker.token)
    if found and runs_for_strangers(schema, found, request.name, has_token=has_token):
        return found
    raise unknown


def is_automatic(request: Request) -> bool:
    """Whether the client will send the text if the document is not found."""
    return bool(request.extensions) and "persistedQuery" in (request.extensions or {})
