"""Closures of the journals of terms."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped

from models.base import OfSchool, refers, words
from models.limits import mark_internal
from models.people.persons import Person
from models.school.calendar import Term


class JournalClosure(OfSchool):
    """A closure of the journal of a term, which may have been reopened since.

    closed_at: When it was closed.
    reopened_at: When it was reopened; null while it is closed.
    reason: Why it was reopened; null while it is closed.
    """

    __tablename__ = "journal_closures"
    __table_args__ = (
        mark_internal(Index("one_open_closure", "school_id", "term_id", unique=True,
                   postgresql_where=text("reopened_at IS NULL"))),
        mark_internal(CheckConstraint("(reopened_at IS NULL) = (reason IS NULL)", "reason_given")),
    )  # fmt: skip

    term_id: Mapped[int] = refers(Term)
    closed_by_id: Mapped[int] = refers(Person)
    closed_at: Mapped[datetime]
    reopened_by_id: Mapped[int | None] = refers(Person)
    reopened_at: Mapped[datetime | None]
    reason: Mapped[str | None] = words(1000)
