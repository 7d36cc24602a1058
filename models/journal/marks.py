"""Marks and their history."""

from datetime import datetime
from enum import Enum

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped

from models.base import OfSchool, keep_equal, refers, words
from models.journal.assignments import Assignment
from models.limits import mark_internal, unique_internal
from models.people.persons import Person
from models.people.students import Student
from models.structure.sections import Section
from models.timetable.lessons import Lesson


class MarkKind(Enum):
    """The kind of a mark.

    NUMERIC: A number, 1..5.
    PASS_FAIL: 1 for passed (зачёт), 0 for failed (незачёт).
    DEBT_POINT: A debt (точка): the work is still to be handed in, so there is no value.
    """

    NUMERIC = "NUMERIC"
    PASS_FAIL = "PASS_FAIL"  # noqa: S105
    DEBT_POINT = "DEBT_POINT"


class RevisionSource(Enum):
    """The source of a change of a mark.

    JOURNAL: A teacher changed it in the journal.
    IMPORT: An import changed it.
    """

    JOURNAL = "JOURNAL"
    IMPORT = "IMPORT"


class Mark(OfSchool):
    """A mark that a student got for an assignment: a cell of the journal (отметка). OneRoster:
    result.

    kind: The kind of mark.
    value: The value: 1..5, or 1 and 0 for passed and failed; null for a debt.
    comment: The teacher's note to the family; null when there is none.
    set_at: When it was last set.
    published_at: When families begin to see it and it begins to count for them.
    version: Counts changes from 1; send it back as `expectedVersion`.
    """

    __tablename__ = "marks"
    __table_args__ = (
        unique_internal("assignment_id", "student_id"),
        Index("of_section", "school_id", "section_id", "student_id"),
        Index("of_lesson", "school_id", "lesson_id", "student_id"),
        keep_equal("assignment_id", "section_id", "lesson_id", of="assignments"),
        mark_internal(
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
    """Section and lesson are copied from the assignment: diaries and journals look marks up by
    lesson, averages and rights by section, and neither needs a join with assignments."""
    author_id: Mapped[int] = refers(Person, covered=True)
    kind: Mapped[MarkKind]
    value: Mapped[int | None]
    comment: Mapped[str | None] = words(1000)
    set_at: Mapped[datetime]
    published_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    """When the cell was emptied. The row stays, for its history and for the next mark in it."""


class MarkRevision(OfSchool):
    """One change of a mark, which is never changed itself (история отметки).

    old_kind: The kind before; null for the first mark and after an empty cell.
    old_value: The value before.
    new_kind: The kind after; null when the cell was emptied.
    new_value: The value after.
    reason: The reason in the author's words; null when none was given.
    source: The source of the change.
    at: When it was changed.
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
