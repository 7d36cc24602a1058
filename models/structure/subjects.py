"""Subjects, and the scales of their marks."""

from enum import Enum

from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from models.base import OfSchool, words
from models.limits import check_range, unique, unique_internal
from models.problems import NameTaken


class MarkScale(Enum):
    """The scale of the marks of a subject.

    FIVE_POINT: 1..5.
    PASS_FAIL: Зачёт and незачёт.
    UNGRADED: No marks, as in grade 1.
    """

    FIVE_POINT = "FIVE_POINT"
    PASS_FAIL = "PASS_FAIL"  # noqa: S105
    UNGRADED = "UNGRADED"


class Subject(OfSchool):
    """A subject (предмет). Ed-Fi: AcademicSubject.

    name: Full name, e.g. `Русский язык`.
    short_name: Name for narrow columns, e.g. `Рус. яз.`.
    area: Subject area (предметная область); null when not entered.
    scale: The scale of its marks.
    position: Its place in lists, from 0.
    version: Counts changes from 1; send it back as `expectedVersion`.
    """

    __tablename__ = "subjects"
    __table_args__ = (
        unique("name", says=NameTaken),
        check_range("position", 0, 10000),
        unique_internal("sourced_id"),
        Index("by_position", "school_id", "position", "id"),
    )

    name: Mapped[str] = words(200)
    short_name: Mapped[str] = words(60)
    area: Mapped[str | None] = words(200)
    scale: Mapped[MarkScale]
    position: Mapped[int]
    sourced_id: Mapped[str | None] = words(255)
