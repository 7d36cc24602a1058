"""Term marks and their history."""

from datetime import datetime
from enum import Enum

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped

from models.base import OfSchool, refers, words
from models.limits import ours
from models.people.persons import Person
from models.people.students import Student
from models.school.calendar import AcademicYear, Term
from models.structure.sections import Section, Subject


class TermMarkKind(Enum):
    """What a final mark sums up; set in this order.

    TERM: A quarter, trimester or half-year (четвертная, полугодовая).
    YEAR: The year (годовая).
    EXAM: The exam (экзаменационная).
    FINAL: All of it (итоговая).
    """

    TERM = "TERM"
    YEAR = "YEAR"
    EXAM = "EXAM"
    FINAL = "FINAL"


class TermMarkValue(Enum):
    """What a term mark may be.

    FIVE: Excellent (5).
    FOUR: Good (4).
    THREE: Satisfactory (3).
    TWO: Unsatisfactory (2).
    PASS: Passed (зачёт).
    FAIL: Failed (незачёт).
    EXEMPT: Freed from the subject (осв).
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
    """What a student got for a term, a year or in the end (итоговая отметка).

    kind: What it sums up.
    value: The mark.
    comment: Why it departs from the weighted average; null when it does not.
    set_at: When it was last set.
    version: Counts changes from 1; send it back as `expectedVersion`.
    """

    __tablename__ = "term_marks"
    __table_args__ = (
        ours(UniqueConstraint(
            "school_id", "student_id", "subject_id", "academic_year_id", "kind", "term_id",
            postgresql_nulls_not_distinct=True,
        )),
        ours(CheckConstraint("(kind = 'TERM') = (term_id IS NOT NULL)", "term_id")),
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
    """One change of a term mark; never changed itself.

    old_value: What it was; null for the first.
    new_value: What it became.
    reason: Why, in the author's words; null when not told.
    at: When.
    """

    __tablename__ = "term_mark_revisions"
    __table_args__ = {"info": {"grants": "SELECT, INSERT"}}

    term_mark_id: Mapped[int] = refers(TermMark)
    author_id: Mapped[int] = refers(Person)
    old_value: Mapped[TermMarkValue | None]
    new_value: Mapped[TermMarkValue]
    reason: Mapped[str | None] = words(1000)
    at: Mapped[datetime]
