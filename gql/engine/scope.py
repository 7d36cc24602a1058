"""The FROM of one SELECT."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, Table, inspect
from sqlalchemy.orm import InstrumentedAttribute

from auth.policy import is_certain, is_open
from gql.engine.sql import SCHOOL, at, table
from gql.engine.sums import Among, Given
from gql.engine.sums import Table as Summed
from models.base import OfSchool, target_of

if TYPE_CHECKING:
    from gql.engine.objects import Writer


@dataclass(frozen=True, slots=True)
class Aside:
    """A query that is asked once in a statement, before the rest."""

    name: str
    query: str

    def written(self) -> str:
        return f"{self.name} AS MATERIALIZED ({self.query})"


@dataclass
class Scope:
    """The FROM of one SELECT; rows that are referred to are joined when they are first asked for.

    row, alias: What it began with.
    given: What the report that shows the row tells its shapes.
    """

    writer: "Writer"
    row: type[OfSchool]
    alias: str
    source: str
    given: Given = field(default_factory=dict)
    joined: dict[Any, str] = field(default_factory=dict)
    rows: Aside | None = None
    """The rows, at least their `id`, where they are a list that stands by itself."""
    among: Among | None = None
    summed: dict[str, Summed] = field(default_factory=dict)
    present: set[str] = field(init=False)
    """Aliases under which there is a row for each row that it began with."""

    def __post_init__(self) -> None:
        self.present = {self.alias}

    def join(
        self,
        alias: str,
        path: Sequence[InstrumentedAttribute[Any]],
        *,
        see: bool,
        near: type[OfSchool] | None = None,
    ) -> str:
        """The alias of the row that references lead to; with `see` only if the viewer may.

        near: The row the path begins at, where that may make it certain.
        """
        for number, reference in enumerate(path, start=1):
            last = number == len(path)
            sees = see and last and not self.is_certain(near if number == 1 else None, reference)
            key = (alias, reference.key, sees)
            if key not in self.joined:
                target, far = target_of(reference), self.writer.alias()
                on = f"{far}.school_id = {SCHOOL} AND {far}.id = {at(alias, reference)}"
                # A row that exists in any case may be read first, in the order of its index. Else a
                # list in the order of names is read and sorted whole for each page.
                exists = not sees and alias in self.present and always_refers(reference)
                how = "INNER" if exists else "LEFT"
                if sees:
                    on += f" AND {self.writer.seen(target, far)}"
                self.source += f" {how} JOIN {table(target, far)} ON {on}"
                if exists:
                    self.present.add(far)
                self.joined[key] = far
            alias = self.joined[key]
        return alias

    def is_certain(self, near: Any, reference: InstrumentedAttribute[Any]) -> bool:
        target, viewer = target_of(reference), self.writer.viewer
        known = near is not None and is_certain(viewer, reference, near, target)
        return known or is_open(viewer, target)

    @contextmanager
    def beyond(self) -> Iterator[None]:
        """For the rows that a report's row leads to: their shapes are told nothing of the report,
        and those that take no more than a row would fail."""
        given, self.given = self.given, {}
        yield
        self.given = given

    # -- a list that stands by itself -------------------------------------------------

    def ids(self) -> str:
        """SQL of the ids of its rows."""
        assert self.rows  # noqa: S101  # it is one
        if self.rows not in self.writer.asides:
            self.writer.asides.append(self.rows)
        return f"SELECT id FROM {self.rows.name}"

    def beside(self, query: str) -> str:
        """The alias of what a query gives for a row whose id is its `k`: it is asked once, of all
        rows, for to ask it of each takes longer from a few rows on."""
        found = Aside(self.writer.alias(), query)
        self.writer.asides.append(found)
        self.source += f" LEFT JOIN {found.name} ON {found.name}.k = {self.alias}.id"
        return found.name


def always_refers(reference: InstrumentedAttribute[Any]) -> bool:
    """Whether the database makes sure that a reference leads to a row."""
    column, target = reference.property.columns[0], inspect(target_of(reference)).local_table
    return isinstance(column, Column) and isinstance(target, Table) and not column.nullable
