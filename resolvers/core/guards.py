"""Guards: the preconditions of a command, each worded once, in SQL.

A `Target` is the rows that a command concerns, with its guards in the order in which they are
evaluated. Two statements follow from it. `line` finds and locks the rows if all guards hold: a
change is written from it. `select_refusal` finds the first guard that fails.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any, Final

from sqlalchemy import (
    CTE,
    ColumnElement,
    Integer,
    Select,
    Text,
    and_,
    case,
    cast,
    func,
    literal_column,
    null,
    or_,
    select,
    text,
)
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.types import TypeEngine

from auth.actor import Viewer
from auth.policy import is_visible, reach
from auth.rights import Right
from models.base import OfSchool, max_length_of
from models.problems import Blank, Conflict, Forbidden, NotFound, Problem, TooLong
from resolvers.core.keep import Taken

PLACE: Final = "place"
"""The detail of a guard that holds the index of the item to blame."""


class Lock(Enum):
    """How the rows that a command relies on are locked until it commits.

    NONE: Not at all: they cannot change, or the write checks them again.
    SHARE: Nobody changes or removes them. Without it, a term could be closed while a mark is put.
    WRITE: The same, for rows that the command may write itself. With SHARE, two commands that both
        hold a row would wait for each other when both come to write it (deadlock).
    """

    NONE = "NONE"
    SHARE = "SHARE"
    WRITE = "WRITE"


@dataclass(frozen=True, slots=True, eq=False)
class Guard:
    """A precondition of a command.

    holds: A condition over the rows of a target. Null counts as false.
    problem: The problem that is raised if it does not hold.
    field: The argument to blame.
    current: The key of the row that the refusal shows as it is now.
    details: The arguments of the problem, as SQL or as constants.
    """

    holds: ColumnElement[bool]
    problem: type[Problem]
    field: str | None
    current: Any
    details: Mapping[str, Any]

    def to_problem(self, found: Mapping[str, str | int]) -> Problem:
        """Return the problem, with the details that SQL found."""
        details = {
            name: found[name] if is_sql(value) else value for name, value in self.details.items()
        }
        field = self.field and self.field.format(place=details.pop(PLACE, None))
        return self.problem(field=field, **details)

    def select(self, prefix: str) -> list[Any]:
        """Return the columns of a refusal that the guard needs: the key of the current row, and
        the details that are SQL."""
        found = [] if self.current is None else [self.current.label(f"{prefix}_current")]
        for name, value in self.details.items():
            if is_sql(value):
                found.append(cast(value, Text).label(f"{prefix}_{name}"))
        return found

    def read(self, found: Iterator[Any]) -> tuple[Problem, int | None]:
        """Return the problem, and the key of the current row, from the values of `select`."""
        current = next(found) if self.current is not None else None
        computed = {n: value for n, value in self.details.items() if is_sql(value)}
        details = {name: from_text(next(found), one.type) for name, one in computed.items()}
        return self.to_problem(details), current


@dataclass(frozen=True, slots=True, eq=False)
class Join:
    """A row that a target joins.

    row: A row type, an alias of one, or a named query.
    missing: The guard that the row exists; None if the change can do without it.
    """

    row: Any
    on: ColumnElement[bool]
    missing: Guard | None
    lock: Lock


@dataclass(frozen=True, slots=True, eq=False)
class Target:
    """The rows that a command concerns, and its guards. Each method returns a new target.

    start: The source of the lines, one for each item of a batch; None for a single line.
    """

    joins: tuple[Join, ...] = ()
    guards: tuple[Guard, ...] = ()
    start: Any = None

    def join(
        self, row: Any, on: ColumnElement[bool], *, missing: type[Problem], field: str | None,
        lock: Lock,
    ) -> "Target":  # fmt: skip
        """Join a row that must exist."""
        guard = Guard(key_of(row).is_not(None), missing, field, None, {})
        joins = (*self.joins, Join(row, on, guard, lock))
        return replace(self, joins=joins, guards=(*self.guards, guard))

    def outerjoin(self, row: Any, on: ColumnElement[bool]) -> "Target":
        """Join a row that may exist. It is not locked, so the write must check it again."""
        return replace(self, joins=(*self.joins, Join(row, on, None, Lock.NONE)))

    def needs(
        self, holds: ColumnElement[bool], problem: type[Problem], field: str | None = None, *,
        current: Any = None, **details: Any,
    ) -> "Target":  # fmt: skip
        """Add a guard: see `Guard`."""
        return self.add(Guard(holds, problem, field, current, details))

    def add(self, guard: Guard) -> "Target":
        return replace(self, guards=(*self.guards, guard))

    def needs_each(
        self, items: Any, holds: ColumnElement[bool], problem: type[Problem], field: str,
        **details: Any,
    ) -> "Target":  # fmt: skip
        """Add a guard that must hold for each item that a client sent. The first item for which it
        fails is to blame.

        items: A query with a column `place`, the index of the item.
        field: The path to blame, with `{place}` for the index.
        """
        first = select(func.min(items.c.place)).where(holds.is_not(True)).scalar_subquery()
        return self.needs(first.is_(None), problem, field, **details, **{PLACE: first})

    def expects(
        self, row: Any, version: ColumnElement[Any], is_there: ColumnElement[bool] | None = None
    ) -> "Target":
        """Add the guards that the client has seen the current version of the row. A client that
        sends no version expects no row.

        is_there: Whether the row counts as existing, if its key alone does not tell.
        """
        there = row.id.is_not(None) if is_there is None else is_there
        taken = or_(version.is_not(None), ~there)
        stale = or_(version.is_(None), and_(there, row.version == version))
        found = self.needs(taken, Taken, "expected_version", current=row.id)
        return found.needs(stale, Conflict, "expected_version", current=row.id)

    def fits(self, value: Any, column: InstrumentedAttribute[Any], field: str) -> "Target":
        """Add the guards that a text fits a `words(...)` column. A batch needs them: if the table
        refused the text, the rows of the other items would be lost with it."""
        most = max_length_of(column)
        found = self.needs(func.coalesce(value, "…") != "", Blank, field)
        short = func.char_length(func.coalesce(value, "")) <= most
        return found.needs(short, TooLong, field, most=most)

    # -- the statements that follow ------------------------------------------------------

    def line(self, *columns: Any, order: Sequence[Any] = ()) -> CTE:
        """Return the columns of the rows, which are locked as declared, if all guards hold. After
        waiting for a lock PostgreSQL evaluates the guards about the locked rows again.

        order: The order in which the lines of a batch are locked. Without it, two batches with the
            same rows could deadlock.
        """
        query = self.select_joined(inner=True)
        there = {id(one.missing) for one in self.joins}
        conditions = [guard.holds for guard in self.guards if id(guard) not in there]
        self.check_source(*columns, *conditions, *order)
        found = query.with_only_columns(*columns).where(*conditions)
        return self.add_locks(found.order_by(*order)).cte("line")

    def select_refusal(self, *columns: Any) -> Select[Any]:
        """SELECT the columns; the index of the first guard that fails, or null; then, for each
        guard in order, the key of the current row and the details that are SQL."""
        first = case(
            *(
                (guard.holds.is_not(True), literal_column(str(place)))
                for place, guard in enumerate(self.guards)
            ),
            else_=null(),
        )
        shown = [
            column
            for place, guard in enumerate(self.guards)
            for column in guard.select(f"told_{place}")
        ]
        self.check_source(*columns, first, *shown)
        found = self.select_joined(inner=False)
        return found.with_only_columns(*columns, first.label("guard"), *shown)

    def find_failure(self, line: Any) -> tuple[Guard, Problem, int | None] | None:
        """Read the part of a line of `select_refusal` behind its columns. Return the guard that
        fails, its problem, and the key of the current row; None if all guards hold by now."""
        found = iter(line)
        if (failing := next(found)) is None:
            return None
        for place, guard in enumerate(self.guards):
            if place == failing:
                return guard, *guard.read(found)
            for _ in guard.select(""):
                next(found)
        raise AssertionError

    def check_source(self, *asked: Any) -> None:
        """Raise TypeError for a column or guard about a row that the target does not join:
        SQLAlchemy would add a cross join with its whole table. `get_final_froms` tells as much, and
        renders the statement for it, which takes longer than the rest of a first request."""
        joined = [join.row for join in self.joins]
        known = select(*joined, *([] if self.start is None else [self.start])).columns_clause_froms
        needed = select(*asked, *(join.on for join in self.joins)).columns_clause_froms
        if found := [str(one) for one in needed if one not in known]:
            raise TypeError(f"not joined: {', '.join(found)}")

    def select_joined(self, *, inner: bool) -> Select[Any]:
        """SELECT from all rows.

        inner: Whether rows that must exist are joined by inner joins: PostgreSQL refuses to lock
            rows on the nullable side of an outer join.
        """
        one: Any = literal_column("1")
        source, on = self.start, None
        joins = list(self.joins)
        if source is None and inner and joins and joins[0].missing:
            source, on = joins[0].row, joins.pop(0).on
        elif source is None:
            source = select(one.label("one")).subquery("here")
        query = select(one).select_from(source)
        for join in joins:
            query = query.join(join.row, join.on, isouter=not (inner and join.missing))
        return query if on is None else query.where(on)

    def add_locks(self, query: Select[Any]) -> Select[Any]:
        """Add the locking clauses. SQLAlchemy writes only one; a second is added as a suffix."""
        written = [join.row for join in self.joins if join.lock is Lock.WRITE]
        shared = [join.row for join in self.joins if join.lock is Lock.SHARE]
        if written and shared:
            names = ", ".join(row.__tablename__ for row in shared)
            query = query.suffix_with(text(f"FOR SHARE OF {names}"))
        if written:
            return query.with_for_update(of=written, key_share=True)
        return query.with_for_update(of=shared, read=True) if shared else query


def key_of(row: Any) -> ColumnElement[Any]:
    found: ColumnElement[Any] = row.c.id if hasattr(row, "c") else row.id
    return found


def is_sql(value: Any) -> bool:
    """Whether a value is SQL, and not a constant."""
    return isinstance(value, ColumnElement | InstrumentedAttribute)


def from_text(value: str | bytes, type_: TypeEngine[Any]) -> str | int:
    """Return a detail that the database gave as a text. The engine's connections return it as
    bytes."""
    found = value.decode() if isinstance(value, bytes) else value
    return int(found) if isinstance(type_, Integer) else found


def target_by_id(
    viewer: Viewer, row: type[OfSchool], key: Any, field: str | None, *, lock: Lock,
    to: Right | None = None, start: Any = None,
) -> Target:  # fmt: skip
    """Return the target of a row that a client names by its id.

    to: The right that the viewer must hold on it, besides seeing it.
    start: The items of a batch, with the key among their columns; None for a single row.
    """
    here = and_(row.school_id == viewer.school_id, row.id == key)
    found = Target(start=start).join(row, here, missing=NotFound, field=field, lock=lock)
    found = found.needs(is_visible(viewer, row), NotFound, field)
    return found.needs(reach(viewer, row, to), Forbidden, field, requires=to) if to else found
