"""Findings about a set, in English and Russian, for the person who must correct it.

An error means that a value, a row, a column or a file cannot be imported as it is. A warning means
that it can, and says how it was interpreted. An error in a row on which nothing depends becomes a
warning, because the row is left out (`left_out`).
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from resolvers.exchange.oneroster.codes import ERRORS, Code
from resolvers.exchange.oneroster.english import ENGLISH
from resolvers.exchange.oneroster.russian import RUSSIAN


class Severity(StrEnum):
    """Whether a finding prevents the import."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """One error or warning.

    file: The file by its own name; empty for the set as a whole.
    row: Its line; the header is line 1. None: the file as a whole.
    column: The column by its name in the file.
    """

    severity: Severity
    code: Code
    file: str
    row: int | None
    column: str | None
    english: str
    russian: str


class Findings:
    """A list of findings. Of a repeated kind it keeps the first ones and the number of the rest.

    A kind is a code in a file. Without the limit, a file with an error in every row would fill the
    memory.
    """

    MOST_OF_A_KIND = 100

    def __init__(self) -> None:
        self._found: list[Finding] = []
        self._counts: Counter[tuple[Code, str]] = Counter()
        self._told: set[tuple[Code, str, str | None]] = set()
        self._harmless: set[tuple[Code, str]] = set()

    def add(
        self,
        code: Code,
        file: str = "",
        row: int | None = None,
        column: str | None = None,
        **details: object,
    ) -> None:
        self._counts[code, file] += 1
        self._told.add((code, file, column))
        if self._counts[code, file] <= self.MOST_OF_A_KIND:
            self._found.append(make_finding(code, file, row, column, **details))

    def add_once(
        self,
        code: Code,
        file: str = "",
        row: int | None = None,
        column: str | None = None,
        **details: object,
    ) -> None:
        """Add only the first of a kind, e.g. about a column that affects every row."""
        if (code, file, column) not in self._told:
            self.add(code, file, row, column, **details)

    def soften(self, harmless: Callable[[Finding], bool]) -> None:
        """Turn errors into warnings. A repeated kind stays an error unless all that are kept of it
        are harmless."""
        found = [
            replace(it, severity=Severity.WARNING)
            if it.severity is Severity.ERROR and harmless(it)
            else it
            for it in self._found
        ]
        left = {(it.code, it.file) for it in found if it.severity is Severity.ERROR}
        self._harmless |= {(it.code, it.file) for it in found} - left
        self._found = found

    def list_all(self) -> tuple[Finding, ...]:
        """Return all findings by file and row; those of a whole file come before its rows."""
        found = [*self._found, *self._count_rest()]
        return tuple(sorted(found, key=lambda it: (it.file, it.row or 0)))

    def _count_rest(self) -> Iterator[Finding]:
        for (code, file), count in self._counts.items():
            if count > self.MOST_OF_A_KIND:
                serious = code in ERRORS and (code, file) not in self._harmless
                more = Code.MORE_ERRORS if serious else Code.MORE_WARNINGS
                left = count - self.MOST_OF_A_KIND
                yield make_finding(more, file, None, None, count=left, of=code.value)


def make_finding(
    code: Code, file: str, row: int | None, column: str | None, **details: object
) -> Finding:
    severity = Severity.ERROR if code in ERRORS else Severity.WARNING
    said = {name: shorten(detail) for name, detail in details.items()}
    english, russian = ENGLISH[code].format_map(said), RUSSIAN[code].format_map(said)
    place = shorten(file, 200), row, shorten(column) if column else None
    return Finding(severity, code, *place, english, russian)


def shorten(detail: object, most: int = 60) -> str:
    """Return a detail on one line, without control characters, cut to fit a table."""
    text = "".join(char if char.isprintable() else " " for char in str(detail)[: most + 1])
    return text if len(text) <= most else text[: most - 1] + "…"
