"""Whether references lead somewhere, and parents do not go in circles.

Records that are not active are not asked: what is being deleted may refer to what is gone.
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
    """`field` of the records `of` names records `to`; a needed one is an error if it does not.

    columns: What the field is called in a file, in the first of these that it has.
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
        for record, key in leading(reference, records):
            if key not in targets and key not in table.lost:
                code = Code.REFERENCE_MISSING if reference.needed else Code.LINK_MISSING
                tell(code, reference, record, files, findings, value=key, taken=table.file)
            elif key in targets and not targets[key].active:
                code = Code.REFERENCE_INACTIVE
                tell(code, reference, record, files, findings, value=key)


def leading(reference: Reference, records: Records) -> Iterator[tuple[Record, str]]:
    """(record, the key it refers to) of the active records."""
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
    """Once for a file that is not there, instead of once for every row that refers to it."""
    for record, _ in leading(reference, records):
        file = record.place.file
        column = column_of(reference, files[file])
        code = Code.FILE_MISSING if reference.needed else Code.FILE_ABSENT
        findings.once(code, absent, value=f"{file}: {column}")
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
    """The column as the file of this record names it."""
    columns = reference.columns
    known = (column for column in columns if column in table.header.columns)
    return table.written(next(known, columns[0]))


def check_parents(records: Records, findings: Findings) -> None:
    """Nothing is above itself."""
    trees: tuple[Mapping[str, Org | Session], ...] = (records.orgs, records.sessions)
    for tree in trees:
        for key, record in tree.items():
            if circular(key, tree):
                place = record.place
                findings.add(Code.PARENT_CYCLE, place.file, place.row, value=key)


def circular(key: str, tree: Mapping[str, Org | Session]) -> bool:
    at, steps = tree[key].parent_id or "", 0
    while at in tree and at != key and steps <= len(tree):
        at, steps = tree[at].parent_id or "", steps + 1
    return at == key
