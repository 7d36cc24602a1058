"""The event log: it says that something happened to a row, and never what the row holds."""

from datetime import datetime
from enum import Enum

from sqlalchemy import BigInteger, ForeignKey, Index
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Record


class Topic(Enum):
    """The stream that an event belongs to.

    NOTICES: The noticeboard.
    MAIL: The mail.
    JOURNAL: Marks, attendance, homework.
    """

    NOTICES = "NOTICES"
    MAIL = "MAIL"
    JOURNAL = "JOURNAL"


class EventKind(Enum):
    """The kind of an event.

    NOTICE_PUBLISHED: A notice was put up, or the time has come from which it is seen.
    NOTICE_EDITED: A notice was edited.
    NOTICE_WITHDRAWN: A notice was taken down.
    MAIL_RECEIVED: A letter came.
    MARK_SET: A mark was set or changed, or the time has come from which families see it.
    MARK_WITHDRAWN: A mark was taken back.
    ATTENDANCE_SET: Attendance was recorded.
    HOMEWORK_SET: Homework was set or changed.
    TERM_MARK_SET: A term mark was set or changed.
    """

    NOTICE_PUBLISHED = "NOTICE_PUBLISHED"
    NOTICE_EDITED = "NOTICE_EDITED"
    NOTICE_WITHDRAWN = "NOTICE_WITHDRAWN"
    MAIL_RECEIVED = "MAIL_RECEIVED"
    MARK_SET = "MARK_SET"
    MARK_WITHDRAWN = "MARK_WITHDRAWN"
    ATTENDANCE_SET = "ATTENDANCE_SET"
    HOMEWORK_SET = "HOMEWORK_SET"
    TERM_MARK_SET = "TERM_MARK_SET"


class SchoolHead(Record):
    """The last numbers of a school's logs. Its row lock puts entries in the order of commits."""

    __tablename__ = "school_heads"

    school_id: Mapped[int] = mapped_column(ForeignKey("schools.id"), primary_key=True)
    event_seq: Mapped[int]
    audit_seq: Mapped[int]
    audit_hash: Mapped[bytes]


class Event(Record):
    """One thing that happened to a row. It has no content: that is read at delivery, under the
    rights of the subscriber. Events past retention are deleted, the oldest first.

    kind: The kind of event.
    at: When it happened.
    """

    __tablename__ = "events"
    __table_args__ = (
        Index("by_topic", "school_id", "topic", "seq"),
        {"info": {"grants": "SELECT, INSERT, DELETE"}},
    )

    school_id: Mapped[int] = mapped_column(ForeignKey("schools.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    topic: Mapped[Topic]
    kind: Mapped[EventKind]
    entity: Mapped[str]
    at: Mapped[datetime]
    student_id: Mapped[int | None]
    """The student whose journal it concerns; null where it is not about one student."""
    persons: Mapped[list[int] | None] = mapped_column(ARRAY(BigInteger))
    """The persons it is for, where they were fixed when it happened: the holders of a letter."""


class ScheduledEvent(Record):
    """An event to come: at `due_at` more people may read the row, and the event is written."""

    __tablename__ = "scheduled_events"
    __table_args__ = (Index("by_time", "school_id", "due_at"),)

    school_id: Mapped[int] = mapped_column(ForeignKey("schools.id"), primary_key=True)
    entity: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[EventKind] = mapped_column(primary_key=True)
    topic: Mapped[Topic]
    student_id: Mapped[int | None]
    due_at: Mapped[datetime]
