"""What a school has before anyone comes: rights, calendar, bells, rooms, subjects."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cached_property
from random import Random
from zoneinfo import ZoneInfo

from auth.matrix import default_rights
from models.access.roles import RoleRight
from models.journal.assignments import AssignmentType
from models.school.calendar import (
    AcademicYear,
    BellSchedule,
    Holiday,
    HolidaySet,
    Period,
    Term,
    TermStatus,
    TermType,
    YearStatus,
)
from models.school.rooms import Room
from models.secrets import Secrets
from models.structure.sections import Subject
from resolvers.demo import roster
from resolvers.demo.curriculum import SUBJECTS
from resolvers.demo.ledger import Ledger
from resolvers.demo.plan import Plan
from resolvers.demo.works import TYPES
from resolvers.demo.year import BELLS, SchoolYear, bell

TO_CLOSE = timedelta(weeks=2)
"""How long after a term's last day its journal is locked."""
HALF_YEARS_FROM = 10
"""The first grade whose year has half-years instead of quarters."""
SHARED_BY = 1.6
"""Teachers to an ordinary room where a school works in two shifts."""


@dataclass(frozen=True)
class Site:
    """The school being made, the day it is made for, and where its rows go."""

    school_id: int
    plan: Plan
    year: SchoolYear
    today: date
    seed: int
    ledger: Ledger
    secrets: Secrets

    def rng(self, purpose: str) -> Random:
        """Chance of its own for every purpose, so that a change in one moves no other."""
        return Random(f"{self.seed}/{self.plan.key}/{self.today}/{purpose}")  # noqa: S311

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.plan.card.zone)

    def at(self, day: date, clock: time) -> datetime:
        """A school-local time as an instant."""
        return datetime.combine(day, clock, self.zone).astimezone(ZoneInfo("UTC"))

    def before(self, days: int, hour: int, minute: int = 0) -> datetime:
        """So many days before today, school-local; negative for days to come."""
        return self.at(self.today - timedelta(days=days), time(hour, minute))

    def day(self, month: int, day: int) -> date:
        """A day of this academic year."""
        return date(self.year.since + (month < 9), month, day)


@dataclass(frozen=True)
class Span:
    """A term that is written."""

    id: int
    starts_on: date
    ends_on: date
    status: TermStatus


class Ground:
    """Ids of what was put; `spans` are the terms of quarters and half-years, in order."""

    def __init__(self, site: Site) -> None:
        self._site, self._ledger = site, site.ledger
        for role, right, scope in default_rights():
            self._ledger[RoleRight].put(role=role, permission=right.value, scope=scope)
        self.year_id = self._ledger[AcademicYear].put(
            name=site.year.name,
            starts_on=site.year.starts_on,
            ends_on=site.year.ends_on,
            status=YearStatus.CURRENT,
        )
        kinds = self._ledger[TermType]
        self.quarter = kinds.put(code="QUARTER", name="Четверть")
        self.half_year = kinds.put(code="HALF_YEAR", name="Полугодие")
        self.spans = {
            self.quarter: list(self._terms(self.quarter, site.year.quarters, "четверть")),
            self.half_year: list(self._terms(self.half_year, site.year.halves, "полугодие")),
        }
        self._holidays()
        self._bells()
        self._subjects()

    def term_type(self, grade: int) -> int:
        return self.half_year if grade >= HALF_YEARS_FROM else self.quarter

    def term_of(self, grade: int, day: date) -> int:
        """The place of the day's term in the year, from 0."""
        spans = self.spans[self.term_type(grade)]
        return next(place for place, span in enumerate(spans) if day <= span.ends_on)

    def _terms(self, kind: int, parts: list[tuple[date, date]], word: str) -> Iterator[Span]:
        for ordinal, (starts_on, ends_on) in enumerate(parts, 1):
            status = self._status(ends_on)
            number = self._ledger[Term].put(
                academic_year_id=self.year_id,
                term_type_id=kind,
                ordinal=ordinal,
                name=f"{ordinal} {word}",
                starts_on=starts_on,
                ends_on=ends_on,
                status=status,
            )
            yield Span(number, starts_on, ends_on, status)

    def _status(self, ends_on: date) -> TermStatus:
        if self._site.today > ends_on + TO_CLOSE:
            return TermStatus.CLOSED
        return TermStatus.MARKING if self._site.today > ends_on else TermStatus.OPEN

    def _holidays(self) -> None:
        names = {2: "Общие каникулы и праздники", 1: "С дополнительными каникулами 1 классов"}
        self.holiday_sets = {
            grade: self._ledger[HolidaySet].put(name=name) for grade, name in names.items()
        }
        for grade, holiday_set in self.holiday_sets.items():
            for rest in self._site.year.holidays_of(grade):
                self._ledger[Holiday].put(
                    holiday_set_id=holiday_set,
                    name=rest.name,
                    starts_on=rest.starts_on,
                    ends_on=rest.ends_on,
                )

    def _subjects(self) -> None:
        self.subjects = {
            name: self._ledger[Subject].put(
                name=name,
                short_name=card.short,
                area=card.area,
                scale=card.scale,
                position=position,
            )
            for position, (name, card) in enumerate(SUBJECTS.items())
        }
        self.types = {
            name: self._ledger[AssignmentType].put(
                name=name, short_name=short, position=position, default_weight=Decimal(weight)
            )
            for position, (name, short, weight) in enumerate(TYPES)
        }

    def _bells(self) -> None:
        self.bells = {
            shift: self._ledger[BellSchedule].put(name=f"{shift} смена", shift=shift)
            for shift in BELLS
        }
        for shift, schedule in self.bells.items():
            for ordinal in range(1, len(BELLS[shift]) + 1):
                starts_at, ends_at = bell(shift, ordinal)
                self._ledger[Period].put(
                    bell_schedule_id=schedule, ordinal=ordinal, starts_at=starts_at, ends_at=ends_at
                )


def rooms_for(site: Site, teachers: list[roster.Teacher]) -> list[roster.Room]:
    """Give every teacher a room; returns the ordinary ones, where any lesson can be held."""
    ledger, heirs = site.ledger, {teacher.heir for teacher in teachers}
    teachers = [teacher for teacher in teachers if teacher not in heirs]
    usual = [teacher for teacher in teachers if not teacher.post.room]
    two_shifts = bool(site.plan.late_grades)
    many = int(len(usual) / SHARED_BY) if two_shifts else len(usual)
    ordinary = [roster.Room(str(100 * (1 + n // 20) + 1 + n % 20), 30) for n in range(many + 2)]
    special: list[roster.Room] = []
    for number, teacher in enumerate(usual):
        teacher.room = ordinary[number % many]
    for teacher in (teacher for teacher in teachers if teacher.post.room):
        alike = sum(room.number.startswith(teacher.post.room) for room in special)
        special.append(roster.Room(teacher.post.room + (f" {alike + 1}" if alike else ""), 30))
        teacher.room = special[-1]
    for teacher in teachers:
        if teacher.heir:
            teacher.heir.room = teacher.room
    for room in ordinary + special:
        room.id = ledger[Room].put(number=room.number, capacity=room.seats)
    return ordinary
