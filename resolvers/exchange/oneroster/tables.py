"""From the text of a file to a table with named columns.

A row that does not fit the columns is left out with a finding. Its cells are not moved, because a
value in the wrong column is worse than a missing row.
"""

import csv
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from models.people.names import INVISIBLE, tidy
from resolvers.exchange.oneroster.codes import Code
from resolvers.exchange.oneroster.encoding import text_of
from resolvers.exchange.oneroster.files import RosterFile
from resolvers.exchange.oneroster.findings import Findings
from resolvers.exchange.oneroster.headers import Header, header_of

MOST_LINES: Final = 10  # of a row whose cells contain line breaks, which neither standard allows
LONGEST_CELL: Final = 4096
SEPARATOR = re.compile(r'"?sep=([,;\t|])"?')  # a line of spreadsheets above the header
# Control characters, undecodable bytes, and halves of surrogate pairs.
BAD = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffd\ufffe\uffff\ud800-\udfff]")
UNTIDY = re.compile(rf"\s|{INVISIBLE.pattern}")
# Zero width and direction marks, too, by which names that look alike would differ.


@dataclass(slots=True)
class Table:
    """The readable rows of a file.

    rows: (line, cells). The line is that of the row's beginning; the header is usually line 1.
    lost: {identifier: line} of rows that were left out, so that a reference to them is no further
        error; rows without an identifier are under None.
    """

    kind: str
    file: str
    header: Header
    rows: list[tuple[int, list[str]]] = field(default_factory=list)
    lost: dict[str | None, list[int]] = field(default_factory=dict)

    def lose(self, key: str, line: int) -> None:
        self.lost.setdefault(key or None, []).append(line)

    def name_in_file(self, column: str) -> str:
        """Return the name of the column in the file."""
        at = self.header.columns.get(column)
        return column if at is None else self.header.names[at]


def table_of(file: RosterFile, most_rows: int, findings: Findings) -> Table | None:
    """Return the table in a file; None, with a finding, if there is none."""
    lines = text_of(file.content, file.name, findings).split("\n")
    start, delimiter = find_header(lines)
    if start is None:
        findings.add(Code.FILE_EMPTY, file.name)
        return None
    if delimiter != ",":
        findings.add(Code.DELIMITER_GUESSED, file.name, value=delimiter)
    names = parse_row(lines[start], delimiter) or []
    header = header_of(file.kind, names, file.name, findings)
    if header is None:
        return None
    table = Table(file.kind, file.name, header)
    for line, cells in find_fitting(table, lines, start + 1, delimiter, findings):
        if len(table.rows) >= most_rows:
            findings.add(Code.TOO_MANY_ROWS, file.name, line, value=most_rows)
            break
        table.rows.append((line, cells))
    if not table.rows and not table.lost:
        findings.add(Code.FILE_EMPTY, file.name)
    return table


def find_header(lines: list[str]) -> tuple[int | None, str]:
    """Return the line of the header, and the separator of columns."""
    told = None
    for at, line in enumerate(lines):
        if telling := SEPARATOR.fullmatch(line):
            told = telling[1]
        elif line.strip(" ,;\t"):
            seen = next((mark for mark in ",;\t" if mark in line), ",")
            return at, told or seen
    return None, ","


def find_fitting(
    table: Table, lines: list[str], start: int, delimiter: str, findings: Findings
) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows that fit the header, cleaned. Add a finding for each of the others."""
    at, file = start, table.file
    while at < len(lines):
        cells, span = row_at(lines, at, delimiter)
        line, at = at + 1, at + span
        if cells is None:
            findings.add(Code.ROW_BROKEN, file, line)
            table.lose("", line)
            continue
        whole = "".join(cells)
        if not whole.strip():
            continue
        if not fits(table, cells, whole, line, findings):
            lose(table, cells, line)
            continue
        if span > 1:
            findings.add(Code.LINE_BREAK_IN_CELL, file, line)
        for secret in table.header.secret:
            cells[secret] = ""
        yield line, [tidy(cell) for cell in cells] if is_untidy(whole) else cells


def row_at(lines: list[str], at: int, delimiter: str) -> tuple[list[str] | None, int]:
    """Return (cells of the row that begins here, number of its lines); None if it is no row.

    An odd number of quotation marks means a line break in a cell, or a mark too many or too few. If
    the lines make no row together, the first is taken alone.
    """
    text, span = lines[at], 1
    if '"' not in text:
        return text.split(delimiter), 1
    while text.count('"') % 2 and span < MOST_LINES and at + span < len(lines):
        text = f"{text}\n{lines[at + span]}"
        span += 1
    together = parse_row(text, delimiter) if text.count('"') % 2 == 0 else None
    return (together, span) if together else (parse_row(lines[at], delimiter), 1)


def parse_row(text: str, delimiter: str) -> list[str] | None:
    try:
        [cells] = csv.reader([text], delimiter=delimiter, strict=True, skipinitialspace=True)
    except (csv.Error, ValueError):
        return None
    return cells


def fits(table: Table, cells: list[str], whole: str, line: int, findings: Findings) -> bool:
    """Whether every named column has a cell, and all cells without a name are empty."""
    header, file = table.header, table.file
    beyond = cells[len(header.names) :]
    if beyond:
        findings.add_once(Code.COLUMNS_UNNAMED, file)
    nameless = [*(cells[at] for at in header.unnamed if at < len(cells)), *beyond]
    if len(cells) <= header.last or "".join(nameless).strip():
        wide = len(header.names) - len(header.unnamed)
        findings.add(Code.ROW_WRONG_WIDTH, file, line, value=len(cells), taken=wide)
    elif BAD.search(whole):
        findings.add(Code.ROW_BAD_CHARACTERS, file, line)
    elif len(whole) > LONGEST_CELL and max(map(len, cells)) > LONGEST_CELL:
        findings.add(Code.CELL_TOO_LONG, file, line, value=LONGEST_CELL)
    else:
        return True
    return False


def lose(table: Table, cells: list[str], line: int) -> None:
    at = table.header.columns.get("sourcedId")
    table.lose(tidy(cells[at]) if at is not None and at < len(cells) else "", line)


def is_untidy(whole: str) -> bool:
    """Whether a cell of the row may need cleaning; most rows need none."""
    return bool(UNTIDY.search(whole)) or not unicodedata.is_normalized("NFC", whole)
