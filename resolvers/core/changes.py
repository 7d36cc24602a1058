"""Changes: what a command writes, as one statement under the guards of its target.

A change says what it does, which rows hear of it and what else is written. `Change.statement` adds
what every command leaves behind: the audit entry, the attempt, the events. Either all of it is
written, or nothing.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from os import urandom
from typing import Any, Generic, TypeVar

from sqlalchemy import (
    CTE,
    BigInteger,
    Column,
    ColumnElement,
    LargeBinary,
    Select,
    String,
    bindparam,
    cast,
    func,
    insert,
    literal,
    literal_column,
    null,
    select,
    union_all,
    update,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.sql import visitors
from sqlalchemy.sql.dml import UpdateBase

from auth.actor import Actor, Viewer
from models.access.audit import Attempt, encode_entry
from models.base import OfSchool
from models.events import EventKind, ScheduledEvent
from resolvers.core.guards import Target, is_sql
from resolvers.core.news import recording, table_of, topic_of
from resolvers.core.trace import Details

R = TypeVar("R")
ONE: Any = literal_column("1")


# -- writing rows ------------------------------------------------------------------------


def added(
    viewer: Viewer, row: type[OfSchool], source: Any, values: Mapping[str, Any], *,
    order: Sequence[Any] = (), name: str = "added",
) -> CTE:  # fmt: skip
    """Add a row for each line of a source, unless a unique key has it already: of two that add it
    at once the database judges who was first. The source, in the `order` of keys, so that two
    batches do not wait for each other (deadlock)."""
    table = table_of(row)
    lines, names = lines_of(viewer, table, source, values, ONE)
    query = lines.order_by(*order) if order else lines
    statement = postgresql.insert(table).from_select(names, query).on_conflict_do_nothing()
    return statement.returning(*table.c).cte(name)


def put(
    viewer: Viewer, row: type[OfSchool], source: Any, key: Mapping[str, Any],
    values: Mapping[str, Any], version: ColumnElement[Any] | None, *,
    fits: Callable[[Any, Any], ColumnElement[bool]] | None = None,
    on_change: Callable[[Any, Any], Mapping[str, Any]] | None = None,
) -> CTE:  # fmt: skip
    """Add a row, or change the one that is there, if it has the version that the client expects.
    The version is looked at once more when the row is written: another command may have written it
    since the guards were looked at.

    version: Null if the client expects no row; None if no client knows of versions.
    key: The columns of the unique key, with their values.
    fits: `fits(old, new)` whether the row may be changed, if not by its version alone.
    on_change: `on_change(old, new)` more columns, or other values, where there is a row already.
    """
    table = table_of(row)
    seen = ONE if version is None else func.coalesce(version, literal_column("0")) + 1
    lines, names = lines_of(viewer, table, source, {**key, **values}, seen)
    statement = postgresql.insert(table).from_select(names, lines)
    old, new = table.c, statement.excluded
    changed: dict[str, Any] = {name: new[name] for name in values} | {"version": old.version + 1}
    changed |= on_change(old, new) if on_change else {}
    condition = fits(old, new) if fits else new.version == old.version + 1
    statement = statement.on_conflict_do_update(
        index_elements=["school_id", *key], set_=changed, where=condition
    )
    return statement.returning(*table.c).cte("put")


def changed(
    viewer: Viewer, row: type[OfSchool], key: Any, values: Mapping[str, Any], *,
    by: str = "id", version: ColumnElement[Any] | None = None,
    where: Sequence[ColumnElement[bool]] = (), name: str = "changed",
) -> CTE:  # fmt: skip
    """Change the rows with a key, which is a column of what it follows from.

    by: The column that holds the key.
    version: What it must be; it is looked at when the row is written.
    """
    table = table_of(row)
    new = {n: typed(value, table.c[n]) for n, value in values.items()}
    conditions = [table.c.school_id == viewer.school_id, table.c[by] == key, *where]
    if version is not None:
        conditions.append(table.c.version == version)
    statement = update(table).where(*conditions).values(version=table.c.version + 1, **new)
    return statement.returning(*table.c).cte(name)


def lines_of(
    viewer: Viewer, table: Any, source: Any, values: Mapping[str, Any], version: Any
) -> tuple[Select[Any], list[str]]:
    """SELECT the columns of new rows, and their names."""
    new = {"school_id": viewer.school_id, "version": version}
    new |= {name: typed(value, table.c[name]) for name, value in values.items()}
    return select(*new.values()).select_from(source), list(new)


def typed(value: Any, column: Column[Any]) -> Any:
    """A value as SQL: of a constant, one of the type of its column."""
    if value is None:
        return cast(null(), column.type)
    return value if is_sql(value) else literal(value, column.type)


# -- what subscribers hear ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class News:
    """Events, one for each line of `of`.

    row, key: The row that each is about.
    student_id: Whose journal it concerns.
    persons: Whom it is for, where that is fixed when it happens.
    due_at: When it is to be heard, where that is later than now.
    """

    kind: EventKind
    of: Any
    row: type[OfSchool]
    key: Any
    student_id: Any = None
    persons: Any = None
    due_at: Any = None

    def lines(self, viewer: Viewer) -> Select[Any]:
        """SELECT a line for each event that happens now, as `recording` wants them."""
        return select(
            literal_column(f"'{topic_of(self.kind).name}'").label("topic"),
            literal_column(f"'{self.kind.name}'").label("kind"),
            entity_of(viewer, self.row, self.key).label("entity"),
            or_null(self.student_id, BigInteger()).label("student_id"),
            or_null(self.persons, ARRAY(BigInteger)).label("persons"),
        ).select_from(self.of)

    def scheduled(self, viewer: Viewer) -> CTE:
        """Writes down what is to be heard later; what was to be heard of it before is not."""
        values = {
            "school_id": viewer.school_id,
            "entity": entity_of(viewer, self.row, self.key),
            "kind": literal_column(f"'{self.kind.name}'"),
            "topic": literal_column(f"'{topic_of(self.kind).name}'"),
            "student_id": or_null(self.student_id, BigInteger()),
            "due_at": self.due_at,
        }
        later = select(*values.values()).select_from(self.of).where(self.due_at > viewer.now)
        statement = postgresql.insert(table_of(ScheduledEvent)).from_select([*values], later)
        anew = statement.on_conflict_do_update(
            index_elements=["school_id", "entity", "kind"],
            set_={"due_at": statement.excluded.due_at},
        )
        return anew.returning(table_of(ScheduledEvent).c.due_at).cte("scheduled")


def entity_of(viewer: Viewer, row: type[OfSchool], key: Any) -> ColumnElement[Any]:
    """The id of a row in the API."""
    return func.concat(f"{row.api_name()}:", viewer.school_id, "-", key)


def or_null(value: Any, type_: Any) -> Any:
    return cast(null(), type_) if value is None else value


# -- the whole ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Change(Generic[R]):
    """What a command does in one statement.

    row: The type of the row that it gives.
    target: The rows it concerns, and the guards under which it is done.
    done: A query with one line if it was done, none if not, and the row's key as `id`.
    news: What subscribers hear.
    also: Whatever else is written. It must follow from `done`, or from what `done` follows from:
        else it would be written although nothing is done.
    is_whole: Whether `done` has all columns of the row as it is now.
    """

    row: type[R]
    target: Target
    done: CTE
    news: Sequence[News] = ()
    also: Sequence[CTE] = ()
    is_whole: bool = False

    def statement(self, viewer: Viewer, attempt: Any = None, *, names_row: bool) -> Select[Any]:
        """Does and records it; gives the key of the row from a query `done`, or null. Its
        parameters are those of the viewer, of the command and of `deed`.

        attempt: The key its client gave it. The database refuses a second one of that name, which
            then is answered as the first was.
        names_row: Whether the audit log may keep the id of the row.
        """
        row: Any = self.row
        also = [*self.also, *(one.scheduled(viewer) for one in self.news if one.due_at is not None)]
        entity = entity_of(viewer, row, self.done.c.id)
        # The head of the school's logs is locked after all else is written. A query that nobody
        # reads would be run last, and wait for rows of others who wait for the head (deadlock).
        waited = [select(func.count()).select_from(one).scalar_subquery() >= 0 for one in also]
        done = select(*self.done.c, entity.label("entity")).where(*waited).cte("done")
        kept = done.c.entity if names_row else cast(null(), String)
        content = in_deed("before")
        if names_row:
            named: Any = select(done.c.entity).scalar_subquery()
            content = content.concat(named).concat(in_deed("after"))
        written = recording(
            viewer.school_id, kept, func.convert_to(content, "UTF8"), *self.told(viewer), after=done
        )
        if attempt is not None:
            written = (*written, remembered(viewer, done, attempt))
        key = select(done.c.id).scalar_subquery()
        statement = select(key.label("key")).add_cte(*also, *written)
        check_tables(statement)
        return statement

    def told(self, viewer: Viewer) -> tuple[Any, Any]:
        """The events that happen now, numbered, and how many they are; None if there are none."""
        lines = [one.lines(viewer) for one in self.news]
        if not lines:
            return None, literal_column("0")
        if len(lines) == 1 and self.news[0].of is self.done:
            return lines[0].add_columns(ONE.label("place")).subquery("news"), ONE
        every = lines[0] if len(lines) == 1 else union_all(*lines)
        one = every.subquery("one")
        place = func.row_number().over()
        news = select(one, place.label("place")).cte("news")
        return news, select(func.count()).select_from(news).scalar_subquery()

    @property
    def written(self) -> Mapping[str, frozenset[str]]:
        """The tables that it writes, besides that of `done`, and the columns that it changes in
        rows that were there before; other rows refer to no row that it adds."""
        found: dict[str, frozenset[str]] = {}
        for cte in (self.done, *self.also):
            for one in writes_in(cte):
                if one is not self.done.element:
                    names = {str(getattr(c, "key", c)) for c in one._values or ()}  # noqa: SLF001
                    found[one.table.name] = frozenset(names)
        return found


def writes_in(statement: Any) -> list[Any]:
    """The parts of a statement that write a table, each once."""
    found = {id(one): one for one in visitors.iterate(statement) if isinstance(one, UpdateBase)}
    return list(found.values())


def check_tables(statement: Any) -> None:
    """Raises TypeError where a table is written twice: of two parts of one statement that write the
    same row PostgreSQL silently drops one."""
    names = [one.table.name for one in writes_in(statement)]
    if twice := {name for name in names if names.count(name) > 1}:
        raise TypeError(f"one statement writes twice: {', '.join(sorted(twice))}")


def remembered(viewer: Viewer, done: CTE, attempt: Any) -> CTE:
    """What `resolvers.core.attempts` keeps of an attempt."""
    values = {
        "school_id": viewer.school_id,
        "version": ONE,
        "person_id": viewer.person_id,
        "key": attempt,
        "action": in_deed("action"),
        "arguments_hash": bindparam("deed_arguments", type_=LargeBinary),
        "result": func.jsonb_build_object("row", done.c.entity),
        "at": viewer.now,
    }
    lines = select(*values.values()).select_from(done)
    return insert(table_of(Attempt)).from_select([*values], lines).cte("attempt")


def in_deed(name: str) -> Any:
    return bindparam(f"deed_{name}", type_=String)


def deed(
    actor: Actor,
    action: str,
    details: Details,
    request_id: str,
    arguments: bytes | None = None,
    *,
    names_row: bool,
) -> Mapping[str, Any]:
    """The parameters with which a statement is recorded.

    arguments: Their hash, of an attempt that has a key.

    An audit entry is sealed with the id of the row, which is known only when it was written: so
    what stands before it and behind it is given.
    """
    told = {"actor_id": actor.person_id, "role": actor.role.name, "action": action}
    told |= {"request_id": request_id}
    place = urandom(16).hex() if names_row else None  # no client knows it, so it stands once
    content = encode_entry(at=actor.now, entity=place, details=details, **told).decode()
    before, _, after = content.partition(place) if place else (content, "", "")
    values = {**told, "at": actor.now, "before": before, "after": after}
    values["arguments"] = arguments
    values["details"] = json.dumps(details)  # these connections take JSON as text
    return {f"deed_{name}": value for name, value in values.items()}
