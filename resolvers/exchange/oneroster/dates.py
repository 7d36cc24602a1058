"""Dates as people and spreadsheets write them: 2023-05-01, 01.05.2023, 1/05/2023.

Whether 1/05/2023 is in May or in January is settled by the file itself: some date in it has a
day beyond 12. If none has, the day is taken to come first, as it does in Russia.
"""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime
from enum import Enum, auto
from typing import Final

from resolvers.exchange.oneroster.columns import DATES
from resolvers.exchange.oneroster.tables import Table

ISO = re.compile(r"(\d{4})(-?)(\d\d)\2(\d\d)(?:[T ].*)?")
SLASHED = re.compile(r"(\d{1,2})[/-](\d{1,2})[/-](\d{4})(?: [\d:]+)?")
DOTTED = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})(?: [\d:]+)?")
EARLIEST: Final = 1900
LATEST: Final = 2100


class Style(Enum):
    """How a date was written. UNSURE: with slashes; read with the day first, without proof."""

    ISO = auto()
    DAY_FIRST = auto()
    MONTH_FIRST = auto()
    UNSURE = auto()


class Dates:
    """Reads the dates of one file; remembers them, because they repeat."""

    def __init__(self, table: Table) -> None:
        self.slashes = order_of(slashed(table))
        self._known: dict[str, tuple[date, Style] | None] = {}

    def read(self, text: str) -> tuple[date, Style] | None:
        """The date and how it was written; None if it is no date."""
        if text not in self._known:
            self._known[text] = self._read(text)
        return self._known[text]

    def _read(self, text: str) -> tuple[date, Style] | None:
        if iso := ISO.fullmatch(text):
            return day_of(iso[1], iso[3], iso[4], Style.ISO)
        if dotted := DOTTED.fullmatch(text):
            return day_of(dotted[3], dotted[2], dotted[1], Style.DAY_FIRST)
        if slash := SLASHED.fullmatch(text):
            month_first = self.slashes is Style.MONTH_FIRST
            month, day = (slash[1], slash[2]) if month_first else (slash[2], slash[1])
            return day_of(slash[3], month, day, self.slashes)
        return None


def day_of(year: str, month: str, day: str, style: Style) -> tuple[date, Style] | None:
    try:
        found = date(int(year), int(month), int(day))
    except ValueError:
        return None
    return (found, style) if EARLIEST <= found.year <= LATEST else None


def slashed(table: Table) -> Iterable[tuple[int, int]]:
    """(first, second) number of every date with slashes in the file."""
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
    """2023-05-01T18:25:43.511Z; a time without a zone is taken to be UTC."""
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
