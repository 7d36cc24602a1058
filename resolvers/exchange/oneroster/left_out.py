"""Rows that are left out, so that one bad row does not refuse a whole set.

A bad row is left out if nothing imported depends on it: a course without a class, a person in no
class, an enrolment in a class that is not in the set. With `lenient` every bad row is left out,
with its dependents.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Final

from resolvers.exchange.oneroster.codes import Code
from resolvers.exchange.oneroster.findings import Finding, Findings
from resolvers.exchange.oneroster.manifest import Manifest
from resolvers.exchange.oneroster.records import Record, Records
from resolvers.exchange.oneroster.references import KIND, REFERENCES, Reference, find_leading
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
"""Errors that disappear with their row."""
NAMES: Final = {kind: name for name, kind in KIND.items()}


def leave_out(
    records: Records,
    tables: Mapping[str, Table],
    manifest: Manifest,
    findings: Findings,
    *,
    lenient: bool,
) -> None:
    """Leave out the bad rows that may be left out, with findings."""
    places = set(find_unneeded(records, tables, lenient=lenient))
    dropped = drop_dependents(records, tables, manifest, lenient=lenient)
    places |= {(it.place.file, it.place.row) for it in dropped}

    def harmless(finding: Finding) -> bool:
        of_row = finding.code in OF_ROWS and finding.row is not None
        return of_row and (lenient or (finding.file, finding.row) in places)

    findings.soften(harmless)
    if places:
        findings.add(Code.ROWS_LEFT_OUT, value=len(places))


def find_unneeded(
    records: Records, tables: Mapping[str, Table], *, lenient: bool
) -> Iterator[tuple[str, int]]:
    """Yield (file, line) of the unreadable rows on which nothing depends."""
    needed: dict[str, set[str]] = defaultdict(set)
    for reference in REFERENCES:
        if reference.of not in ABOUT:
            needed[KIND.get(reference.to, reference.to)] |= {
                key for _, key in find_leading(reference, records)
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
    """Remove the records that depend on a missing one, repeatedly."""
    dropped: list[Record] = []
    while found := [
        (reference.of, record)
        for reference in REFERENCES
        if reference.needed and (lenient or reference.of in LINKS)
        for record in find_dangling(reference, records, tables, manifest, lenient=lenient)
    ]:
        for name, record in found:
            if getattr(records, name).pop(record.sourced_id, None):
                dropped.append(record)
    return dropped


def find_dangling(
    reference: Reference,
    records: Records,
    tables: Mapping[str, Table],
    manifest: Manifest,
    *,
    lenient: bool,
) -> Iterator[Record]:
    """Yield records with a dangling reference into a complete file. A reference to an unreadable
    row refuses the set, unless the record only describes it."""
    kind = KIND.get(reference.to, reference.to)
    table, targets = tables.get(kind), getattr(records, reference.to)
    if table is None or manifest.modes.get(kind) is Mode.DELTA:
        return
    for record, key in find_leading(reference, records):
        forgiven = lenient or reference.of in ABOUT or key not in table.lost
        if key not in targets and forgiven:
            yield record
