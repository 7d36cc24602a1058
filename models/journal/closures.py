"""Locks on the journals of terms."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped

from models.base import OfSchool, refers, words
from models.limits import ours
from models.people.persons import Person
from models.school.calendar import Term


class JournalClosure(OfSchool):
    """That the journal of a term was locked, and perhaps unlocked again.

    closed_at: When it was locked.
    reopened_at: When it was unlocked; null while it is locked.
    reason: Why it was unlocked; null while it is locked.
    """

    __tablename__ = "journal_closures"
    __table_args__ = (
        ours(Index("one_open_closure", "school_id", "term_id", unique=True,
                   postgresql_where=text("reopened_at IS NULL"))),
        ours(CheckConstraint("(reopened_at IS NULL) = (reason IS NULL)", "reason_given")),
    )  # fmt: skip

    term_id: Mapped[int] = refers(Term)
    closed_by_id: Mapped[int] = refers(Person)
    closed_at: Mapped[datetime]
    reopened_by_id: Mapped[int | None] = refers(Person)
    reopened_at: Mapped[datetime | None]
    reason: Mapped[str | None] = words(1000)
