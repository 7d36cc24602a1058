"""Mail inside the school: letters, and the copy of each that its sender and recipients hold."""

from datetime import datetime
from enum import Enum
from typing import Any

from sqlalchemy import Index
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from models.base import OfSchool, compute, refers
from models.files.files import File
from models.limits import check_length, unique_internal
from models.people.persons import Person


class MailFolder(Enum):
    """The folder that holds a copy of a letter.

    INBOX: Received letters.
    SENT: Sent letters.
    DRAFTS: Letters that are not sent yet.
    ARCHIVE: Archived letters.
    TRASH: Deleted letters.
    """

    INBOX = "INBOX"
    SENT = "SENT"
    DRAFTS = "DRAFTS"
    ARCHIVE = "ARCHIVE"
    TRASH = "TRASH"


class MailRole(Enum):
    """The role of a person in a letter.

    FROM: They wrote it.
    TO: It is addressed to them.
    CC: They get a copy, and everyone sees that.
    BCC: They get a copy, and only the writer sees that.
    """

    FROM = "FROM"
    TO = "TO"
    CC = "CC"
    BCC = "BCC"


class MailMessage(OfSchool):
    """A letter (письмо). It never changes once it is sent.

    subject: The subject; empty when there is none.
    body: The text, plain.
    sent_at: When it was sent; null for a draft.
    shows_recipients: Indicates whether recipients see each other.
    version: Counts changes from 1; send it back as `expectedVersion`.
    """

    __tablename__ = "mail_messages"
    __table_args__ = (
        check_length("subject", 300, least=0),
        check_length("body", 50000, least=0),
        Index("words_of_mail", "words", postgresql_using="gin"),
    )

    sender_id: Mapped[int] = refers(Person)
    thread_id: Mapped[int | None] = refers("mail_messages")
    """The letter that began the conversation; null for that letter itself."""
    reply_to_id: Mapped[int | None] = refers("mail_messages")
    subject: Mapped[str]
    body: Mapped[str]
    sent_at: Mapped[datetime | None]
    shows_recipients: Mapped[bool]
    words: Mapped[Any] = mapped_column(
        TSVECTOR, compute("to_tsvector('russian', subject || ' ' || body)")
    )


class MailCopy(OfSchool):
    """One person's copy of a letter.

    role: Their role in the letter.
    folder: The folder that holds it.
    read_at: When they first read it; null before.
    at: When it was sent, received or last saved.
    version: Counts changes from 1; send it back as `expectedVersion`.
    """

    __tablename__ = "mail_copies"
    __table_args__ = (
        unique_internal("message_id", "person_id", "role"),
        Index("mailbox", "school_id", "person_id", "folder", "at", "id"),
    )

    message_id: Mapped[int] = refers(MailMessage, covered=True)
    person_id: Mapped[int] = refers(Person, covered=True)
    role: Mapped[MailRole]
    folder: Mapped[MailFolder | None]
    """Null in a recipient's copy of a draft: they have not received it yet."""
    read_at: Mapped[datetime | None]
    at: Mapped[datetime]


class MailRecipient(OfSchool):
    """The writer or a recipient of a letter: the part of someone's copy that others may know.

    role: Their role in the letter.
    """

    __table__ = MailCopy.__table__
    __mapper_args__: dict[str, Any] = {
        "include_properties": ["school_id", "id", "version", "message_id", "person_id", "role"]
    }

    message_id: Mapped[int]
    person_id: Mapped[int]
    role: Mapped[MailRole]


class MailAttachment(OfSchool):
    """A file that belongs to a letter.

    position: Its place, from 0.
    """

    __tablename__ = "mail_attachments"
    __table_args__ = (unique_internal("message_id", "file_id"),)

    message_id: Mapped[int] = refers(MailMessage, covered=True)
    file_id: Mapped[int] = refers(File)
    position: Mapped[int]
