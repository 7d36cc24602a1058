"""The rows of all specimens in a database: two schools of the same rows.

Both schools have the same ids, but other rows have them in the second school: there the ids of each
table are shifted. A rule that forgets `school_id` finds the wrong rows, so it is noticed.
"""

import hashlib
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import Enum
from typing import Any

from sqlalchemy import (
    Column,
    ForeignKeyConstraint,
    LargeBinary,
    Table,
    Text,
    insert,
    inspect,
    text,
)
from sqlalchemy import (
    Enum as SqlEnum,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from models.base import OfSchool, Record, target_of
from models.sealed import SealedColumn, find_sealed_columns
from models.secrets import Secrets
from tests.specimens.declaring import BOOK, Row, Specimens

SCHOOLS = (1, 2)
SEALED = {(one.table.name, one.column): one for one in find_sealed_columns()}
BLIND = {(one.table.name, one.index) for one in find_sealed_columns() if one.index}
TABLES = Record.metadata.sorted_tables
PLACES = {table.name: place for place, table in enumerate(TABLES)}
FILLED: dict[type, Any] = {
    bool: False,
    int: 1,
    Decimal: Decimal(1),
    date: date(2026, 9, 1),
    datetime: datetime(2026, 9, 1, 9, tzinfo=UTC),
    time: time(8, 30),
    dict: {},
    list: [],
}
"""Values for NOT NULL columns that a declaration does not mention."""


def table_of(row: type[OfSchool]) -> Table:
    found: Table = inspect(row).local_table  # type: ignore[assignment]
    return found


def list_stored() -> Iterator[Specimens]:
    """Yield specimens with rows of their own, those that others refer to first."""
    own = {table_of(s.row).name: s for s in BOOK.values() if not s.row.is_view and not s.table_of}
    return (own[table.name] for table in TABLES if table.name in own)


def id_of(row: type[OfSchool], name: str, school: int = 1) -> int:
    """Return the id of a row in a school. No two tables share an id, so none can be confused."""
    found = BOOK[row]
    names = list(BOOK[found.table_of].rows if found.table_of else found.rows)
    table_name = table_of(row).name
    if table_name == "schools":
        return school
    place = names.index(name)
    shift = 0 if school == 1 else 1
    return 1000 * (PLACES[table_name] + 1) + (place + shift) % len(names)


def values_of(found: Specimens, name: str, school: int, secrets: Secrets) -> dict[str, Any]:
    """Return the values of all columns of a row."""
    row = found.rows[name]
    table = table_of(found.row)
    values = {"id": id_of(found.row, name, school)}
    if table.name != "schools":
        values["school_id"] = school
    for key, value in row.items():
        if not key.startswith("_"):
            values |= column_of(found.row, key, value, school, values["id"])
    values |= {
        k: v for k, v in copy_columns(found, row, school, secrets).items() if k not in values
    }
    for column in table.columns:
        if column.name not in values and not is_made_by_database(column):
            values[column.name] = fill_column(column, name, values, secrets)
    return values


def column_of(
    row: type[OfSchool], key: str, value: Any, school: int, number_: int
) -> dict[str, Any]:
    """Return a column and its value; for a reference, the id of the row that it names."""
    if callable(value):
        value = value(school, number_)
    if key in row.__table__.columns:
        return {key: value}
    column = getattr(row, f"{key}_id")
    return {f"{key}_id": None if value is None else id_of(target_of(column), value, school)}


def copy_columns(found: Specimens, row: Row, school: int, secrets: Secrets) -> dict[str, Any]:
    """Return columns that the database keeps equal to those of the row that is referred to."""
    values: dict[str, Any] = {}
    for rule in table_of(found.row).constraints:
        if not isinstance(rule, ForeignKeyConstraint) or len(rule.elements) < 3:
            continue
        [_, reference, *others] = rule.elements
        key = reference.parent.name
        there = row.get(key.removesuffix("_id"))
        if there is None:
            continue
        target = BOOK[target_of(getattr(found.row, key))]
        theirs = values_of(target, there, school, secrets)
        values |= {one.parent.name: theirs[one.column.name] for one in others}
    return values


def is_made_by_database(column: "Column[Any]") -> bool:
    return bool(column.computed is not None or column.server_default is not None)


def fill_column(column: "Column[Any]", name: str, values: dict[str, Any], secrets: Secrets) -> Any:
    """Return a value for a column that is not declared; texts get one even if they may be null."""
    table = column.table
    if sealed := SEALED.get((table.name, column.name)):
        return secrets.seal(f"{name} {sealed.name}", *place_of(sealed, values))
    if (table.name, column.name) in BLIND:
        return secrets.index(name)
    if isinstance(column.type, SqlEnum):
        return None if column.nullable else first_of(column.type)
    if isinstance(column.type, Text | LargeBinary):
        told = f"{column.name} of {name}"[: column.info.get("most", 200)]
        is_text = isinstance(column.type, Text)
        return told if is_text else hashlib.sha256(f"{values}{told}".encode()).digest()
    if column.nullable:
        return None
    return FILLED[column.type.python_type]


def place_of(sealed: SealedColumn, values: dict[str, Any]) -> tuple[object, ...]:
    return sealed.place(values["school_id"], values[sealed.owner])


def first_of(type_: SqlEnum) -> Enum:
    kind: Any = type_.enum_class
    found: Enum = next(iter(kind))
    return found


async def make_schools(sql: AsyncConnection, secrets: Secrets) -> None:
    """Write all specimens."""
    for found in list_stored():
        table = table_of(found.row)
        for school in SCHOOLS:
            for name in found.rows:
                values = values_of(found, name, school, secrets)
                try:
                    await sql.execute(insert(table).values(values))
                except Exception as problem:
                    problem.add_note(f"{found.row.__name__} `{name}`: {values}")
                    raise
        highest = f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), 90000)"
        await sql.execute(text(highest))
