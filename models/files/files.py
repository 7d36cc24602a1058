"""Files: uploaded once, attached by id, stored outside of the database."""

from datetime import datetime
from enum import Enum

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped

from models.base import OfSchool, refers, words
from models.limits import check_range, mark_internal
from models.people.persons import Person


class FileStatus(Enum):
    """Whether a file has been uploaded.

    PENDING: An address for the upload was given out.
    READY: The bytes are stored, and are of the size and type that were announced.
    """

    PENDING = "PENDING"
    READY = "READY"


class File(OfSchool):
    """A file that someone uploaded, to attach it to homework, a notice or a letter.

    name: Its name, without a path.
    media_type: Its media type, as its bytes show, e.g. `application/pdf`.
    size: Size in bytes.
    status: Whether it has been uploaded.
    uploaded_at: When it was uploaded; null before.
    """

    __tablename__ = "files"
    __table_args__ = (
        check_range("size", 1, 1073741824),
        mark_internal(CheckConstraint("name !~ '[/\\\\[:cntrl:]]'", "name_has_no_path")),
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
    """The key of its bytes in the storage. Each attempt to upload it takes a new key; while the
    file is pending, this is the key of the last attempt."""
