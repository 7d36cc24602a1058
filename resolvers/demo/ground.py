"""The rows of a school without people: rights, calendar, bells, rooms, subjects."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property, partial
from random import Random
from zoneinfo import ZoneInfo

from models.base import OfSchool
from models.school.calendar import TermStatus
from models.school.rooms import Room
from models.secrets import Secrets
from resolvers.demo import roster
from resolvers.demo.ledger import Ledger
from resolvers.demo.plan import Plan
from resolvers.school.defaults import SchoolCalendar, WorkingRules
from resolvers.school.school_year import SchoolYear

TO_CLOSE = timedelta(weeks=2)
"""The time after a term's last day at which its journal is locked."""
HALF_YEARS_FROM = 10
"""The first grade whose year has half-years instead of quarters."""
SHARED_BY = 1.6
"""Teachers per ordinary room in a school with two shifts."""


@dataclass(frozen=True)
class Site:
    """The school that is being made, its day, and the ledger of its rows."""

    school_id: int
    plan: Plan
    year: SchoolYear
    today: date
    seed: int
    ledger: Ledger
    secrets: Secrets

    def rng(self, purpose: str) -> Random:
        """Return a random generator per purpose, so that a change in one does not affect others."""
        return Random(f"{self.seed}/{self.plan.key}/{self.today}/{purpose}")  # noqa: S311

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.plan.card.zone)

    def moment(self, day: date, clock: time) -> datetime:
        """Return a school-local time as an instant."""
        return datetime.combine(day, clock, self.zone).astimezone(ZoneInfo("UTC"))

    def days_before(self, days: int, hour: int, minute: int = 0) -> datetime:
        """Return a school-local time so many days before today; negative days are in the future."""
        return self.moment(self.today - timedelta(days=days), time(hour, minute))

    def day(self, month: int, day: int) -> date:
        """Return a day of this academic year."""
        return date(self.year.since + (month < 9), month, day)


class Ground(SchoolCalendar):
    """The ids of a school's first rows, written for the demo: its earlier terms are closed."""

    def __init__(self, site: Site) -> None:
        def put(row: type[OfSchool], values: dict[str, object]) -> int:
            return site.ledger[row].put(**values)

        rules = WorkingRules(put)
        self.types, self.bells = rules.assignment_types, rules.bells
        super().__init__(put, site.year, partial(term_status, site.today))

    def term_type(self, grade: int) -> int:
        return self.half_year if grade >= HALF_YEARS_FROM else self.quarter

    def term_of(self, grade: int, day: date) -> int:
        """Return the place of the day's term in the year, from 0."""
        spans = self.spans[self.term_type(grade)]
        return next(place for place, span in enumerate(spans) if day <= span.ends_on)


def term_status(today: date, ends_on: date) -> TermStatus:
    """Return the status of a term by its last day."""
    if today > ends_on + TO_CLOSE:
        return TermStatus.CLOSED
    return TermStatus.MARKING if today > ends_on else TermStatus.OPEN


def rooms_for(site: Site, teachers: list[roster.Teacher]) -> list[roster.Room]:
    """Give every teacher a room; return the ordinary ones, which suit any lesson."""
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
