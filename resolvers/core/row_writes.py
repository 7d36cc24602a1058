"""The data-modifying parts of a change: rows are inserted, updated or replaced in CTEs of its
statement."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    CTE,
    Column,
    ColumnElement,
    Select,
    cast,
    delete,
    func,
    insert,
    literal,
    literal_column,
    null,
    select,
    update,
)
from sqlalchemy.dialects import postgresql

from auth.actor import Viewer
from models.base import OfSchool
from resolvers.core.guards import Target, is_sql
from resolvers.core.keep import KEEP
from resolvers.core.news import table_of

ONE: Any = literal_column("1")


def compute_values(
    target: Target, row: type[OfSchool], values: Mapping[str, Any], *columns: Any
) -> tuple[CTE, dict[str, Any]]:
    """Return the line of a target, and the values of a row that are computed over the target, as
    columns of the line.

    columns: Other columns of the line.
    """
    kinds = table_of(row).c
    computed = [to_sql(value, kinds[name]).label(name) for name, value in values.items()]
    line = target.line(*columns, *computed)
    return line, {name: line.c[name] for name in values}


def insert_row(
    viewer: Viewer, row: type[OfSchool], source: Any, values: Mapping[str, Any], *,
    order: Sequence[Any] = (), name: str = "added",
) -> CTE:  # fmt: skip
    """Insert the row that a command creates, or one for each line of a source. A row with the same
    unique key refuses the command."""
    table = table_of(row)
    lines, names = select_new_rows(viewer, table, source, values, ONE)
    statement = insert(table).from_select(names, lines.order_by(*order))
    return statement.returning(*table.c).cte(name)


def insert_rows(
    viewer: Viewer, row: type[OfSchool], source: Any, values: Mapping[str, Any], *,
    order: Sequence[Any] = (), name: str = "added",
) -> CTE:  # fmt: skip
    """Insert a row for each line of a source. A line whose unique key exists already is skipped: of
    two that write at once the first wins.

    order: The keys. Without an order, two batches with the same rows could deadlock.
    """
    table = table_of(row)
    lines, names = select_new_rows(viewer, table, source, values, ONE)
    query = lines.order_by(*order) if order else lines
    statement = postgresql.insert(table).from_select(names, query).on_conflict_do_nothing()
    return statement.returning(*table.c).cte(name)


def upsert_row(
    viewer: Viewer, row: type[OfSchool], source: Any, key: Mapping[str, Any],
    values: Mapping[str, Any], version: ColumnElement[Any] | None, *,
    fits: Callable[[Any, Any], ColumnElement[bool]] | None = None,
    on_change: Callable[[Any, Any], Mapping[str, Any]] | None = None,
) -> CTE:  # fmt: skip
    """Insert a row, or update the one that is there if it has the version that the client expects.
    The version is compared again when the row is written: another command may have written it after
    the guards were evaluated.

    version: Null if the client expects no row; None if clients send no version.
    key: The columns of the unique key, with their values.
    fits: `fits(old, new)` says whether the row may be updated, if not by its version alone.
    on_change: `on_change(old, new)` gives columns that an update sets besides, or otherwise.
    """
    table = table_of(row)
    seen = ONE if version is None else func.coalesce(version, literal_column("0")) + 1
    lines, names = select_new_rows(viewer, table, source, {**key, **values}, seen)
    statement = postgresql.insert(table).from_select(names, lines)
    old, new = table.c, statement.excluded
    changed: dict[str, Any] = {name: new[name] for name in values} | {"version": old.version + 1}
    changed |= on_change(old, new) if on_change else {}
    condition = fits(old, new) if fits else new.version == old.version + 1
    statement = statement.on_conflict_do_update(
        index_elements=["school_id", *key], set_=changed, where=condition
    )
    return statement.returning(*table.c).cte("put")


def update_rows(
    viewer: Viewer, row: type[OfSchool], key: Any, values: Mapping[str, Any], *,
    by: str = "id", version: ColumnElement[Any] | None = None,
    where: Sequence[ColumnElement[bool]] = (), name: str = "changed",
) -> CTE:  # fmt: skip
    """Update the rows with a key, which is a column of another CTE.

    by: The column that holds the key.
    version: The version that the row must have when it is written.
    """
    table = table_of(row)
    new = {n: to_sql(value, table.c[n]) for n, value in values.items()}
    conditions = [table.c.school_id == viewer.school_id, table.c[by] == key, *where]
    if version is not None:
        conditions.append(table.c.version == version)
    statement = update(table).where(*conditions).values(version=table.c.version + 1, **new)
    return statement.returning(*table.c).cte(name)


def replace_rows(
    viewer: Viewer, row: type[OfSchool], source: Any, owner: Mapping[str, Any],
    key: Mapping[str, Any], values: Mapping[str, Any], name: str, *, order: Sequence[Any] = (),
    on_change: Callable[[Any, Any], Mapping[str, Any]] | None = None,
) -> tuple[CTE, CTE]:  # fmt: skip
    """Write the rows of a source in place of all rows that an owner had. Return the CTE that
    inserts and updates, and the one that deletes. No row is touched by both.

    owner: The column that refers to the owner, with its value.
    key: The other columns of the unique key, with their values in the source.
    values: The other columns, which are updated in a row that stays.
    on_change: `on_change(old, new)` gives columns that a row that stays gets besides, or otherwise.
    """
    table = table_of(row)
    lines, names = select_new_rows(viewer, table, source, {**owner, **key, **values}, ONE)
    statement = postgresql.insert(table).from_select(names, lines.order_by(*order))
    changed: dict[str, Any] = {column: statement.excluded[column] for column in values}
    changed["version"] = table.c.version + 1
    changed |= on_change(table.c, statement.excluded) if on_change else {}
    put = statement.on_conflict_do_update(
        index_elements=["school_id", *owner, *key],
        set_=changed,
    )
    stays = select(ONE).select_from(source).where(*(table.c[n] == v for n, v in key.items()))
    mine = [table.c[column] == value for column, value in owner.items()]
    gone = delete(table).where(
        table.c.school_id == viewer.school_id, *mine, ~stays.correlate(table).exists()
    )
    return put.returning(*table.c).cte(name), gone.returning(table.c.id).cte(f"{name}_not")


def only_sent(**values: Any) -> dict[str, Any]:
    """Return the values that the client sent: the columns that a command corrects."""
    return {name: value for name, value in values.items() if value is not KEEP}


def select_new_rows(
    viewer: Viewer, table: Any, source: Any, values: Mapping[str, Any], version: Any
) -> tuple[Select[Any], list[str]]:
    """SELECT the columns of new rows, and their names."""
    new = {"school_id": viewer.school_id, "version": version}
    new |= {name: to_sql(value, table.c[name]) for name, value in values.items()}
    return select(*new.values()).select_from(source), list(new)


def to_sql(value: Any, column: Column[Any]) -> Any:
    """Return a value as SQL; a constant gets the type of its column."""
    if value is None:
        return cast(null(), column.type)
    return value if is_sql(value) else literal(value, column.type)
