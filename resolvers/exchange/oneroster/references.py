"""Checks of references and of cycles of parents.

Inactive records are not checked: one that is being deleted may refer to a deleted one.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from resolvers.exchange.oneroster.codes import Code
from resolvers.exchange.oneroster.findings import Findings
from resolvers.exchange.oneroster.manifest import Manifest
from resolvers.exchange.oneroster.records import Org, Record, Records, Session
from resolvers.exchange.oneroster.tables import Table
from resolvers.exchange.oneroster.vocabulary import Mode

KIND: Final = {"sessions": "academicSessions", "flags": "userFlags"}


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference from `field` of the records `of` to records `to`.

    columns: Names of the field in a file; the first that the file has counts.
    needed: Whether a dangling one is an error.
    """

    of: str
    field: str
    to: str
    columns: tuple[str, ...]
    needed: bool = False


REFERENCES: Final = (
    Reference("orgs", "parent_id", "orgs", ("parentSourcedId",)),
    Reference("sessions", "parent_id", "sessions", ("parentSourcedId",)),
    Reference("courses", "org_id", "orgs", ("orgSourcedId",)),
    Reference("courses", "year_id", "sessions", ("schoolYearSourcedId",)),
    Reference("classes", "org_id", "orgs", ("schoolSourcedId",), needed=True),
    Reference("classes", "course_id", "courses", ("courseSourcedId",)),
    Reference("classes", "session_ids", "sessions", ("termSourcedIds",)),
    Reference("users", "primary_org_id", "orgs", ("primaryOrgSourcedId",)),
    Reference("users", "agent_ids", "users", ("agentSourcedIds",)),
    Reference("roles", "user_id", "users", ("userSourcedId", "sourcedId"), needed=True),
    Reference("roles", "org_id", "orgs", ("orgSourcedId", "orgSourcedIds"), needed=True),
    Reference("roles", "session_id", "sessions", ("sessionSourcedId",)),
    Reference("enrollments", "class_id", "classes", ("classSourcedId",), needed=True),
    Reference("enrollments", "user_id", "users", ("userSourcedId",), needed=True),
    Reference("enrollments", "org_id", "orgs", ("schoolSourcedId",)),
    Reference("demographics", "sourced_id", "users", ("sourcedId",), needed=True),
    Reference("relationships", "student_id", "users", ("userSourcedId",), needed=True),
    Reference("relationships", "relative_id", "users", ("relationshipUserSourcedId",), needed=True),
    Reference("flags", "user_id", "users", ("userSourcedId",), needed=True),
)


def check_references(
    records: Records, tables: Mapping[str, Table], manifest: Manifest, findings: Findings
) -> None:
    files = {table.file: table for table in tables.values()}
    for reference in REFERENCES:
        kind = KIND.get(reference.to, reference.to)
        table = tables.get(kind)
        if table is None or manifest.modes.get(kind) is Mode.DELTA:
            if not manifest.delta:
                tell_absent(reference, records, f"{kind}.csv", files, findings)
            continue
        targets: Mapping[str, Record] = getattr(records, reference.to)
        for record, key in find_leading(reference, records):
            if key not in targets and key not in table.lost:
                code = Code.REFERENCE_MISSING if reference.needed else Code.LINK_MISSING
                tell(code, reference, record, files, findings, value=key, taken=table.file)
            elif key in targets and not targets[key].active:
                code = Code.REFERENCE_INACTIVE
                tell(code, reference, record, files, findings, value=key)


def find_leading(reference: Reference, records: Records) -> Iterator[tuple[Record, str]]:
    """Yield (record, key to which it refers) of the active records."""
    found: Mapping[str, Record] = getattr(records, reference.of)
    for record in found.values():
        if record.active:
            keys = getattr(record, reference.field)
            for key in keys if isinstance(keys, tuple) else (keys,):
                if key:
                    yield record, key


def tell_absent(
    reference: Reference,
    records: Records,
    absent: str,
    files: Mapping[str, Table],
    findings: Findings,
) -> None:
    """Add one finding for a missing file, instead of one for every row that refers to it."""
    for record, _ in find_leading(reference, records):
        file = record.place.file
        column = column_of(reference, files[file])
        code = Code.FILE_MISSING if reference.needed else Code.FILE_ABSENT
        findings.add_once(code, absent, value=f"{file}: {column}")
        return


def tell(
    code: Code,
    reference: Reference,
    record: Record,
    files: Mapping[str, Table],
    findings: Findings,
    **details: object,
) -> None:
    place = record.place
    column = column_of(reference, files[place.file])
    findings.add(code, place.file, place.row, column, **details)


def column_of(reference: Reference, table: Table) -> str:
    """Return the name of the column in the file of this record."""
    columns = reference.columns
    known = (column for column in columns if column in table.header.columns)
    return table.name_in_file(next(known, columns[0]))


def check_parents(records: Records, findings: Findings) -> None:
    """Find records that are their own ancestors."""
    trees: tuple[Mapping[str, Org | Session], ...] = (records.orgs, records.sessions)
    for tree in trees:
        for key, record in tree.items():
            if is_circular(key, tree):
                place = record.place
                findings.add(Code.PARENT_CYCLE, place.file, place.row, value=key)


def is_circular(key: str, tree: Mapping[str, Org | Session]) -> bool:
    at, steps = tree[key].parent_id or "", 0
    while at in tree and at != key and steps <= len(tree):
        at, steps = tree[at].parent_id or "", steps + 1
    return at == key
