"""The cells of a row as values of a type.

A required value that is missing or unreadable is an error and spoils the row; any other is left out
with a warning.
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
MANGLED = re.compile(r"\d([.,]\d+)?[eE]\+\d+")  # 7,90612E+10, from a spreadsheet
USER_ID = re.compile(r"\{([^{}:]+):([^{}]*)\}")
LONGEST_KEY: Final = 255


class Cells:
    """One row of a table, read cell by cell.

    broken: Whether a required value could not be read, so that the row makes no record.
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
        written = self.table.name_in_file(column)
        self.findings.add(code, self.table.file, self.line, written, **details)

    def spoil(self, code: Code, column: str, **details: object) -> None:
        self.find(code, column, **details)
        self.broken = True

    def text(self, column: str) -> str:
        """Return the cell; empty if there is no such column."""
        at = self._columns.get(column)
        return "" if at is None else self._cells[at]

    def need(self, column: str) -> str:
        value = self.text(column)
        if not value:
            self.spoil(Code.VALUE_MISSING, column)
        return value

    def key(self, column: str) -> str:
        """Read a required identifier or reference."""
        return self._check_key(self.need(column), column)

    def own_key(self, kind: str, *parts: str | None) -> str:
        """Return the row's identifier; in a file without them, one made of its references."""
        own = "sourcedId" in self._columns
        return self.key("sourcedId") if own else composite(kind, *parts)

    def link(self, column: str) -> str | None:
        """Read an optional reference."""
        return self._check_key(self.text(column), column) or None

    def links(self, column: str) -> tuple[str, ...]:
        return tuple(self._check_key(key, column) for key in self.words(column))

    def _check_key(self, key: str, column: str) -> str:
        if len(key) > LONGEST_KEY:
            self.spoil(Code.CELL_TOO_LONG, column, value=LONGEST_KEY)
        elif "+" in key and MANGLED.fullmatch(key):
            self.spoil(Code.KEY_MANGLED, column, value=key)
        return key

    def words(self, column: str) -> tuple[str, ...]:
        """Read a list, `"07,08"`, without empty items and repetitions."""
        value = self.text(column)
        if "," not in value:
            return (value,) if value else ()
        words = (word.strip() for word in value.split(","))
        return tuple(dict.fromkeys(word for word in words if word))

    def number(self, column: str) -> str:
        """Read digits, e.g. a telephone, which a spreadsheet may have spoilt."""
        value = self.text(column)
        if MANGLED.fullmatch(value):
            self.find(Code.NUMBER_MANGLED, column, value=value)
            return ""
        return value

    def user_ids(self, column: str) -> tuple[tuple[str, str], ...]:
        """Read the pairs of `{LDAP:12},{LTI:15}`."""
        value = self.text(column)
        pairs = tuple((kind.strip(), key.strip()) for kind, key in USER_ID.findall(value))
        if value and not pairs:
            self.find(Code.VALUE_IGNORED, column, value=value)
        return pairs

    def read_whole(self, column: str) -> int | None:
        value = self.text(column)
        if value and not (value.isdecimal() and len(value) <= 9):
            self.find(Code.VALUE_IGNORED, column, value=value)
            return None
        return int(value) if value else None

    def read_flag(self, column: str, *, otherwise: bool = False) -> bool:
        """Read a flag; `otherwise` if it is empty or unknown."""
        value = self.text(column).casefold()
        if value in YES:
            return True
        if value in NO:
            return False
        if value:
            self.find(Code.WORD_UNKNOWN, column, value=value, taken=str(otherwise).lower())
        return otherwise

    def one_of(self, column: str, words: Mapping[str, T]) -> T | None:
        """Read a required word of a vocabulary."""
        value = self.need(column)
        if value and value.casefold() not in words:
            self.spoil(Code.WORD_BAD, column, value=value)
        return words.get(value.casefold())

    def read_word(self, column: str, words: Mapping[str, T], otherwise: T) -> T:
        """Read a word of a vocabulary; `otherwise` if it is empty or unknown."""
        value = self.text(column)
        if value and value.casefold() not in words:
            self.find(Code.WORD_UNKNOWN, column, value=value, taken=otherwise)
        return words.get(value.casefold(), otherwise)

    def status(self) -> Status:
        """Read the status. An unknown word spoils the row, as a wrong guess could delete data."""
        value = self.text("status")
        status = STATUSES.get(value.casefold())
        if status is None:
            self.spoil(Code.WORD_BAD, "status", value=value)
        return status or Status.INACTIVE

    def day(self, column: str) -> date | None:
        """Read a date that may be empty; a wrong one spoils the row."""
        value = self.text(column)
        return self._day(value, column, Code.DATE_BAD) if value else None

    def read_modified(self) -> datetime | None:
        """Read the time of the sender's last change, which is optional and never an error."""
        column = "dateLastModified"
        value = self.text(column)
        if not value:
            return None
        if moment := moment_of(value):
            return moment
        day = self._day(value, column, Code.DATE_IGNORED)
        return datetime.combine(day, time(), UTC) if day else None

    def span(self, begins: str, ends: str) -> tuple[date | None, date | None]:
        """Read (begin, end), either of which may be open."""
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
            written = self.table.name_in_file(column)
            self.findings.add_once(
                told, self.table.file, self.line, written, value=value, taken=day
            )
        return day
