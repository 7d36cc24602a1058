"""Trusted documents in memory, found by their SHA-256, by an id of a client, or by their text.

They are kept apart from documents that clients send, and are never evicted.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gql.guard.document import Document


@dataclass(frozen=True, slots=True)
class TrustedDocuments:
    """The registered documents of a process at one moment. A change makes a new object, so that a
    request never sees half of it.

    hashes: By SHA-256 of the text, in lower-case hexadecimal digits.
    ids: By other ids of clients.
    texts: By their texts.
    """

    hashes: "Mapping[str, Document]" = field(default_factory=dict)
    ids: "Mapping[str, Document]" = field(default_factory=dict)
    texts: "Mapping[str, Document]" = field(default_factory=dict)

    def find(self, document_id: str) -> "Document | None":
        """Return the document of a SHA-256 or of an id of a client."""
        return self.hashes.get(document_id) or self.ids.get(document_id)


def index_trusted(documents: "Mapping[str, tuple[Document, Iterable[str]]]") -> TrustedDocuments:
    """Return the registered documents.

    documents: By SHA-256, with the ids of clients.
    """
    hashes = {key: document for key, (document, _) in documents.items()}
    ids = {name: document for document, names in documents.values() for name in names}
    return TrustedDocuments(hashes, ids, {one.text: one for one in hashes.values()})
