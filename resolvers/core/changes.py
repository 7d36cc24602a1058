"""Changes: the writes of a command as one statement under the guards of its target.

A change declares the rows it writes and the events it announces. `Change.statement` adds the audit
entry and the attempt, which every command writes. Either all of it is written, or nothing.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from os import urandom
from typing import Any, Generic, TypeVar

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    LargeBinary,
    Select,
    String,
    bindparam,
    cast,
    func,
    insert,
    literal_column,
    null,
    select,
    union_all,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.sql.dml import Delete, UpdateBase

from auth.actor import Actor, Viewer
from models.access.audit import Attempt, encode_entry
from models.base import OfSchool
from models.events import EventKind, ScheduledEvent
from resolvers.core.audit_details import Details
from resolvers.core.guards import Target
from resolvers.core.news import entry_ctes, table_of, topic_of

R = TypeVar("R")
ONE: Any = literal_column("1")


@dataclass(frozen=True, slots=True, eq=False)
class News:
    """Events to write, one for each line of `of`.

    row, key: The row that each event is about.
    student_id: The student whose journal it concerns.
    persons: The recipients, if they are fixed when the event is written.
    due_at: The moment at which subscribers hear of it, if that is later than now.
    """

    kind: EventKind
    of: Any
    row: type[OfSchool]
    key: Any
    student_id: Any = None
    persons: Any = None
    due_at: Any = None

    def lines(self, viewer: Viewer) -> Select[Any]:
        """SELECT a line for each event, with the columns that `news.entry_ctes` wants."""
        return select(
            literal_column(f"'{topic_of(self.kind).name}'").label("topic"),
            literal_column(f"'{self.kind.name}'").label("kind"),
            entity_of(viewer, self.row, self.key).label("entity"),
            or_null(self.student_id, BigInteger()).label("student_id"),
            or_null(self.persons, ARRAY(BigInteger)).label("persons"),
        ).select_from(self.of)

    def insert_scheduled(self, viewer: Viewer) -> CTE:
        """Insert the events that are due later. One that is scheduled already gets a new time."""
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
    """Return the global id of a row, as SQL."""
    return func.concat(f"{row.api_name()}:", viewer.school_id, "-", key)


def or_null(value: Any, type_: Any) -> Any:
    return cast(null(), type_) if value is None else value


# -- the statement -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Change(Generic[R]):
    """The writes of a command, as one statement.

    row: The type of the row that the command returns.
    target: The rows that the command concerns, and its guards.
    done: A query with one line if the command was done, none if not; `id` is the row's key.
    news: The events that it announces.
    also: Other writes. Each must read from `done`, or from the CTE that `done` reads from: else it
        would be written although a guard failed.
    is_whole: Whether `done` has all columns of the row as it is now.
    is_seen: Whether the viewer sees the row because of other rows that this statement writes. They
        are not in their tables yet, so that its rule would hide it.
    lock: A query that takes a lock of the transaction. It runs as a statement before, so that the
        statement that writes sees all that was committed before the lock was free.
    """

    row: type[R]
    target: Target
    done: CTE
    news: Sequence[News] = ()
    also: Sequence[CTE] = ()
    is_whole: bool = False
    is_seen: bool = False
    lock: Select[Any] | None = None

    def statement(self, viewer: Viewer, attempt: Any = None, *, names_row: bool) -> Select[Any]:
        """Return the statement that writes and records the change. It gives the key of the row, or
        null if a guard failed. Its parameters are those of the viewer, of the command and of
        `entry_values`.

        attempt: The `idempotencyKey`. A unique key refuses a second attempt under it, which is then
            answered like the first.
        names_row: Whether the audit log may keep the id of the row.
        """
        row: Any = self.row
        also = [
            *self.also,
            *(one.insert_scheduled(viewer) for one in self.news if one.due_at is not None),
        ]
        entity = entity_of(viewer, row, self.done.c.id)
        # The head of the school's logs is locked last, as it is read from `done`. PostgreSQL runs a
        # CTE that nothing reads after all others: holding the head, it would wait for rows of a
        # command that waits for the head (deadlock). So `done` reads them all.
        waited = [select(func.count()).select_from(one).scalar_subquery() >= 0 for one in also]
        done = select(*self.done.c, entity.label("entity")).where(*waited).cte("done")
        kept = done.c.entity if names_row else cast(null(), String)
        content = text_parameter("before")
        if names_row:
            named: Any = select(done.c.entity).scalar_subquery()
            content = content.concat(named).concat(text_parameter("after"))
        written = entry_ctes(
            viewer.school_id,
            kept,
            func.convert_to(content, "UTF8"),
            *self.number_events(viewer),
            after=done,
        )
        if attempt is not None:
            written = (*written, insert_attempt(viewer, done, attempt))
        key = select(done.c.id).scalar_subquery()
        statement = select(key.label("key")).add_cte(*also, *written)
        check_tables(statement)
        return statement

    def number_events(self, viewer: Viewer) -> tuple[Any, Any]:
        """Return the events that happen now, with their `place`, and their number. The first is
        None if there are none."""
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
        """The tables that the change writes besides that of `done`, with the columns that it
        updates. No row refers to one that it inserts or deletes there."""
        found: dict[str, frozenset[str]] = {}
        for cte in (self.done, *self.also):
            for one in writes_in(cte):
                if one is not self.done.element and not isinstance(one, Delete):
                    names = {str(getattr(c, "key", c)) for c in one._values or ()}  # noqa: SLF001
                    found[one.table.name] = frozenset(names)
        return found


def writes_in(statement: Any) -> list[Any]:
    """Return the data-modifying parts of a statement, each once. Parts are shared: visitors that
    enter one wherever it stands go through millions."""
    seen: dict[int, Any] = {}
    waiting = [statement]
    while waiting:
        one = waiting.pop()
        if id(one) not in seen:
            seen[id(one)] = one
            waiting.extend(one.get_children())
    return [one for one in seen.values() if isinstance(one, UpdateBase)]


def check_tables(statement: Any) -> None:
    """Raise TypeError if a table is written twice: if two parts of one statement write the same
    row, PostgreSQL silently drops one of the writes. A deletion does not count: `replace_rows`
    keeps its rows apart from those that it writes."""
    writes = [one for one in writes_in(statement) if not isinstance(one, Delete)]
    names = [one.table.name for one in writes]
    if twice := {name for name in names if names.count(name) > 1}:
        raise TypeError(f"one statement writes twice: {', '.join(sorted(twice))}")


def insert_attempt(viewer: Viewer, done: CTE, attempt: Any) -> CTE:
    """Insert the attempt, as `resolvers.core.attempts` keeps it."""
    values = {
        "school_id": viewer.school_id,
        "version": ONE,
        "person_id": viewer.person_id,
        "key": attempt,
        "action": text_parameter("action"),
        "arguments_hash": bindparam("deed_arguments", type_=LargeBinary),
        "result": func.jsonb_build_object("row", done.c.entity),
        "at": viewer.now,
    }
    lines = select(*values.values()).select_from(done)
    return insert(table_of(Attempt)).from_select([*values], lines).cte("attempt")


def text_parameter(name: str) -> Any:
    return bindparam(f"deed_{name}", type_=String)


def entry_values(
    actor: Actor,
    action: str,
    details: Details,
    request_id: str,
    arguments: bytes | None = None,
    *,
    names_row: bool,
) -> Mapping[str, Any]:
    """Return the parameters of the audit entry of a change.

    arguments: The hash of the arguments, if the attempt has a key.

    The hash of an audit entry covers the id of the row, which is known only to the statement that
    writes it. So the statement gets the text before the id and the text behind it.
    """
    columns = {"actor_id": actor.person_id, "role": actor.role.name, "action": action}
    columns |= {"request_id": request_id}
    place = urandom(16).hex() if names_row else None  # no client can put it into an argument
    content = encode_entry(at=actor.now, entity=place, details=details, **columns).decode()
    before, _, after = content.partition(place) if place else (content, "", "")
    values = {**columns, "at": actor.now, "before": before, "after": after}
    values["arguments"] = arguments
    values["details"] = json.dumps(details)  # these connections take JSON as text
    return {f"deed_{name}": value for name, value in values.items()}
