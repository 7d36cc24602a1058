"""Declarations of what root fields read, in SQL, once for both executors.

A use case takes the viewer, and its arguments as parameters of SQL, and returns a description of
the rows. It runs nothing:

    def find_terms(viewer, *, academic_year_id: Arg[Id[AcademicYear]] | None = None) -> Rows[Term]:
        of_year = [] if academic_year_id is None else [Term.academic_year_id == academic_year_id]
        return Rows(Term, of_year, order=(Term.starts_on, Term.term_type_id))

An argument that is no `Arg` is a plain value: the text of the statement may depend on it.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import Field, dataclass, field, fields
from typing import (
    Any,
    ClassVar,
    Generic,
    TypeAlias,
    TypeVar,
    cast,
)

from sqlalchemy import (
    ColumnElement,
    Select,
)

from auth.actor import Viewer
from auth.policy import visible
from auth.rights import Right
from models.base import OfSchool
from resolvers.core.declarations import Query
from resolvers.core.parameters import Anything
from resolvers.core.shapes import Via

T_co = TypeVar("T_co", covariant=True)
R_co = TypeVar("R_co", bound=OfSchool, covariant=True)
F = TypeVar("F", bound=Callable[..., Any])
Conditions: TypeAlias = Sequence[ColumnElement[bool]]


@dataclass(frozen=True, slots=True)
class Rows(Generic[R_co]):
    """The rows that the viewer may read and for which all of `where` holds; few by nature.

    order: Columns, `.desc()` of them, or a `Via`; the id is added.
    shown_as: The report that shows the rows, if it is not their own type.
    given: Arguments for the shapes of that report.
    """

    row: type[R_co]
    where: Conditions = ()
    order: Sequence[Any] = ()
    shown_as: type | None = None
    given: Mapping[str, Any] = field(default_factory=dict)

    @property
    def shown(self) -> type:
        return self.shown_as or self.row

    def query(self, viewer: Viewer) -> Select[Any]:
        keys = (key.expression(viewer, self.row) if isinstance(key, Via) else key
                for key in self.order)  # fmt: skip
        query = visible(viewer, self.row).where(*self.where)
        return query.order_by(*keys, self.row.id)


@dataclass(frozen=True, slots=True)
class Row(Rows[R_co]):
    """The only such row, or none."""


@dataclass(frozen=True, slots=True)
class Groups(Generic[T_co]):
    """Rows grouped by a column: `group(value, rows)`, in the order of the rows.

    group: The report of one group. Its first field is the value of the column, its second holds the
        rows.
    by: The column, which is the first key of the rows' order.
    beside: Other fields of the group: their rows, and the column by which these are grouped. If
        such a field is selected, values that only its rows have make groups, too.
    """

    group: type[T_co]
    rows: Rows[Any]
    by: str
    beside: Mapping[str, tuple[Rows[Any], str]] = field(default_factory=dict)

    @property
    def inside(self) -> str:
        """The group's field that holds the rows."""
        return fields(cast("Any", self.group))[1].name

    def assemble(self, found: Mapping[str, Sequence[Any]]) -> list[T_co]:
        """Return the groups, from the rows of the fields that are selected."""
        keys = {self.inside: self.by, **{name: by for name, (_, by) in self.beside.items()}}
        groups: dict[Any, dict[str, list[Any]]] = {}
        for name, rows in found.items():
            for row in rows:
                empty: dict[str, list[Any]] = {name: [] for name in keys}
                groups.setdefault(getattr(row, keys[name]), empty)[name].append(row)
        group: Any = self.group
        return [group(shared, **groups[shared]) for shared in sorted(groups)]


@dataclass(frozen=True, slots=True)
class Crossing(Generic[T_co]):
    """Rows grouped by two columns, as the cells of a table: `cell(first, second, **parts)`, in the
    order of the two. A cell without any row is left out.

    keys: The two columns.
    parts: The content of the cell's fields: `Rows`, or one `Row`.
    """

    cell: type[T_co]
    keys: tuple[str, str]
    parts: Mapping[str, Rows[Any]]

    def assemble(self, found: Mapping[str, Sequence[Any]]) -> list[T_co]:
        cells: dict[tuple[int, int], dict[str, Any]] = {}
        for name, part in self.parts.items():
            for row in found[name]:
                place = getattr(row, self.keys[0]), getattr(row, self.keys[1])
                cell = cells.setdefault(place, self.empty())
                if isinstance(part, Row):
                    cell[name] = row
                else:
                    cell[name].append(row)
        cell_of: Any = self.cell
        return [cell_of(*place, **cells[place]) for place in sorted(cells)]

    def empty(self) -> dict[str, Any]:
        return {name: None if isinstance(part, Row) else [] for name, part in self.parts.items()}


@dataclass(frozen=True, slots=True)
class Scalar(Generic[T_co]):
    """One value that SQL computes."""

    expression: ColumnElement[T_co]


@dataclass(frozen=True, slots=True)
class ActorValue(Generic[T_co]):
    """A value that belongs to the actor and may be cached for seconds: `await ask(ctx)`."""

    ask: Callable[..., Awaitable[T_co]]


@dataclass(frozen=True, slots=True)
class RowsByIds:
    """Rows by their ids, in that order; null for a row that the viewer may not read."""

    ids: Sequence[Anything]


class Report:
    """The base of reports: dataclasses whose fields are the parts above.

    needs: Parts without which there is no report: rows that the viewer must be able to see.
    rights_to: The rights that parts need, if not the right to read their rows.
    """

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]
    needs: ClassVar[tuple[str, ...]] = ()
    rights_to: ClassVar[Mapping[str, Right | None]] = {}


@dataclass(frozen=True, slots=True)
class ShownRow:
    """A row as a report shows it, with the arguments of the report's shapes."""

    row: OfSchool
    shown_as: type
    given: tuple[tuple[str, object], ...]


def reads(
    right: Right | None = None,
    check: Callable[..., None] | None = None,
    why_null: Callable[..., Awaitable[None]] | None = None,
) -> Callable[[F], F]:
    """Declare of a use case the right that it needs, if that is not the right to read its rows.

    check: `check(actor, **arguments)` is called before anything is read, with plain values.
        It may raise BadUserInput.
    why_null: `why_null(ctx, **arguments)` is called if the answer is null. It may raise a Problem
        that explains why; else the rows do not exist for the viewer.
    """

    def note(use_case: F) -> F:
        query = cast("Query", use_case)
        if right:
            query.right = right
        query.check, query.why_null = check, why_null
        return use_case

    return note
