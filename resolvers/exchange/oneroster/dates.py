"""Dates as people and spreadsheets write them: 2023-05-01, 01.05.2023, 1/05/2023, 1 мая 2023.

The file decides whether 1/05/2023 is in May or in January: some date in it has a day beyond 12. If
none has, the day comes first, as in Russia. An instant, 2023-04-30T21:00:00Z, is a day in the time
zone of the school.
"""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime
from enum import Enum, auto
from typing import Final
from zoneinfo import ZoneInfo

from resolvers.exchange.oneroster.columns import DATES
from resolvers.exchange.oneroster.tables import Table

ISO = re.compile(r"(\d{4})(-?)(\d\d)\2(\d\d)(?:[T ].*)?")
YEAR_FIRST = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})")
SLASHED = re.compile(r"(\d{1,2})[/-](\d{1,2})[/-](\d{4})(?: [\d:]+)?")
DOTTED = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})(?: [\d:]+)?(?: ?г\.?)?")
DAY_AND_NAME = re.compile(r"(\d{1,2})[ .-]+([^\W\d_]{3,})[ .,-]+(\d{4})(?: ?г\.?| года)?")
NAME_AND_DAY = re.compile(r"([^\W\d_]{3,})\.? (\d{1,2}),? (\d{4})")
MONTHS: Final = (
    ("янв", "jan"), ("фев", "feb"), ("мар", "mar"), ("апр", "apr"), ("мая", "май", "may"),
    ("июн", "jun"), ("июл", "jul"), ("авг", "aug"), ("сен", "sep"), ("окт", "oct"),
    ("ноя", "nov"), ("дек", "dec"),
)  # fmt: skip
EARLIEST: Final = 1900
LATEST: Final = 2100


class Style(Enum):
    """The form of a date. UNSURE: with slashes, read with the day first, without proof.
    INSTANT: with a time and its zone."""

    ISO = auto()
    DAY_FIRST = auto()
    MONTH_FIRST = auto()
    UNSURE = auto()
    NAMED = auto()
    INSTANT = auto()


class Dates:
    """The reader of one file's dates, with a cache, as they repeat.

    zone: The time zone in which an instant becomes a day.
    """

    def __init__(self, table: Table, zone: ZoneInfo) -> None:
        self.slashes, self.zone = order_of(find_slashed(table)), zone
        self._known: dict[str, tuple[date, Style] | None] = {}

    def read(self, text: str) -> tuple[date, Style] | None:
        """Return the date and its form; None if it is no date."""
        if text not in self._known:
            self._known[text] = self._read(text)
        return self._known[text]

    def _read(self, text: str) -> tuple[date, Style] | None:
        if iso := ISO.fullmatch(text):
            return self._instant(text) or day_of(iso[1], iso[3], iso[4], Style.ISO)
        if dotted := DOTTED.fullmatch(text):
            return day_of(dotted[3], dotted[2], dotted[1], Style.DAY_FIRST)
        if first := YEAR_FIRST.fullmatch(text):
            return day_of(first[1], first[3], first[4], Style.NAMED)
        if slash := SLASHED.fullmatch(text):
            return self._read_slashed(slash[1], slash[2], slash[3])
        if named := DAY_AND_NAME.fullmatch(text):
            return day_of(named[3], month_named(named[2]), named[1], Style.NAMED)
        if named := NAME_AND_DAY.fullmatch(text):
            return day_of(named[3], month_named(named[1]), named[2], Style.NAMED)
        return None

    def _instant(self, text: str) -> tuple[date, Style] | None:
        """Return the school's day of a time with a zone; None for any other text."""
        try:
            moment = datetime.fromisoformat(text)
            found = moment.astimezone(self.zone).date() if moment.tzinfo else None
        except (ValueError, OverflowError):
            return None
        return (found, Style.INSTANT) if found and in_range(found) else None

    def _read_slashed(self, one: str, other: str, year: str) -> tuple[date, Style] | None:
        """Read a date with slashes. A number beyond 12 is the day in any order."""
        if int(one) > 12 or int(other) > 12:
            day, month = (one, other) if int(one) > 12 else (other, one)
            return day_of(year, month, day, Style.NAMED)
        month_first = self.slashes is Style.MONTH_FIRST
        month, day = (one, other) if month_first else (other, one)
        return day_of(year, month, day, self.slashes)


def month_named(word: str) -> str:
    """Return the number of a month by the beginning of its Russian or English name; 0 if none."""
    folded = word.casefold()
    found = (n for n, names in enumerate(MONTHS, 1) if folded.startswith(names))
    return str(next(found, 0))


def day_of(year: str, month: str, day: str, style: Style) -> tuple[date, Style] | None:
    try:
        found = date(int(year), int(month), int(day))
    except ValueError:
        return None
    return (found, style) if in_range(found) else None


def in_range(day: date) -> bool:
    return EARLIEST <= day.year <= LATEST


def find_slashed(table: Table) -> Iterable[tuple[int, int]]:
    """Yield (first, second) number of every date with slashes in the file."""
    places = [at for column, at in table.header.columns.items() if column in DATES]
    for _, cells in table.rows:
        for at in places:
            if found := SLASHED.fullmatch(cells[at]):
                yield int(found[1]), int(found[2])


def order_of(dates: Iterable[tuple[int, int]]) -> Style:
    day_first = month_first = False
    for first, second in dates:
        day_first |= first > 12
        month_first |= second > 12
    if day_first:
        return Style.DAY_FIRST
    return Style.MONTH_FIRST if month_first else Style.UNSURE


def moment_of(text: str) -> datetime | None:
    """Parse 2023-05-01T18:25:43.511Z; a time without a zone is in UTC."""
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
