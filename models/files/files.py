"""Files: uploaded once, attached by id, kept outside the database."""

from datetime import datetime
from enum import Enum

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped

from models.base import OfSchool, refers, words
from models.limits import between, ours
from models.people.persons import Person


class FileStatus(Enum):
    """Whether a file's bytes have come.

    PENDING: An address to upload to was given out.
    READY: Its bytes are here, and are what they were said to be.
    """

    PENDING = "PENDING"
    READY = "READY"


class File(OfSchool):
    """A file someone uploaded, to attach it to homework, a notice or a letter.

    name: Its name, without a path.
    media_type: What it is, by its own bytes, e.g. `application/pdf`.
    size: Bytes.
    status: Whether its bytes have come.
    uploaded_at: When its bytes came; null before.
    """

    __tablename__ = "files"
    __table_args__ = (
        between("size", 1, 1073741824),
        ours(CheckConstraint("name !~ '[/\\\\[:cntrl:]]'", "name_has_no_path")),
    )

    owner_id: Mapped[int] = refers(Person)
    name: Mapped[str] = words(255)
    media_type: Mapped[str] = words(100)
    size: Mapped[int]
    sha256: Mapped[bytes | None]
    status: Mapped[FileStatus]
    created_at: Mapped[datetime]
    uploaded_at: Mapped[datetime | None]
    storage_key: Mapped[str | None]
    """Where its bytes lie. Of every attempt to upload it, another; while it is pending, that of the
    last attempt."""
