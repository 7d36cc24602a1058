"""The rows of a new school: rights, assignment types, bells, subjects, calendar.

A school can teach with them from the first day, and can change every row.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from auth.matrix import default_rights
from models.access.roles import RoleRight
from models.base import OfSchool
from models.journal.assignment_types import AssignmentType
from models.school.calendar import (
    AcademicYear,
    BellSchedule,
    Period,
    Term,
    TermStatus,
    TermType,
    YearStatus,
)
from models.school.holidays import Holiday, HolidaySet
from models.structure.subjects import Subject
from resolvers.school.federal_subjects import SUBJECTS
from resolvers.school.school_year import BELLS, SchoolYear, bell

ANSWER, HOMEWORK, QUIZ, TEST = (
    "Ответ на уроке", "Домашняя работа", "Самостоятельная работа", "Контрольная работа",
)  # fmt: skip
DICTATION, ESSAY, LAB, PRACTICE, NORM, PRESENTATION, DIAGNOSTIC = (
    "Диктант", "Сочинение", "Лабораторная работа", "Практическая работа", "Сдача норматива",
    "Проект", "Диагностическая работа",
)  # fmt: skip
ASSIGNMENT_TYPES = (
    (ANSWER, "О", 10), (HOMEWORK, "Д", 10), (QUIZ, "С", 15), (TEST, "К", 30),
    (DICTATION, "Дк", 25), (ESSAY, "Сч", 25), (LAB, "Л", 20), (PRACTICE, "П", 20),
    (NORM, "Н", 15), (PRESENTATION, "Пр", 25), (DIAGNOSTIC, "Дг", 30),
)  # fmt: skip
"""Name, short name, weight."""
TERM_TYPES = (
    ("QUARTER", "Четверть"), ("HALF_YEAR", "Полугодие"), ("TRIMESTER", "Триместр"),
    ("YEAR", "Год"),
)  # fmt: skip
"""Code and name (domain.md SA3)."""
HOLIDAY_SETS = {2: "Общие каникулы и праздники", 1: "С дополнительными каникулами 1 классов"}
"""Names by the first grade level that has the holidays."""

Put = Callable[[type[OfSchool], dict[str, object]], int]
"""A function that stores a row of the school and returns its id."""


@dataclass(frozen=True)
class Span:
    """A term that was stored."""

    id: int
    starts_on: date
    ends_on: date
    status: TermStatus


class WorkingRules:
    """The rows that a school needs with any calendar: rights, assignment types and bells.

    assignment_types, bells: Ids by the name of the type and by the shift.
    """

    def __init__(self, put: Put) -> None:
        for role, right, scope in default_rights():
            put(RoleRight, {"role": role, "permission": right.value, "scope": scope})
        self.assignment_types = {
            name: put(
                AssignmentType,
                {
                    "name": name,
                    "short_name": short,
                    "position": position,
                    "default_weight": Decimal(weight),
                },
            )
            for position, (name, short, weight) in enumerate(ASSIGNMENT_TYPES)
        }
        self.bells = {shift: self._bell_schedule(put, shift) for shift in BELLS}

    def _bell_schedule(self, put: Put, shift: int) -> int:
        schedule = put(BellSchedule, {"name": f"{shift} смена", "shift": shift})
        for ordinal in range(1, len(BELLS[shift]) + 1):
            starts_at, ends_at = bell(shift, ordinal)
            period = {"ordinal": ordinal, "starts_at": starts_at, "ends_at": ends_at}
            put(Period, {"bell_schedule_id": schedule, **period})
        return schedule


class SchoolCalendar:
    """The current academic year with its term types, terms and holidays, and the subjects.

    quarter, half_year: Ids of the term types.
    spans: The terms by the id of their type, in order.
    holiday_sets, subjects: Ids by grade level and by name.
    """

    def __init__(
        self, put: Put, year: SchoolYear, status: Callable[[date], TermStatus] | None = None
    ) -> None:
        """status: The status of a term by its last day; every term is open by default."""
        self._put, self._status = put, status or (lambda ends_on: TermStatus.OPEN)
        self.year_id = put(
            AcademicYear,
            {
                "name": year.name,
                "starts_on": year.starts_on,
                "ends_on": year.ends_on,
                "status": YearStatus.CURRENT,
            },
        )
        types = {code: put(TermType, {"code": code, "name": name}) for code, name in TERM_TYPES}
        self.quarter, self.half_year = types["QUARTER"], types["HALF_YEAR"]
        self.spans = {
            self.quarter: self._terms(self.quarter, year.quarters, "четверть"),
            self.half_year: self._terms(self.half_year, year.halves, "полугодие"),
        }
        self.holiday_sets = {
            grade: self._holidays(name, year, grade) for grade, name in HOLIDAY_SETS.items()
        }
        self.subjects = {
            name: put(
                Subject,
                {
                    "name": name,
                    "short_name": card.short,
                    "area": card.area,
                    "scale": card.scale,
                    "position": position,
                },
            )
            for position, (name, card) in enumerate(SUBJECTS.items())
        }

    def _terms(self, term_type: int, parts: list[tuple[date, date]], word: str) -> list[Span]:
        return [
            self._term(term_type, ordinal, f"{ordinal} {word}", *days)
            for ordinal, days in enumerate(parts, 1)
        ]

    def _term(
        self, term_type: int, ordinal: int, name: str, starts_on: date, ends_on: date
    ) -> Span:
        values = {"starts_on": starts_on, "ends_on": ends_on, "status": self._status(ends_on)}
        place = {"academic_year_id": self.year_id, "term_type_id": term_type, "ordinal": ordinal}
        return Span(
            self._put(Term, {"name": name, **place, **values}),
            starts_on,
            ends_on,
            self._status(ends_on),
        )

    def _holidays(self, name: str, year: SchoolYear, grade: int) -> int:
        holiday_set = self._put(HolidaySet, {"name": name})
        for rest in year.holidays_of(grade):
            days = {"starts_on": rest.starts_on, "ends_on": rest.ends_on}
            self._put(Holiday, {"holiday_set_id": holiday_set, "name": rest.name, **days})
        return holiday_set
