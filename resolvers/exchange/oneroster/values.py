"""The cells of a row as values: each read says what type it gives and what it thinks of the cell.

A required value that is missing or cannot be read is an error and spoils the row; any other is
left out with a warning.
"""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Final, TypeVar

from resolvers.exchange.oneroster.codes import Code
from resolvers.exchange.oneroster.dates import Dates, Style, moment_of
from resolvers.exchange.oneroster.findings import Findings
from resolvers.exchange.oneroster.records import Place, composite
from resolvers.exchange.oneroster.tables import Table
from resolvers.exchange.oneroster.vocabulary import NO, STATUSES, YES, Status

T = TypeVar("T")
MANGLED = re.compile(r"\d([.,]\d+)?[eE]\+\d+")  # 7,90612E+10: a spreadsheet took it for a number
USER_ID = re.compile(r"\{([^{}:]+):([^{}]*)\}")
LONGEST_KEY: Final = 255


class Cells:
    """One row of a table, read cell by cell.

    broken: Something required could not be read; the row makes no record.
    """

    __slots__ = ("_cells", "_columns", "broken", "dates", "findings", "line", "table")

    def __init__(
        self, table: Table, line: int, cells: list[str], dates: Dates, findings: Findings
    ) -> None:
        self.table, self.line, self.dates, self.findings = table, line, dates, findings
        self._cells, self._columns = cells, table.header.columns
        self.broken = False

    @property
    def place(self) -> Place:
        return Place(self.table.file, self.line)

    def find(self, code: Code, column: str, **details: object) -> None:
        written = self.table.written(column)
        self.findings.add(code, self.table.file, self.line, written, **details)

    def spoil(self, code: Code, column: str, **details: object) -> None:
        self.find(code, column, **details)
        self.broken = True

    def text(self, column: str) -> str:
        """The cell; empty if there is no such column."""
        at = self._columns.get(column)
        return "" if at is None else self._cells[at]

    def need(self, column: str) -> str:
        value = self.text(column)
        if not value:
            self.spoil(Code.VALUE_MISSING, column)
        return value

    def key(self, column: str) -> str:
        """A required identifier or reference."""
        return self._checked(self.need(column), column)

    def own_key(self, kind: str, *parts: str | None) -> str:
        """The row's identifier; in a file that has none, one made of what the row connects."""
        own = "sourcedId" in self._columns
        return self.key("sourcedId") if own else composite(kind, *parts)

    def link(self, column: str) -> str | None:
        """A reference, if there is one."""
        return self._checked(self.text(column), column) or None

    def links(self, column: str) -> tuple[str, ...]:
        return tuple(self._checked(key, column) for key in self.words(column))

    def _checked(self, key: str, column: str) -> str:
        if len(key) > LONGEST_KEY:
            self.spoil(Code.CELL_TOO_LONG, column, value=LONGEST_KEY)
        elif "+" in key and MANGLED.fullmatch(key):
            self.spoil(Code.KEY_MANGLED, column, value=key)
        return key

    def words(self, column: str) -> tuple[str, ...]:
        """A list, `"07,08"`, without empty places and repetitions."""
        value = self.text(column)
        if "," not in value:
            return (value,) if value else ()
        words = (word.strip() for word in value.split(","))
        return tuple(dict.fromkeys(word for word in words if word))

    def number(self, column: str) -> str:
        """A telephone and the like: digits that a spreadsheet may have spoilt."""
        value = self.text(column)
        if MANGLED.fullmatch(value):
            self.find(Code.NUMBER_MANGLED, column, value=value)
            return ""
        return value

    def user_ids(self, column: str) -> tuple[tuple[str, str], ...]:
        """Pairs of `{LDAP:12},{LTI:15}`."""
        value = self.text(column)
        pairs = tuple((kind.strip(), key.strip()) for kind, key in USER_ID.findall(value))
        if value and not pairs:
            self.find(Code.VALUE_IGNORED, column, value=value)
        return pairs

    def whole(self, column: str) -> int | None:
        value = self.text(column)
        if value and not (value.isdecimal() and len(value) <= 9):
            self.find(Code.VALUE_IGNORED, column, value=value)
            return None
        return int(value) if value else None

    def yes(self, column: str, *, otherwise: bool = False) -> bool:
        """A flag; `otherwise` if it is empty or cannot be understood."""
        value = self.text(column).casefold()
        if value in YES:
            return True
        if value in NO:
            return False
        if value:
            self.find(Code.WORD_UNKNOWN, column, value=value, taken=str(otherwise).lower())
        return otherwise

    def one_of(self, column: str, words: Mapping[str, T]) -> T | None:
        """A required word of a list."""
        value = self.need(column)
        if value and value.casefold() not in words:
            self.spoil(Code.WORD_BAD, column, value=value)
        return words.get(value.casefold())

    def perhaps(self, column: str, words: Mapping[str, T], otherwise: T) -> T:
        """A word of a list; `otherwise` if it is empty or none of them."""
        value = self.text(column)
        if value and value.casefold() not in words:
            self.find(Code.WORD_UNKNOWN, column, value=value, taken=otherwise)
        return words.get(value.casefold(), otherwise)

    def status(self) -> Status:
        """The state of the record. An unknown word spoils the row: the harm of a guess is real."""
        value = self.text("status")
        status = STATUSES.get(value.casefold())
        if status is None:
            self.spoil(Code.WORD_BAD, "status", value=value)
        return status or Status.INACTIVE

    def day(self, column: str) -> date | None:
        """A date that may be empty; one that is wrong spoils the row all the same."""
        value = self.text(column)
        return self._day(value, column, Code.DATE_BAD) if value else None

    def modified(self) -> datetime | None:
        """When the sender last touched the row: nice to know, so never an error."""
        column = "dateLastModified"
        value = self.text(column)
        if not value:
            return None
        if moment := moment_of(value):
            return moment
        day = self._day(value, column, Code.DATE_IGNORED)
        return datetime.combine(day, time(), UTC) if day else None

    def span(self, begins: str, ends: str) -> tuple[date | None, date | None]:
        """(begin, end), either of which may be open."""
        begin, end = self.day(begins), self.day(ends)
        if begin and end and end < begin:
            self.spoil(Code.DATES_REVERSED, ends, value=end, taken=begin)
        return begin, end

    def _day(self, value: str, column: str, code: Code) -> date | None:
        read = self.dates.read(value)
        if read is None:
            self.find(code, column, value=value)
            self.broken |= code is Code.DATE_BAD
            return None
        day, style = read
        if style is Style.INSTANT:
            zone = str(self.dates.zone)
            self.find(Code.DATE_IS_INSTANT, column, value=value, taken=day, zone=zone)
        elif style is not Style.ISO:
            told = Code.DATE_AMBIGUOUS if style is Style.UNSURE else Code.DATE_NOT_ISO
            written = self.table.written(column)
            self.findings.once(told, self.table.file, self.line, written, value=value, taken=day)
        return day
