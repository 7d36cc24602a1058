"""Trusted documents in memory: found by their SHA-256, by an id of a client, or by their text.

They are kept apart from what clients send, and nobody pushes them out.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gql.guard.document import Document


@dataclass(frozen=True, slots=True)
class Trusted:
    """The registered documents of a process at one moment. A change makes another of these, so that
    a request sees all of it or nothing.

    hashes: By SHA-256 of the text, in lower-case hexadecimal digits.
    ids: By other ids of clients.
    texts: By their texts.
    """

    hashes: "Mapping[str, Document]" = field(default_factory=dict)
    ids: "Mapping[str, Document]" = field(default_factory=dict)
    texts: "Mapping[str, Document]" = field(default_factory=dict)

    def find(self, document_id: str) -> "Document | None":
        """The document of a SHA-256 or of an id of a client."""
        return self.hashes.get(document_id) or self.ids.get(document_id)


def trusted_of(documents: "Mapping[str, tuple[Document, Iterable[str]]]") -> Trusted:
    """documents: By SHA-256, with the ids of clients."""
    hashes = {key: document for key, (document, _) in documents.items()}
    ids = {name: document for document, names in documents.values() for name in names}
    return Trusted(hashes, ids, {one.text: one for one in hashes.values()})
