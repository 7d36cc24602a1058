"""An academic year by the recommendations of the ministry: quarters, holidays, school days,
bells."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, time, timedelta
from functools import cached_property

DAY = timedelta(days=1)
WEEK = timedelta(days=7)
SATURDAY = 5
BELLS = {
    1: ["8:00 8:40", "8:50 9:30", "9:45 10:25", "10:40 11:20", "11:30 12:10", "12:20 13:00",
        "13:10 13:50"],
    2: ["14:00 14:40", "14:50 15:30", "15:40 16:20", "16:30 17:10", "17:20 18:00", "18:10 18:50"],
}  # fmt: skip
"""Lessons of 40 minutes by shift. The shifts never overlap: one teacher may work in both."""
PUBLIC = {(11, 4): "День народного единства", (2, 23): "День защитника Отечества",
          (3, 8): "Международный женский день", (5, 1): "Праздник Весны и Труда",
          (5, 9): "День Победы"}  # fmt: skip


def bell(shift: int, ordinal: int) -> tuple[time, time]:
    """Return the beginning and end of a lesson; `ordinal` counts from 1."""
    first, last = BELLS[shift][ordinal - 1].split()
    return clock(first), clock(last)


def clock(text: str) -> time:
    hours, minutes = text.split(":")
    return time(int(hours), int(minutes))


def monday_of(day: date) -> date:
    return day - DAY * day.weekday()


@dataclass(frozen=True)
class Break:
    """Days without lessons, both ends included."""

    name: str
    starts_on: date
    ends_on: date

    def __contains__(self, day: date) -> bool:
        return self.starts_on <= day <= self.ends_on


@dataclass(frozen=True)
class SchoolYear:
    """The year that begins in September of `since`."""

    since: int

    @classmethod
    def of_day(cls, today: date) -> "SchoolYear":
        """Return the year under way on a day; in July and August, the one to come."""
        return cls(today.year if today.month >= 7 else today.year - 1)

    @property
    def name(self) -> str:
        return f"{self.since}/{self.since + 1}"

    @property
    def starts_on(self) -> date:
        return date(self.since, 9, 1)

    @property
    def last_day(self) -> date:
        """The last day with lessons: 26 May, or the Friday before."""
        day = date(self.since + 1, 5, 26)
        return day - DAY * max(0, day.weekday() - 4)

    @property
    def ends_on(self) -> date:
        """The last day of the year, after the exams."""
        return date(self.since + 1, 6, 30)

    @cached_property
    def holidays(self) -> list[Break]:
        """The holidays of everyone, in order: seasonal ones (каникулы) and public ones between
        them."""
        autumn = monday_of(date(self.since, 10, 28))
        spring = monday_of(date(self.since + 1, 3, 30))
        christmas = date(self.since + 1, 1, 8)
        seasonal = [
            Break("Осенние каникулы", autumn, autumn + DAY * 6),
            Break("Зимние каникулы", date(self.since, 12, 31), monday_of(christmas) + DAY * 6),
            Break("Весенние каникулы", spring, spring + DAY * 6),
        ]
        public = [Break(name, day, day) for day, name in self._public()]
        apart = [day for day in public if not any(day.starts_on in season for season in seasonal)]
        return sorted(seasonal + apart, key=lambda days: days.starts_on)

    def _public(self) -> Iterator[tuple[date, str]]:
        """Yield public holidays; one on a weekend moves to Monday."""
        for (month, day), name in PUBLIC.items():
            on = date(self.since + (month < 9), month, day)
            yield (monday_of(on) + WEEK if on.weekday() >= SATURDAY else on), name

    @property
    def extra(self) -> Break:
        """The extra holidays of first-graders."""
        start = monday_of(date(self.since + 1, 2, 14))
        return Break("Дополнительные каникулы", start, start + DAY * 6)

    @cached_property
    def quarters(self) -> list[tuple[date, date]]:
        autumn, winter, spring = (rest for rest in self.holidays if rest.name.endswith("каникулы"))
        starts = [self.starts_on, *(rest.ends_on + DAY for rest in (autumn, winter, spring))]
        ends = [*(rest.starts_on - DAY for rest in (autumn, winter, spring)), self.last_day]
        return list(zip(starts, ends, strict=True))

    @property
    def halves(self) -> list[tuple[date, date]]:
        first, second, third, fourth = self.quarters
        return [(first[0], second[1]), (third[0], fourth[1])]

    def holidays_of(self, grade: int) -> list[Break]:
        """Return all holidays of a grade in order. A holiday within the first-graders' extra week
        is left out."""
        if grade != 1:
            return self.holidays
        kept = [rest for rest in self.holidays if rest.starts_on not in self.extra]
        return sorted([*kept, self.extra], key=lambda rest: rest.starts_on)

    def days_of(self, grade: int) -> list[date]:
        """Return the school days of a grade: Monday to Friday outside of its holidays."""
        span = (self.last_day - self.starts_on).days + 1
        days = (self.starts_on + DAY * offset for offset in range(span))
        off = self.holidays_of(grade)
        return [day for day in days if day.weekday() < SATURDAY and not any(day in o for o in off)]
