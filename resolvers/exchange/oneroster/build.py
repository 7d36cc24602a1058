"""From tables to records: each row becomes a record, or there is an error."""

from collections.abc import Callable, Mapping
from typing import TypeVar
from zoneinfo import ZoneInfo

from resolvers.exchange.oneroster import people, structure
from resolvers.exchange.oneroster.codes import Code
from resolvers.exchange.oneroster.dates import Dates
from resolvers.exchange.oneroster.findings import Findings
from resolvers.exchange.oneroster.records import Record, Records, User
from resolvers.exchange.oneroster.tables import Table
from resolvers.exchange.oneroster.values import Cells
from resolvers.exchange.oneroster.vocabulary import Dialect

R = TypeVar("R", bound=Record)


def records_of(
    tables: Mapping[str, Table], dialect: Dialect, zone: ZoneInfo, findings: Findings
) -> Records:
    """Return the records of all tables. Their rows are dropped on the way, so that the set is in
    memory only once."""
    made = Records()

    def fill(kind: str, reader: Callable[[Cells], R | None], into: dict[str, R]) -> None:
        if kind in tables:
            take(tables[kind], reader, into, zone, findings)

    in_users = dialect is Dialect.ONEROSTER_1_1 and (
        "users" in tables and "role" in tables["users"].header.columns
    )

    def user(row: Cells) -> User | None:
        read = people.user(row)
        if read and in_users and read.sourced_id not in made.users:
            for role in people.roles_of_user(row, read):
                keep(role, made.roles, row)
        return read

    fill("orgs", structure.org, made.orgs)
    fill("academicSessions", structure.session, made.sessions)
    fill("courses", structure.course, made.courses)
    fill("classes", structure.class_record, made.classes)
    fill("users", user, made.users)
    fill("roles", people.role_record, made.roles)
    fill("enrollments", structure.enrollment, made.enrollments)
    fill("demographics", people.demographics, made.demographics)
    fill("relationships", people.relationship, made.relationships)
    fill("userFlags", people.user_flag, made.flags)
    return made


def take(
    table: Table,
    reader: Callable[[Cells], R | None],
    into: dict[str, R],
    zone: ZoneInfo,
    findings: Findings,
) -> None:
    dates = Dates(table, zone)
    for line, cells in table.rows:
        row = Cells(table, line, cells, dates, findings)
        record = reader(row)
        if record is None:
            table.lose(row.text("sourcedId"), line)
        else:
            keep(record, into, row)
    table.rows.clear()


def keep(record: R, into: dict[str, R], row: Cells) -> None:
    """Keep the first record of a key. A second one is found unless it is equal."""
    first = into.setdefault(record.sourced_id, record)
    if first is not record:
        code = Code.ROW_TWICE if first == record else Code.KEY_CONFLICT
        row.findings.add(
            code, row.table.file, row.line, value=record.sourced_id, taken=first.place.row
        )
