"""INSERT and UPDATE of one row, compiled once for the columns that are written."""

from typing import Any

from sqlalchemy import Column, Table, bindparam, insert, literal_column, update
from sqlalchemy.dialects.postgresql import asyncpg
from sqlalchemy.orm import Mapper
from sqlalchemy.sql.expression import ClauseElement
from sqlalchemy.util import LRUCache

from models.database.compiled import Sent, sent_of

DIALECT: Any = asyncpg.dialect()  # type: ignore[no-untyped-call]
MOST = 500
WAS = "version_before"
"""The parameter with the version that the row has if no other transaction changed it."""
_known: "LRUCache[Any, tuple[Sent, list[str]]]" = LRUCache(MOST)


def is_usual(state: Any) -> bool:
    """Whether a row can be written by these statements."""
    mapper = state.mapper
    if mapper.version_id_col is None or not isinstance(mapper.local_table, Table):
        return False
    if any(column.default is not None for column in mapper.local_table.c):
        return False
    return not any(isinstance(value, ClauseElement) for value in state.dict.values())


def attributes_of(mapper: Mapper[Any]) -> list[Any]:
    """The attributes of a row that can be set."""
    return [p for p in mapper.column_attrs if is_stored(p) and p.columns[0].computed is None]


def is_stored(attribute: Any) -> bool:
    """Whether it stands in the table, and is no expression."""
    return isinstance(attribute.columns[0], Column)


def statement_of(mapper: Mapper[Any], keys: tuple[str, ...], *, is_new: bool) -> Any:
    """INSERT or UPDATE a row with these attributes, and the attributes that it gives: those that
    the database makes. UPDATE gives no line if the row has another version."""
    if (known := _known.get((mapper, keys, is_new))) is not None:
        return known
    table: Any = mapper.local_table
    version: Any = mapper.version_id_col
    columns = [mapper.attrs[key].columns[0] for key in keys]
    values = {one: bindparam(key, type_=one.type) for one, key in zip(columns, keys, strict=True)}
    statement: Any
    if is_new:
        statement = insert(table).values(values)
    else:
        keyed = [(mapper.get_property_by_column(one).key, one) for one in mapper.primary_key]
        here = [one == bindparam(name, type_=one.type) for name, one in keyed]
        same = version == bindparam(WAS, type_=version.type)
        new = {**values, version: version + literal_column("1")}
        statement = update(table).where(*here, same).values(new)
    made = [p for p in mapper.column_attrs if is_made(mapper, p, is_new=is_new)]
    compiled = statement.returning(*(p.columns[0] for p in made)).compile(dialect=DIALECT)
    found = _known[mapper, keys, is_new] = sent_of(compiled, {}), [p.key for p in made]
    return found


def is_made(mapper: Mapper[Any], attribute: Any, *, is_new: bool) -> bool:
    """Whether the database makes the value."""
    column = attribute.columns[0]
    if attribute.deferred or not is_stored(attribute):
        return False
    if is_new:
        return column.server_default is not None or column.primary_key
    return column.computed is not None or column is mapper.version_id_col
