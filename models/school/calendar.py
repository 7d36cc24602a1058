"""The calendar of a school: years, terms, holidays and bells."""

from datetime import date, time
from enum import Enum

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped

from models.base import OfSchool, never_overlaps, refers, words
from models.limits import check_range, ends_after, mark_internal, unique
from models.problems import NameTaken

DAYS = "daterange(starts_on, ends_on, '[]')"
MINUTES = (
    "int4range((extract(epoch FROM starts_at) / 60)::int, (extract(epoch FROM ends_at) / 60)::int)"
)


class YearStatus(Enum):
    """The state of an academic year.

    PLANNED: It is being prepared.
    CURRENT: It is the year under way; a school has one.
    CLOSING: Its results are being summed up.
    ARCHIVED: It is read-only for everyone.
    """

    PLANNED = "PLANNED"
    CURRENT = "CURRENT"
    CLOSING = "CLOSING"
    ARCHIVED = "ARCHIVED"


class TermStatus(Enum):
    """The state of a term, which says whether its journal can be written.

    OPEN: Marks and attendance can be set.
    MARKING: Lessons are over; term marks (итоговые отметки) are being set.
    CLOSED: The journal of the term is read-only.
    """

    OPEN = "OPEN"
    MARKING = "MARKING"
    CLOSED = "CLOSED"


class AcademicYear(OfSchool):
    """An academic year (учебный год). OneRoster: academicSession of type schoolYear.

    name: Name, e.g. `2026/2027`.
    starts_on: First day, school-local.
    ends_on: Last day, school-local.
    status: Its state.
    """

    __tablename__ = "academic_years"
    __table_args__ = (
        unique("name", says=NameTaken),
        ends_after("ends_on > starts_on", "ends_on"),
        never_overlaps(span=DAYS, blamed="starts_on"),
        mark_internal(
            Index(
                "one_current", "school_id", unique=True, postgresql_where=text("status = 'CURRENT'")
            )
        ),
    )

    name: Mapped[str] = words(60)
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    status: Mapped[YearStatus]
    sourced_id: Mapped[str | None] = words(255)


class TermType(OfSchool):
    """A division of the year: quarters, trimesters, half-years (тип учебного периода).

    code: `QUARTER`, `TRIMESTER`, `HALF_YEAR`, `YEAR` or one that the server's operator defined.
    name: Name, e.g. `Четверть`.
    """

    __tablename__ = "term_types"
    __table_args__ = (unique("code", says=NameTaken),)

    code: Mapped[str] = words(40)
    name: Mapped[str] = words(60)


class Term(OfSchool):
    """One quarter, trimester or half-year (учебный период). OneRoster: gradingPeriod.

    ordinal: Its number in the year, from 1.
    name: Name, e.g. `2 четверть`.
    starts_on: First day, school-local.
    ends_on: Last day, school-local.
    status: Its state, which says whether its journal can be written.
    version: Counts changes from 1; send it back as `expectedVersion`.
    """

    __tablename__ = "terms"
    __table_args__ = (
        unique("academic_year_id", "term_type_id", "ordinal", says=NameTaken),
        ends_after("ends_on > starts_on", "ends_on"),
        check_range("ordinal", 1, 12),
        never_overlaps("term_type_id", span=DAYS, blamed="starts_on"),
    )

    academic_year_id: Mapped[int] = refers(AcademicYear, covered=True)
    term_type_id: Mapped[int] = refers(TermType)
    ordinal: Mapped[int]
    name: Mapped[str] = words(60)
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    status: Mapped[TermStatus]
    sourced_id: Mapped[str | None] = words(255)


class BellSchedule(OfSchool):
    """A bell schedule of one shift or building (расписание звонков).

    name: Name, e.g. `1 смена`.
    shift: The shift, 1 or 2.
    """

    __tablename__ = "bell_schedules"
    __table_args__ = (
        unique("name", says=NameTaken),
        check_range("shift", 1, 3),
    )

    name: Mapped[str] = words(60)
    shift: Mapped[int]


class Period(OfSchool):
    """The place of one lesson in a bell schedule. Ed-Fi: ClassPeriod.

    ordinal: Number of the lesson in the day, from 0.
    starts_at: The first bell, school-local.
    ends_at: The last bell, school-local.
    """

    __tablename__ = "periods"
    __table_args__ = (
        unique("bell_schedule_id", "ordinal", says=NameTaken),
        ends_after("ends_at > starts_at", "ends_at"),
        check_range("ordinal", 0, 14),
        never_overlaps("bell_schedule_id", span=MINUTES, blamed="starts_at"),
    )

    bell_schedule_id: Mapped[int] = refers(BellSchedule, covered=True)
    ordinal: Mapped[int]
    starts_at: Mapped[time]
    ends_at: Mapped[time]
