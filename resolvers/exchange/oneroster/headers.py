"""From the column names of a file to those of the standard."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from resolvers.exchange.oneroster.codes import Code
from resolvers.exchange.oneroster.columns import (
    ALIASES,
    COLUMNS,
    EVERYWHERE,
    MISSPELT,
    PASSWORD,
    REQUIRED,
    UNWANTED,
)
from resolvers.exchange.oneroster.findings import Findings

EXTENSION: Final = "metadata."  # the prefix of a vendor's own columns, which the standard allows


@dataclass(frozen=True, slots=True)
class Header:
    """The columns of a file.

    names: As written, in their order; empty for a column without a name.
    columns: {name of the standard: place}, of the columns that are read.
    unnamed: Places of columns without a name.
    secret: Places of columns that are never read.
    last: The place of the last column with a name.
    """

    names: tuple[str, ...]
    columns: dict[str, int]
    unnamed: tuple[int, ...]
    secret: tuple[int, ...]
    last: int


def header_of(kind: str, written: list[str], file: str, findings: Findings) -> Header | None:
    """Return the header; None, with a finding, if it lacks an essential column.

    Then there is no other finding about it. If the header is missing, the first row was taken for
    one, and its names and passwords must not get into findings.
    """
    names = tuple(" ".join(name.split()) for name in written)
    standard = standard_names(kind, names)
    columns: dict[str, int] = {}
    for at, column in enumerate(standard):
        columns.setdefault(column or "", at)
    columns.pop("", None)
    missing = [column for column in REQUIRED[kind] if column not in columns]
    for column in missing:
        findings.add(Code.COLUMN_MISSING, file, column=column)
    if missing:
        return None
    for at, (name, column) in enumerate(zip(names, standard, strict=True)):
        tell_name(kind, name, column, columns.get(column or "") == at, file, findings)
    return make_header(names, columns, file, findings)


def tell_name(
    kind: str, name: str, column: str | None, first: bool, file: str, findings: Findings
) -> None:
    """Add a finding about a name that is not exactly that of `column`."""
    if column is None:
        if name and not name.startswith(EXTENSION):
            findings.add(Code.COLUMN_UNKNOWN, file, column=name)
    elif not first:
        findings.add(Code.COLUMN_TWICE, file, column=name)
    elif name != column and name not in ALIASES.get(kind, {}):
        findings.add(Code.COLUMN_MISSPELT, file, column=name, value=column)


def standard_names(kind: str, names: Sequence[str]) -> list[str | None]:
    """Return the standard columns of the names; None for an unknown one. A similar name, `termId`
    for `termSourcedIds`, stands for a column that the file does not have otherwise."""
    found = [standard_name(kind, name) for name in names]
    like = [ALIKE[kind].get(stem(name)) for name in names]
    return [
        one or (other if other not in found and like.count(other) == 1 else None)
        for one, other in zip(found, like, strict=True)
    ]


def standard_name(kind: str, name: str) -> str | None:
    """Return the standard name: `dateLastModified` for `DataLastModified`."""
    folded = name.casefold()
    return KNOWN[kind].get(folded) or MISSPELT_FOLDED.get(folded)


def make_header(
    names: tuple[str, ...], columns: dict[str, int], file: str, findings: Findings
) -> Header:
    unnamed = tuple(at for at, name in enumerate(names) if not name)
    if unnamed:
        findings.add(Code.COLUMNS_UNNAMED, file)
    if unwanted := UNWANTED & columns.keys():
        findings.add(Code.COLUMNS_UNWANTED, file)
    secret = tuple(columns.pop(column) for column in (PASSWORD, *unwanted) if column in columns)
    last = max(at for at, name in enumerate(names) if name)
    return Header(names, columns, unnamed, secret, last)


def stem(name: str) -> str:
    """Return the common stem of singular and plural, `…Id` and `…SourcedId`."""
    return name.casefold().removesuffix("s").removesuffix("id").removesuffix("sourced")


def index_stems(columns: Collection[str]) -> dict[str, str]:
    """Return columns by their stems, without stems of two columns."""
    stems = Counter(stem(column) for column in columns)
    stems[""] = 0  # the stem of `sourcedId` and of an empty name
    return {stem(column): column for column in columns if stems[stem(column)] == 1}


KNOWN: Final = {
    kind: {
        **{alias.casefold(): column for alias, column in ALIASES.get(kind, {}).items()},
        **{name.casefold(): name for name in (*EVERYWHERE, *names)},
    }
    for kind, names in COLUMNS.items()
}
ALIKE: Final = {kind: index_stems([*EVERYWHERE, *names]) for kind, names in COLUMNS.items()}
MISSPELT_FOLDED: Final = {name.casefold(): column for name, column in MISSPELT.items()}
