"""Shapes: the fields of types as SQL, from which both executors read.

A `Shape` says how the value of a field is written in SQL for an entity (a row type or an alias of
one) and a viewer. Nothing here runs anything.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from sqlalchemy import (
    ColumnElement,
    PrimaryKeyConstraint,
    Select,
    UniqueConstraint,
    and_,
    case,
    inspect,
    null,
    select,
)
from sqlalchemy.orm import InstrumentedAttribute, aliased

from auth.actor import Actor, Column, Viewer
from auth.policy import is_visible, reach, reading
from auth.rights import Right
from models.base import OfSchool, holds_on, target_of

Path: TypeAlias = tuple[InstrumentedAttribute[object], ...]
"""References that lead from row to row."""
Expression: TypeAlias = Callable[..., ColumnElement[Any]]
"""`f(viewer, entity, **arguments)`: a computed value in SQL."""
UNIQUE = (PrimaryKeyConstraint, UniqueConstraint)


@dataclass(frozen=True, slots=True)
class Own:
    """A column of the row itself."""

    column: str

    def expression(self, viewer: Viewer, entity: type[OfSchool]) -> Column:
        found: Column = getattr(entity, self.column)
        return found


@dataclass(frozen=True, slots=True)
class Via:
    """A column of the row that references lead to, read as if it were this row's own: the right to
    read this row is enough. A student's name, for instance, stands in `persons`."""

    path: Path
    column: InstrumentedAttribute[object]

    def expression(self, viewer: Viewer, entity: type[OfSchool]) -> Column:
        steps = [aliased(target_of(reference)) for reference in self.path]
        links = zip([entity, *steps], self.path, steps, strict=False)
        found = select(getattr(steps[-1], self.column.key)).where(
            *(
                and_(far.school_id == near.school_id, far.id == getattr(near, reference.key))
                for near, reference, far in links
            )
        )
        return found.correlate(entity).scalar_subquery()


@dataclass(frozen=True, slots=True)
class Computed:
    """A value that SQL computes for the viewer."""

    formula: Expression

    def expression(self, viewer: Viewer, entity: type[OfSchool], **arguments: object) -> Column:
        return self.formula(viewer, entity, **arguments)


Of: TypeAlias = Callable[[str, Any], ColumnElement[bool]]
"""`of(name, column)`: the condition that a column equals the column `name` of the rows that the sum
is asked for."""


@dataclass(frozen=True, slots=True)
class Sum:
    """An aggregate behind a formula. The engine computes it for many rows at once, by GROUP BY.

    rows: `f(viewer, of, **arguments)` returns a SELECT of the rows, without columns; the grouping
        columns, by the names of the equal columns of the row that the sum belongs to; and the
        arguments of `value`. Conditions on grouping columns are written by `of(name, column)`.
    value: The aggregate.
    empty: The value if there are no rows; None for null.
    """

    rows: Callable[..., tuple[Select[Any], Mapping[str, ColumnElement[Any]], tuple[Any, ...]]]
    value: Callable[..., ColumnElement[Any]]
    empty: int | None = None


SUMS: dict[Expression, Sum] = {}


def sums(found: Sum) -> Callable[[Expression], Expression]:
    """Declare the aggregate behind a formula."""

    def register(formula: Expression) -> Expression:
        SUMS[formula] = found
        return formula

    return register


@dataclass(frozen=True, slots=True)
class Ident:
    """The id of the row of another type whose key stands in a column of a report."""

    row: type[OfSchool]
    column: str


@dataclass(frozen=True, slots=True)
class Can:
    """A group of booleans: which rights reach the row."""

    rights: "Mapping[str, Computed]"


@dataclass(frozen=True, slots=True)
class Keyed:
    """A text that Python makes from columns of the row with a key that the database does not have,
    for instance by decrypting one. It is null if one of the columns is.

    make: `make(services, actor, row_type, *values)`.
    columns: The columns whose values `make` gets: whole numbers or bytes.
    when: One more column that must not be null.
    """

    make: Callable[..., str]
    columns: tuple[str, ...]
    when: str | None = None

    def expression(self, viewer: Viewer, entity: type[OfSchool]) -> Column:
        """Raise TypeError: SQL cannot filter or order by such a text."""
        raise TypeError(self)

    def of_row(self, services: object, actor: Actor, row: OfSchool) -> str | None:
        """Return the text for a row that was read."""
        values = [getattr(row, name) for name in self.columns]
        if None in values or (self.when and getattr(row, self.when) is None):
            return None
        return self.make(services, actor, type(row), *values)


@dataclass(frozen=True, slots=True)
class Guarded:
    """Another shape that needs a right of its own, and is null where the right does not reach."""

    shape: "Own | Via | Computed | Keyed"
    right: Right

    def expression(self, viewer: Viewer, entity: type[OfSchool], **arguments: object) -> Column:
        if isinstance(self.shape, Computed):
            value = self.shape.expression(viewer, entity, **arguments)
        else:
            value = self.shape.expression(viewer, entity)
        return case((reach(viewer, entity, self.right), value), else_=null())


Plain: TypeAlias = Own | Via | Computed | Keyed
"""A value of a row for which the right to read the row is enough."""
Value: TypeAlias = Plain | Guarded


@dataclass(frozen=True, slots=True)
class One:
    """The row that references lead to, if the viewer may read it. The rows between need no
    right."""

    path: Path

    @property
    def target(self) -> type[OfSchool]:
        return target_of(self.path[-1])


@dataclass(frozen=True, slots=True)
class Items:
    """The reports that a column of the row holds as a JSON array of objects, each with all fields
    of the report under their names. The fields are texts, lists of texts, or null."""

    column: str
    report: type


@dataclass(frozen=True, slots=True)
class Same:
    """In a report that shows a row: the row itself."""

    target: type[OfSchool]


@dataclass(frozen=True, slots=True)
class Many:
    """The rows that refer to this one and that the viewer may read; few by nature.

    to: A reference of theirs to follow: then they are only links, and the rows are those at its end
        (the students of a class, by their memberships).
    order: Columns of the rows that refer, `Via` them, or `Guarded` ones; their id is added.
    where: `f(viewer, entity)`, a condition on the rows that refer; below a report it also gets the
        arguments of the report's shapes, by name.
    match: A second pair of columns, this row's and theirs, that must be equal, too.
    single: Whether there is at most one.
    shown_as: The report that shows the rows that refer, if it is not their own type; it gets the
        arguments of the report above.
    right: The right by which the rows are seen, if not the right to read them; it needs a rule for
        their type.
    """

    reference: InstrumentedAttribute[object]
    to: InstrumentedAttribute[Any] | None = None
    order: tuple[Column | Via | Guarded, ...] = ()
    where: Callable[..., ColumnElement[bool]] | None = None
    match: tuple[str, InstrumentedAttribute[object]] | None = None
    single: bool = False
    shown_as: type | None = None
    right: Right | None = None

    @property
    def target(self) -> type[OfSchool]:
        found: Any = self.reference.class_
        return target_of(self.to) if self.to else found

    @property
    def is_unique(self) -> bool:
        """Whether a unique key allows at most one row to refer to one."""
        held = {self.reference.key, *([self.match[1].key] if self.match else [])}
        table: Any = inspect(self.reference.class_).local_table
        return any(
            isinstance(rule, UNIQUE) and {c.key for c in rule.columns} <= {"school_id", *held}
            for rule in getattr(table, "constraints", ())
        )

    @property
    def needs(self) -> Right | None:
        """The right without which the field is refused."""
        return self.right or reading.get(self.target)

    def is_seen(self, viewer: Viewer, row: type[OfSchool]) -> ColumnElement[bool]:
        """Return the condition that the viewer sees a row, or an alias of it, here."""
        if self.right is None:
            return is_visible(viewer, row)
        return and_(row.school_id == viewer.school_id, reach(viewer, row, self.right))

    def key(self, row: OfSchool) -> tuple[int, int]:
        """Return the key by which loaders find the rows that refer to a row."""
        return row.id, getattr(row, self.match[0]) if self.match else 0

    def query(self, viewer: Viewer, given: Mapping[str, object]) -> Select[Any]:
        """SELECT the rows, ordered."""
        link: Any = self.reference.class_
        row = self.target
        order = (
            key.expression(viewer, link) if isinstance(key, Via | Guarded) else key
            for key in self.order
        )
        query = select(row)
        if self.to:
            ends = and_(row.school_id == link.school_id, row.id == self.to)
            query = query.join(link, ends).where(link.school_id == viewer.school_id)
        extra = [self.where(viewer, link, **given)] if self.where else []
        return query.where(self.is_seen(viewer, row), *extra).order_by(*order, link.id)


def holds_today(viewer: Viewer, row: Any) -> ColumnElement[bool]:
    """Return the condition that a dated row holds today, for `where`."""
    return holds_on(row, viewer.today)


Shape: TypeAlias = Value | Ident | Can | One | Many | Items | Same
"""A field of a type that SQL can say."""
SHAPES: dict[type[OfSchool], dict[str, Shape | None]] = {}
"""The fields of each row type, by their names in Python; filled by the API. None: a field that
Python resolves."""
REPORTS: dict[type, dict[str, Shape | None]] = {}
"""The fields of reports, besides their parts."""
NEEDS: dict[tuple[type, str], Right | None] = {}
"""The right that a field of a shown type needs besides the one to read the row."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """The selection of rows as joins, besides their own columns.

    ones: To-one rows, by the references that lead to them.
    vias: References that lead to columns read as the row's own.
    """

    ones: tuple[tuple[Path, "Wanted"], ...] = ()
    vias: tuple[Path, ...] = ()


NOTHING = Wanted()
