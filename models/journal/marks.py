"""Marks, their history, and how they average."""

from datetime import datetime
from enum import Enum

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped

from models.base import OfSchool, refers, same, words
from models.journal.assignments import Assignment
from models.limits import ours, unique_ours
from models.people.persons import Person
from models.people.students import Student
from models.structure.sections import Section
from models.timetable.lessons import Lesson


class MarkKind(Enum):
    """What sort of mark it is.

    NUMERIC: 1..5.
    PASS_FAIL: 1 for зачёт, 0 for незачёт.
    DEBT_POINT: A debt (точка): the work is still to be handed in; it has no value.
    """

    NUMERIC = "NUMERIC"
    PASS_FAIL = "PASS_FAIL"  # noqa: S105
    DEBT_POINT = "DEBT_POINT"


class RevisionSource(Enum):
    """What changed a mark.

    JOURNAL: A teacher, in the journal.
    IMPORT: An import.
    """

    JOURNAL = "JOURNAL"
    IMPORT = "IMPORT"


class Mark(OfSchool):
    """What a student got for an assignment: one cell of the journal (отметка). OneRoster: result.

    kind: What sort of mark it is.
    value: 1..5, or 1 and 0 for passed and failed; null for a debt.
    comment: The teacher's note to the family; null when there is none.
    set_at: When it was last set.
    published_at: From when families see it and it counts for them.
    version: Counts changes from 1; send it back as `expectedVersion`.
    """

    __tablename__ = "marks"
    __table_args__ = (
        unique_ours("assignment_id", "student_id"),
        Index("of_section", "school_id", "section_id", "student_id"),
        Index("of_lesson", "school_id", "lesson_id", "student_id"),
        same("assignment_id", "section_id", "lesson_id", of="assignments"),
        ours(
            CheckConstraint(
                "CASE kind WHEN 'NUMERIC' THEN value BETWEEN 1 AND 5 AND value IS NOT NULL"
                " WHEN 'PASS_FAIL' THEN value BETWEEN 0 AND 1 AND value IS NOT NULL"
                " ELSE value IS NULL END",
                "value",
            )
        ),
    )

    assignment_id: Mapped[int] = refers(Assignment, covered=True)
    student_id: Mapped[int] = refers(Student, covered=True)
    section_id: Mapped[int] = refers(Section, covered=True)
    lesson_id: Mapped[int] = refers(Lesson, covered=True)
    """Both the assignment's own: a diary and a journal ask for marks by lesson, averages and rights
    by section, and neither should have to go through assignments."""
    author_id: Mapped[int] = refers(Person, covered=True)
    kind: Mapped[MarkKind]
    value: Mapped[int | None]
    comment: Mapped[str | None] = words(1000)
    set_at: Mapped[datetime]
    published_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    """When the cell was emptied; the row stays, for its history and for the next mark in it."""


class MarkRevision(OfSchool):
    """One change of a mark; never changed itself (история отметки).

    old_kind: What sort it was; null for the first and after an empty cell.
    old_value: What it was.
    new_kind: What sort it became; null when the cell was emptied.
    new_value: What it became.
    reason: Why, in the author's words; null when not told.
    source: What changed it.
    at: When.
    """

    __tablename__ = "mark_revisions"
    __table_args__ = {"info": {"grants": "SELECT, INSERT"}}

    mark_id: Mapped[int] = refers(Mark)
    author_id: Mapped[int] = refers(Person, covered=True)
    old_kind: Mapped[MarkKind | None]
    old_value: Mapped[int | None]
    new_kind: Mapped[MarkKind | None]
    new_value: Mapped[int | None]
    reason: Mapped[str | None] = words(1000)
    source: Mapped[RevisionSource]
    at: Mapped[datetime]
