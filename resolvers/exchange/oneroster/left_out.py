"""Rows that are left out, so that one bad row does not refuse a whole set.

A row is left out by itself if nothing that is imported depends on it: a course that no class has,
a person who is in no class, an enrolment in a class that the set does not hold. With `lenient`
every bad row is left out, and with it what depends on it.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Final

from resolvers.exchange.oneroster.codes import Code
from resolvers.exchange.oneroster.findings import Finding, Findings
from resolvers.exchange.oneroster.manifest import Manifest
from resolvers.exchange.oneroster.records import Record, Records
from resolvers.exchange.oneroster.references import KIND, REFERENCES, Reference, leading
from resolvers.exchange.oneroster.tables import Table
from resolvers.exchange.oneroster.vocabulary import Mode

ABOUT: Final = frozenset({"demographics", "flags", "roles"})
"""Records that describe a person. They depend on the person, the person not on them."""
LINKS: Final = ABOUT | {"enrollments", "relationships"}
"""Records to which no other refers."""
OF_ROWS: Final = frozenset(
    {
        *(Code.ROW_BROKEN, Code.ROW_WRONG_WIDTH, Code.ROW_BAD_CHARACTERS, Code.CELL_TOO_LONG),
        *(Code.VALUE_MISSING, Code.KEY_MANGLED, Code.DATE_BAD, Code.DATES_REVERSED),
        *(Code.WORD_BAD, Code.REFERENCE_MISSING, Code.KEY_CONFLICT, Code.SELF_GUARDIAN),
    }
)
"""Errors that a set is without once their row is left out."""
NAMES: Final = {kind: name for name, kind in KIND.items()}


def leave_out(
    records: Records,
    tables: Mapping[str, Table],
    manifest: Manifest,
    findings: Findings,
    *,
    lenient: bool,
) -> None:
    """Leave out the bad rows that may be, and say so."""
    places = set(unneeded(records, tables, lenient=lenient))
    dropped = drop_dependents(records, tables, manifest, lenient=lenient)
    places |= {(it.place.file, it.place.row) for it in dropped}

    def harmless(finding: Finding) -> bool:
        of_row = finding.code in OF_ROWS and finding.row is not None
        return of_row and (lenient or (finding.file, finding.row) in places)

    findings.soften(harmless)
    if places:
        findings.add(Code.ROWS_LEFT_OUT, value=len(places))


def unneeded(
    records: Records, tables: Mapping[str, Table], *, lenient: bool
) -> Iterator[tuple[str, int]]:
    """(file, line) of the rows that could not be read and that nothing needs."""
    needed: dict[str, set[str]] = defaultdict(set)
    for reference in REFERENCES:
        if reference.of not in ABOUT:
            needed[KIND.get(reference.to, reference.to)] |= {
                key for _, key in leading(reference, records)
            }
    for kind, table in tables.items():
        name = NAMES.get(kind, kind)
        for key, lines in table.lost.items():
            spare = name in {"demographics", "flags"} or (
                name not in LINKS and key is not None and key not in needed[kind]
            )
            if lenient or spare:
                yield from ((table.file, line) for line in lines)


def drop_dependents(
    records: Records, tables: Mapping[str, Table], manifest: Manifest, *, lenient: bool
) -> list[Record]:
    """Remove the records that rest on one that is not there, and then those that rest on them."""
    dropped: list[Record] = []
    while found := [
        (reference.of, record)
        for reference in REFERENCES
        if reference.needed and (lenient or reference.of in LINKS)
        for record in dangling(reference, records, tables, manifest, lenient=lenient)
    ]:
        for name, record in found:
            if getattr(records, name).pop(record.sourced_id, None):
                dropped.append(record)
    return dropped


def dangling(
    reference: Reference,
    records: Records,
    tables: Mapping[str, Table],
    manifest: Manifest,
    *,
    lenient: bool,
) -> Iterator[Record]:
    """Records whose reference leads nowhere, although the file that it leads to is complete. A
    reference to a row that could not be read refuses the set, unless the record describes it."""
    kind = KIND.get(reference.to, reference.to)
    table, targets = tables.get(kind), getattr(records, reference.to)
    if table is None or manifest.modes.get(kind) is Mode.DELTA:
        return
    for record, key in leading(reference, records):
        forgiven = lenient or reference.of in ABOUT or key not in table.lost
        if key not in targets and forgiven:
            yield record
