"""Trusted documents: GraphQL documents that the operator of the installation has registered."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Identity, LargeBinary, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Record
from models.limits import mark_internal

GRANTS = {"info": {"grants": "SELECT"}}
"""The product only looks documents up; the owner of the tables registers them, on the command
line."""
CLIENT_ID = "^(x-[A-Za-z0-9._~-]+:)?[A-Za-z0-9._~-]+$"
"""The syntax of ids that clients make themselves, from GraphQL over HTTP, appendix A."""
MOST_ID = 200
"""The greatest length of such an id, in characters."""


class TrustedDocument(Record):
    """A registered document. It belongs to the installation, so it stands above the schools."""

    __tablename__ = "trusted_documents"
    __table_args__ = (
        mark_internal(CheckConstraint("hash = sha256(convert_to(text, 'UTF8'))", "hash")),
        mark_internal(UniqueConstraint("revision")),
        GRANTS,
    )

    hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    """SHA-256 of the text in UTF-8."""
    text: Mapped[str]
    operations: Mapped[list[str]] = mapped_column(ARRAY(Text))
    """Names of its operations, in the order of the document; one without a name is left out."""
    clients: Mapped[list[str]] = mapped_column(ARRAY(Text))
    """Names of the client programs that it was registered for, in order; empty if none was
    named."""
    registered_at: Mapped[datetime]
    """When it was registered, or registered again after it was retired."""
    retired_at: Mapped[datetime | None]
    """When it was retired; null while it is answered."""
    revision: Mapped[int] = mapped_column(Identity())
    """A new number at each change. Together with the number of rows it tells whether anything has
    changed, because changes wait for each other."""


class TrustedDocumentId(Record):
    """An id by which clients ask for a registered document, besides its SHA-256: tools hash with
    MD5 or SHA-1, too, or make ids of their own."""

    __tablename__ = "trusted_document_ids"
    __table_args__ = (
        mark_internal(
            CheckConstraint(f"id ~ '{CLIENT_ID}' AND char_length(id) <= {MOST_ID}", "id")
        ),
        mark_internal(CheckConstraint("id !~ '^[0-9a-fA-F]{64}$'", "no_hash")),
        GRANTS,
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    hash: Mapped[bytes] = mapped_column(
        ForeignKey("trusted_documents.hash", ondelete="CASCADE"), index=True
    )
