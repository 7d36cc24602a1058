"""A school with a hundred times the people, classes, rights and lessons of the demo school.

Each row of the demo school is copied with its ids moved by a fixed step, so that copies refer to
copies as the originals refer to each other. Which columns are moved is read from the catalog: a
new table is copied without being named here.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.growth import LETTERS, NOTICES

COPIES = 99
STEP = 1_000_000
"""Distance of the ids of two copies; greater than any id of the demo school."""
ONCE = {
    "alembic_version",
    "secret_keys",
    "schools",
    "school_heads",
    "academic_years",
    "role_rights",
    "term_types",
    "terms",
    "journal_closures",
    "holiday_sets",
    "holidays",
    "bell_schedules",
    "periods",
    "assignment_types",
}
"""Tables of which a school has as many rows as it has years, whatever its size."""
OF_JOURNALS = {
    "assignments",
    "attendance_records",
    "homework",
    "mark_revisions",
    "marks",
    "term_mark_revisions",
    "term_marks",
}
"""Tables that no list of the schema's root reads: each read of them begins at a lesson or a
student."""
FEWER = {"lessons": 9}
"""Tables that are large in the demo school, with the number of copies: 1.5 million lessons would
take minutes."""
YEARS = 10
OF_A_YEAR = {"school_classes", "sections"}
"""Tables whose copies are spread over so many years: a list shows those of the current year."""
PAST = """
INSERT INTO academic_years (school_id, id, name, starts_on, ends_on, status)
OVERRIDING SYSTEM VALUE
SELECT y.school_id, y.id + i * {step}, y.name || '-' || i, y.starts_on - i * 366,
    y.ends_on - i * 366, 'ARCHIVED'
FROM (SELECT * FROM academic_years WHERE school_id = 1) y, generate_series(1, {years} - 1) i
"""

AUDIT = """
INSERT INTO audit_events (school_id, seq, at, actor_id, role, action, entity, details, request_id,
    previous_hash, hash)
SELECT 1, i, timestamptz '2026-11-22' - make_interval(mins => {count} - i), 1 + i % 60,
    (ARRAY['SUBJECT_TEACHER','DIRECTOR','SECRETARY'])[1 + i % 3],
    CASE WHEN i % 1000 = 7 THEN 'closeTerm'
        ELSE (ARRAY['setMark','setAttendance','publishNotice','sendMail'])[1 + i % 4] END,
    'Mark:1-' || i % 5000, '[]', 'made', decode(md5(i::text), 'hex'), decode(md5(i::text), 'hex')
FROM generate_series(1, {count}) i
"""
READS = """
INSERT INTO sensitive_reads (school_id, audit_event_id, student_id, record_type, reader_id, role,
    at)
SELECT 1, a.id, 1 + i % 100, 'StudentHealth', 1 + i % 60, 'PSYCHOLOGIST',
    timestamptz '2026-11-22' - make_interval(mins => i * 25)
FROM generate_series(1, {count}) i, (SELECT min(id) AS id FROM audit_events) a
"""
SIGNED_IN = """
UPDATE accounts SET last_signed_in_at = timestamptz '2026-11-22' - make_interval(secs => id / 7)
WHERE school_id = 1 AND id % 3 > 0
"""

CATALOG = """
SELECT c.relname AS table, a.attname AS column, t.typname AS type,
    a.attgenerated <> '' AS is_generated
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_type t ON t.oid = a.atttypid
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0
    AND NOT a.attisdropped
ORDER BY c.relname, a.attnum
"""
REFERENCES = """
SELECT DISTINCT c.conrelid::regclass::text AS table, a.attname AS column,
    c.confrelid::regclass::text AS target
FROM pg_constraint c, unnest(c.conkey, c.confkey) AS pair(here, there)
    JOIN pg_attribute a ON true JOIN pg_attribute b ON true
WHERE c.contype = 'f' AND a.attrelid = c.conrelid AND a.attnum = pair.here
    AND b.attrelid = c.confrelid AND b.attnum = pair.there AND b.attname = 'id'
"""
UNIQUE = """
SELECT c.relname AS table, array_agg(a.attname ORDER BY a.attnum) AS columns
FROM pg_index x JOIN pg_class c ON c.oid = x.indrelid
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (x.indkey)
WHERE x.indisunique AND c.relnamespace = 'public'::regnamespace
GROUP BY x.indexrelid, c.relname
"""
EXCLUSIONS = """
SELECT conrelid::regclass::text AS table, conname AS name FROM pg_constraint
WHERE contype = 'x' AND connamespace = 'public'::regnamespace
"""
OTHER: Mapping[str, str] = {
    "text": "{0} || '~' || copy",
    "varchar": "{0} || '~' || copy",
    "bytea": "{0} || int4send(copy)",
    "int4": "{0} + copy * 1000",
    "int8": "{0} + copy * 1000",
    "uuid": "gen_random_uuid()",
}
"""By type, how a value of one copy is made to differ from those of the others; the first type that
a unique index has is taken."""


@dataclass
class Table:
    """The facts about a table that are needed to copy its rows.

    types: By column, those that may be written.
    references: Columns that refer to other rows.
    moved: Columns that hold an id of a copied row.
    distinct: The columns of each unique index.
    """

    name: str
    types: dict[str, str] = field(default_factory=dict)
    references: set[str] = field(default_factory=lambda: {"school_id"})
    moved: set[str] = field(default_factory=set)
    distinct: list[Sequence[str]] = field(default_factory=list)

    def copying(self, copies: int) -> str:
        """The statement. Raises StopIteration if a unique index has no column that can differ."""
        changed = dict.fromkeys(self.moved, f"{{0}} + copy::bigint * {STEP}")
        if self.name in OF_A_YEAR:
            changed["academic_year_id"] = f"{{0}} + copy % {YEARS} * {STEP}"
        for columns in self.distinct:
            if not (changed.keys() - {"academic_year_id"}) & set(columns):
                own = [name for name in columns if name not in self.references]
                name = next(name for type_ in OTHER for name in own if self.types[name] == type_)
                changed[name] = OTHER[self.types[name]]
        made = (changed.get(name, "{0}").format(f'"{name}"') for name in self.types)
        names = ", ".join(f'"{name}"' for name in self.types)
        ours = "WHERE school_id = 1" if "school_id" in self.types else ""
        return (
            f'INSERT INTO "{self.name}" ({names}) OVERRIDING SYSTEM VALUE SELECT {", ".join(made)} '
            f'FROM (SELECT * FROM "{self.name}" {ours}) one, generate_series(1, {copies}) copy'
        )


async def tables_of(sql: AsyncConnection) -> dict[str, Table]:
    """Those to be copied."""

    async def rows(query: str) -> Iterable[Any]:
        return (await sql.execute(text(query))).all()

    found: dict[str, Table] = {}
    for line in await rows(CATALOG):
        if line.table not in ONCE | OF_JOURNALS and not line.is_generated:
            table = found.setdefault(line.table, Table(line.table))
            table.types[line.column] = line.type
            if line.column == "id" and re.fullmatch("int[48]", line.type):
                table.moved.add("id")
    for line in await rows(REFERENCES):
        if line.table in found:
            found[line.table].references.add(line.column)
            if line.target in found:
                found[line.table].moved.add(line.column)
    for line in await rows(UNIQUE):
        if line.table in found:
            found[line.table].distinct.append(line.columns)
    return found


async def crowd(sql: AsyncConnection) -> None:
    """Fill the demo school. Constraints on single rows and unique indexes are checked; references,
    triggers and what may not overlap are not, for the sake of time."""
    tables = await tables_of(sql)
    for line in (await sql.execute(text(EXCLUSIONS))).all():
        await sql.execute(text(f"ALTER TABLE {line.table} DROP CONSTRAINT {line.name}"))
    await sql.execute(text("SET session_replication_role = replica"))
    await sql.execute(text(PAST.format(step=STEP, years=YEARS)))
    for table in tables.values():
        await sql.execute(text(table.copying(FEWER.get(table.name, COPIES))))
    for statement, count in ((AUDIT, 100_000), (READS, 20_000)):
        await sql.execute(text(statement.format(count=count)))
    for statement, count in ((NOTICES, 50_000), (LETTERS, 20_000)):
        await sql.execute(text(statement.format(first=1, last=count)))
    await sql.execute(text(SIGNED_IN))
    await sql.execute(text("SET session_replication_role = origin"))
    await sql.execute(text("ANALYZE"))
