"""Term marks and their history."""

from datetime import datetime
from enum import Enum

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped

from models.base import OfSchool, refers, words
from models.limits import mark_internal
from models.people.persons import Person
from models.people.students import Student
from models.school.calendar import AcademicYear, Term
from models.structure.sections import Section
from models.structure.subjects import Subject


class TermMarkKind(Enum):
    """The kind of a term mark; they are set in this order.

    TERM: The mark of a quarter, trimester or half-year (четвертная, полугодовая).
    YEAR: The mark of the year (годовая).
    EXAM: The mark of the exam (экзаменационная).
    FINAL: The final mark, which sums up the others (итоговая).
    """

    TERM = "TERM"
    YEAR = "YEAR"
    EXAM = "EXAM"
    FINAL = "FINAL"


class TermMarkValue(Enum):
    """The value of a term mark.

    FIVE: Excellent (5).
    FOUR: Good (4).
    THREE: Satisfactory (3).
    TWO: Unsatisfactory (2).
    PASS: Passed (зачёт).
    FAIL: Failed (незачёт).
    EXEMPT: Exempt from the subject (осв).
    NOT_ASSESSED: Not assessed (н/а).
    """

    FIVE = "FIVE"
    FOUR = "FOUR"
    THREE = "THREE"
    TWO = "TWO"
    PASS = "PASS"  # noqa: S105
    FAIL = "FAIL"
    EXEMPT = "EXEMPT"
    NOT_ASSESSED = "NOT_ASSESSED"


class TermMark(OfSchool):
    """A mark of a student for a term, a year or the whole subject (итоговая отметка).

    kind: The kind of term mark.
    value: The mark.
    comment: Why it departs from the weighted average; null when it does not.
    set_at: When it was last set.
    version: Counts changes from 1; send it back as `expectedVersion`.
    """

    __tablename__ = "term_marks"
    __table_args__ = (
        mark_internal(UniqueConstraint(
            "school_id", "student_id", "subject_id", "academic_year_id", "kind", "term_id",
            postgresql_nulls_not_distinct=True,
        )),
        mark_internal(CheckConstraint("(kind = 'TERM') = (term_id IS NOT NULL)", "term_id")),
    )  # fmt: skip

    student_id: Mapped[int] = refers(Student, covered=True)
    subject_id: Mapped[int] = refers(Subject)
    academic_year_id: Mapped[int] = refers(AcademicYear)
    term_id: Mapped[int | None] = refers(Term)
    section_id: Mapped[int] = refers(Section)
    author_id: Mapped[int] = refers(Person, covered=True)
    kind: Mapped[TermMarkKind]
    value: Mapped[TermMarkValue]
    comment: Mapped[str | None] = words(1000)
    set_at: Mapped[datetime]


class TermMarkRevision(OfSchool):
    """One change of a term mark, which is never changed itself.

    old_value: The value before; null for the first.
    new_value: The value after.
    reason: The reason in the author's words; null when none was given.
    at: When it was changed.
    """

    __tablename__ = "term_mark_revisions"
    __table_args__ = {"info": {"grants": "SELECT, INSERT"}}

    term_mark_id: Mapped[int] = refers(TermMark)
    author_id: Mapped[int] = refers(Person)
    old_value: Mapped[TermMarkValue | None]
    new_value: Mapped[TermMarkValue]
    reason: Mapped[str | None] = words(1000)
    at: Mapped[datetime]
