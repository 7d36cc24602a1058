"""What is wrong with a set, said to the person who has to mend it, in English and in Russian.

An error means that something of the set cannot be taken in as it is written: a value, a row, a
column or a whole file. A warning means that it can, and how it was understood; an error in a row
on which nothing depends is a warning, because the row is left out (`left_out`).
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from resolvers.exchange.oneroster.codes import ERRORS, Code
from resolvers.exchange.oneroster.english import ENGLISH
from resolvers.exchange.oneroster.russian import RUSSIAN


class Severity(StrEnum):
    """Whether a finding stands in the way."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to mend, or to know.

    file: The file of the set, as it is named there; empty for the set as a whole.
    row: Its line as a person counts: the header is 1. None: the file as a whole.
    column: The column as it is named in the file.
    """

    severity: Severity
    code: Code
    file: str
    row: int | None
    column: str | None
    english: str
    russian: str


class Findings:
    """Collects findings; of a kind that repeats itself, the first ones and the number of the rest.

    A kind is a code in a file. Without the limit a file in which every row is wrong would make
    more findings than anybody reads, or memory holds.
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
            self._found.append(finding(code, file, row, column, **details))

    def once(
        self,
        code: Code,
        file: str = "",
        row: int | None = None,
        column: str | None = None,
        **details: object,
    ) -> None:
        """Adds the first only: what is said of a column need not be said of every row."""
        if (code, file, column) not in self._told:
            self.add(code, file, row, column, **details)

    def soften(self, harmless: Callable[[Finding], bool]) -> None:
        """Turn errors into warnings. Those of a kind that repeats itself stay errors unless every
        one that is kept was harmless."""
        found = [
            replace(it, severity=Severity.WARNING)
            if it.severity is Severity.ERROR and harmless(it)
            else it
            for it in self._found
        ]
        left = {(it.code, it.file) for it in found if it.severity is Severity.ERROR}
        self._harmless |= {(it.code, it.file) for it in found} - left
        self._found = found

    def all(self) -> tuple[Finding, ...]:
        """Every finding, by file and row; what concerns a whole file comes before its rows."""
        found = [*self._found, *self._rest()]
        return tuple(sorted(found, key=lambda it: (it.file, it.row or 0)))

    def _rest(self) -> Iterator[Finding]:
        for (code, file), count in self._counts.items():
            if count > self.MOST_OF_A_KIND:
                serious = code in ERRORS and (code, file) not in self._harmless
                more = Code.MORE_ERRORS if serious else Code.MORE_WARNINGS
                left = count - self.MOST_OF_A_KIND
                yield finding(more, file, None, None, count=left, of=code.value)


def finding(
    code: Code, file: str, row: int | None, column: str | None, **details: object
) -> Finding:
    severity = Severity.ERROR if code in ERRORS else Severity.WARNING
    said = {name: shortened(detail) for name, detail in details.items()}
    english, russian = ENGLISH[code].format_map(said), RUSSIAN[code].format_map(said)
    place = shortened(file, 200), row, shortened(column) if column else None
    return Finding(severity, code, *place, english, russian)


def shortened(detail: object, most: int = 60) -> str:
    """On one line, without control characters, and no longer than fits a table of findings."""
    text = "".join(char if char.isprintable() else " " for char in str(detail)[: most + 1])
    return text if len(text) <= most else text[: most - 1] + "…"
