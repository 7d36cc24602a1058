"""The noticeboard: notices, their audience, which is worked out at reading, and receipts."""

from datetime import datetime
from enum import Enum
from typing import Any

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from models.base import OfSchool, compute, refers, words
from models.files.files import File
from models.limits import ends_after, mark_internal, unique_internal
from models.people.persons import Person
from models.structure.classes import SchoolClass
from models.structure.sections import Section


class TargetKind(Enum):
    """The group that a notice is for, before the audience flags narrow it.

    SCHOOL: The whole school.
    GRADE_LEVEL: All classes of one year of study (параллель).
    SCHOOL_CLASS: One class.
    SECTION: One section or subgroup.
    PERSON: One person.
    """

    SCHOOL = "SCHOOL"
    GRADE_LEVEL = "GRADE_LEVEL"
    SCHOOL_CLASS = "SCHOOL_CLASS"
    SECTION = "SECTION"
    PERSON = "PERSON"


class Notice(OfSchool):
    """A notice on the noticeboard (объявление).

    title: Headline.
    body: The text, plain; HTML is shown as it is written and never rendered.
    visible_from: When its audience begins to see it.
    visible_until: When its audience ceases to see it; null without end.
    is_pinned: Indicates whether it stays on top.
    requires_acknowledgement: Indicates whether readers must confirm that they have read it.
    edited_at: When its text last changed; null if never.
    withdrawn_at: When it was taken down; null while it stands.
    version: Counts changes from 1; send it back as `expectedVersion`.
    """

    __tablename__ = "notices"
    __table_args__ = (
        ends_after("visible_until > visible_from", "visible_until"),
        Index("newest", "school_id", "visible_from", "id"),
        Index("board", "school_id", text("is_pinned DESC"), text("visible_from DESC"), "id"),
        Index("words_of_notices", "words", postgresql_using="gin"),
    )

    author_id: Mapped[int] = refers(Person)
    title: Mapped[str] = words(300)
    body: Mapped[str] = words(20000)
    visible_from: Mapped[datetime]
    visible_until: Mapped[datetime | None]
    is_pinned: Mapped[bool]
    requires_acknowledgement: Mapped[bool]
    edited_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    words: Mapped[Any] = mapped_column(
        TSVECTOR, compute("to_tsvector('russian', title || ' ' || body)")
    )


class NoticeTarget(OfSchool):
    """One part of a notice's audience; the audience is the union of its targets.

    kind: The group it is for.
    grade_level: The year of study; only with GRADE_LEVEL.
    to_students: Indicates whether it is for students.
    to_guardians: Indicates whether it is for their guardians.
    to_staff: Indicates whether it is for staff.
    """

    __tablename__ = "notice_targets"
    __table_args__ = (
        mark_internal(
            CheckConstraint("(kind = 'GRADE_LEVEL') = (grade_level IS NOT NULL)", "grade_level")
        ),
        mark_internal(
            CheckConstraint(
                "(kind = 'SCHOOL_CLASS') = (school_class_id IS NOT NULL)", "class_given"
            )
        ),
        mark_internal(
            CheckConstraint("(kind = 'SECTION') = (section_id IS NOT NULL)", "section_given")
        ),
        mark_internal(
            CheckConstraint("(kind = 'PERSON') = (person_id IS NOT NULL)", "person_given")
        ),
        mark_internal(
            CheckConstraint(
                "kind = 'PERSON' OR to_students OR to_guardians OR to_staff", "someone_addressed"
            )
        ),
    )

    notice_id: Mapped[int] = refers(Notice)
    kind: Mapped[TargetKind]
    grade_level: Mapped[int | None]
    school_class_id: Mapped[int | None] = refers(SchoolClass)
    section_id: Mapped[int | None] = refers(Section)
    person_id: Mapped[int | None] = refers(Person)
    to_students: Mapped[bool]
    to_guardians: Mapped[bool]
    to_staff: Mapped[bool]


class NoticeVersion(OfSchool):
    """A notice as it read before an edit.

    title: Headline before.
    body: Text before.
    replaced_at: When the edit replaced it.
    """

    __tablename__ = "notice_versions"
    __table_args__ = {"info": {"grants": "SELECT, INSERT"}}

    notice_id: Mapped[int] = refers(Notice)
    editor_id: Mapped[int] = refers(Person)
    title: Mapped[str] = words(300)
    body: Mapped[str] = words(20000)
    replaced_at: Mapped[datetime]


class NoticeReceipt(OfSchool):
    """A receipt: someone read a notice, and perhaps acknowledged it.

    read_at: When they first read it.
    acknowledged_at: When they confirmed it; null if they did not.
    """

    __tablename__ = "notice_receipts"
    __table_args__ = (unique_internal("notice_id", "person_id"),)

    notice_id: Mapped[int] = refers(Notice, covered=True)
    person_id: Mapped[int] = refers(Person)
    read_at: Mapped[datetime]
    acknowledged_at: Mapped[datetime | None]


class NoticeAttachment(OfSchool):
    """A file that belongs to a notice.

    position: Its place, from 0.
    """

    __tablename__ = "notice_attachments"
    __table_args__ = (unique_internal("notice_id", "file_id"),)

    notice_id: Mapped[int] = refers(Notice, covered=True)
    file_id: Mapped[int] = refers(File)
    position: Mapped[int]
