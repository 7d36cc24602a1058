"""Persisted documents: what a request asks to run, by its text, by an id, or by both.

The one place for all transports. `documentId` is that of GraphQL over HTTP, appendix A; the hash in
`extensions.persistedQuery` is that of Apollo's automatic persisted queries. Both name a registered
document, or else one that a client sent with its hash a while ago.
"""

from gql.guard.document import Document
from gql.guard.documents import Documents
from gql.transport.problems import (
    AutomaticQueryNotFound,
    BadRequest,
    PersistedQueryNotFound,
    TrustedDocumentRequired,
)
from gql.transport.requests import Request, hash_of


def check_text(documents: Documents, request: Request) -> None:
    """Before a text is read. Raises BadRequest where it is not the one its id stands for, and
    TrustedDocumentRequired."""
    text, document_id = request.query, request.document_id
    if document_id is not None and text is not None:
        known = documents.trusted.find(document_id)
        if text != known.text if known else document_id != hash_of(text):
            raise BadRequest(field="query", expected="the text that its id was made of, or none")
    if documents.trusted_only and text not in documents.trusted.texts and text is not None:
        raise TrustedDocumentRequired


def document_of(documents: Documents, request: Request, *, stranger: bool) -> Document:
    """The document that a request asks to run, once its text is checked. Raises
    PersistedQueryNotFound, OperationTooComplex, GraphQLSyntaxError."""
    text, document_id = request.query, request.document_id
    if document_id is None:
        assert text is not None  # noqa: S101  # a request has one or the other
        return documents.read(text, stranger=stranger)
    if text is not None:
        return documents.keep_hashed(text, document_id, stranger=stranger)
    found = documents.find(document_id, stranger=stranger)
    if found is None:
        is_automatic = request.extensions and "persistedQuery" in request.extensions
        raise AutomaticQueryNotFound if is_automatic else PersistedQueryNotFound
    return found
